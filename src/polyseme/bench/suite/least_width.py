"""The least width of a circuit's networks, of which loads are multiples."""

from __future__ import annotations

import warnings
from dataclasses import replace

from polyseme.bench.suite.spec import Spec
from polyseme.compiler.compile import compile_report
from polyseme.compiler.report import Compilation
from polyseme.errors import PolysemeWarning, TooFewNeuronsError


def least_width(name: str, spec: Spec) -> int:
    """Return the ReLUs of the smallest network of a spec's circuit that is verified.

    That is one whose error is confirmed under 1e-3 and whose hidden layers compute the gates within
    1/4. Sizes up to twice that of the spec are bisected, as if every larger one passed too; the
    sizes that a construction builds are a few neurons apart.

    The numbers of `networks.py` come from

        python -m polyseme.bench.suite.least_width
    """
    below, above = 1, 2 * spec.neurons
    least = 0
    while above - below > 1:
        tried = (below + above) // 2
        report = _report(name, replace(spec, neurons=tried))
        if report is not None and report.passed and not report.fallback:
            least = above = min(tried, report.network.neurons)
        else:
            below = tried
    return least


def _report(name: str, spec: Spec) -> Compilation | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PolysemeWarning)
        try:
            return compile_report(
                spec.circuit(name),
                active=spec.active,
                neurons=spec.neurons,
                construction=spec.construction,
                seed=spec.seed,
            )
        except TooFewNeuronsError:
            return None


if __name__ == "__main__":
    from polyseme.bench.suite.networks import LEAST, SPECS

    for circuit in LEAST:
        name = f"{circuit}-load1"
        print(circuit, least_width(name, SPECS[name]), flush=True)
