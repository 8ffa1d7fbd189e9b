"""One task of the benchmark: a method fitted on a network, and its claims scored."""

from __future__ import annotations

import math
import resource
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import scipy.sparse as sp

from polyseme.common.extras import import_sklearn, import_torch
from polyseme.common.version import VERSION as POLYSEME
from polyseme.errors import PolysemeError
from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.controls.control import Control
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.running.asked import found, source_hash
from polyseme.interpret.benchmark.running.budgets import budget_of
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.interpret.benchmark.scores.composition import composition
from polyseme.interpret.benchmark.scores.score import scores_of
from polyseme.interpret.benchmark.scores.scored import Scored
from polyseme.interpret.benchmark.scores.tried import put_on_trial
from polyseme.interpret.benchmark.subject import Subject
from polyseme.interpret.benchmark.suite import subject as subject_named
from polyseme.interpret.benchmark.suite.hashes import HASHES
from polyseme.interpret.benchmark.suite.networks import VERSION

_PACKAGES = ("numpy", "scipy", "scikit-learn", "torch")
# The gates' own scores are kept to this many places, in a file of some kilobytes.
_PLACES = 4


def run_task(method: str, network: str, seed: int, suite: str) -> dict[str, Any]:
    """Return what the files of a task hold: `result`, the same bytes every time, and `seconds`.

    Args:
        method: The method, as `asked.found` takes it.
        network: The name of the network, behind a plus how it is dressed.
        seed: The seed of the inputs for the fit, of the method, and of the scores.
        suite: The suite, which says what a fit may spend.

    Raises:
        PolysemeError: The method or network is not there, what the method returns is no claims, or
            a score is no number.
    """
    torch = import_torch("bench")
    import_sklearn("bench")
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    # Libraries warn of what methods say of themselves in their notes.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chosen, subject = found(method), _subject(network)
        budget = budget_of(suite, subject, seed)
        begun = time.process_time()
        claims, drawn = _fitted(chosen, subject, budget)
        fitted = time.process_time()
        tried = put_on_trial(claims, subject, seed)
        scores, composed = scores_of(tried), composition(tried)
        seconds = {
            "fit": round(fitted - begun, 3),
            "score": round(time.process_time() - fitted, 3),
            "peak_megabytes_of_process": _peak_megabytes(),
        }
    result = {
        **_about_method(chosen, method),
        **_about_network(network),
        "suite": suite,
        "suite_version": VERSION,
        "seed": seed,
        "budget": {
            "samples": budget.samples,
            "batch": budget.batch,
            "readings": dict(budget.readings),
        },
        "drawn": drawn,
        "packages": _packages(),
        "notes": {name: plain(value) for name, value in (claims.notes or {}).items()},
        "composition": composed,
        "scores": {name: _written(name, one) for name, one in scores.items()},
    }
    return {"result": result, "seconds": seconds}


@lru_cache(maxsize=2)
def _subject(network: str) -> Subject:
    return subject_named(network)


def _fitted(method: Method | Control, subject: Subject, budget: Budget) -> tuple[Claims, int]:
    """Return the claims of a method or control, and the inputs that it drew."""
    if isinstance(method, Control):
        return method.fit(subject, budget), 0
    whole = subject.sampler(budget.seed, method.told)
    sampler = _Metered(whole.draw_on, whole.code, whole.seed, whole.told, whole.truth)
    claims = method.fit(subject.module, sampler, budget)
    if not isinstance(claims, Claims):
        raise PolysemeError(f"method {method.name} returned {type(claims).__name__}, no claims")
    return claims, sum(sampler.sizes.values())


@dataclass(frozen=True, eq=False)
class _Metered(Sampler):
    """A sampler that counts; a batch that is drawn again counts once."""

    sizes: dict[int, int] = field(default_factory=dict)

    def _on(self, samples: int, batch: int) -> sp.csr_array:
        self.sizes[batch] = max(samples, self.sizes.get(batch, 0))
        return super()._on(samples, batch)


def _about_method(method: Method | Control, reference: str) -> dict[str, Any]:
    if isinstance(method, Control):
        return {"method": method.name, "family": "control", "told": "truth", "settings": {}}
    about = {
        "method": method.name,
        "family": method.family,
        "told": method.told,
        "settings": dict(method.settings),
    }
    own = source_hash(reference)
    return {**about, "method_file_sha256": own} if own else about


def _about_network(network: str) -> dict[str, Any]:
    bare, _, dressing = network.partition("+")
    return {
        "network": network,
        "network_sha256": HASHES[bare],
        "dressing": dressing or "raw",
    }


def _packages() -> dict[str, str]:
    known = {"polyseme": POLYSEME, "python": ".".join(map(str, sys.version_info[:3]))}
    for name in _PACKAGES:
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            known[name] = ""
    return known


def _written(name: str, one: Scored) -> dict[str, Any]:
    """Return a score for JSON; raise PolysemeError if it is no number."""
    if not (math.isfinite(one.raw) and math.isfinite(one.corrected)):
        raise PolysemeError(f"score {name} is {one.raw}, corrected {one.corrected}: no number")
    gates = [None if math.isnan(gate) else round(gate, _PLACES) for gate in one.per_gate.tolist()]
    return {"raw": float(one.raw), "corrected": float(one.corrected), "per_gate": gates}


def plain(value: Any) -> Any:
    """Return a note of a method for JSON: numbers, text, truths, and lists and mappings of them."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(one) for one in value]
    return str(value)[:200]


def _peak_megabytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / (1e6 if sys.platform == "darwin" else 1e3))
