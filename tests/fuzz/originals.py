"""Pairs of files that are mutated: small networks of every kind of layer and key."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polyseme as ps
from polyseme.compiler.constructions.catalogue import HOPS
from polyseme.compiler.constructions.staged.build import build_stages
from polyseme.compiler.constructions.staged.plan import make_staged_plan
from polyseme.compiler.task import Task
from polyseme.networks.saving.files import key_path
from support.linked import linked

# What stands at a path: bytes, a special file by its name, or nothing.
Content = bytes | str | None


@dataclass(frozen=True)
class Pair:
    """The files of a network and of its key, as they stand or shall stand on the disk."""

    network: Content
    key: Content


@dataclass(frozen=True, eq=False)
class Original:
    """A network, its files, and what they must go on to do."""

    network: ps.Network
    pair: Pair


def _networks() -> dict[str, ps.Network]:
    facts = [(f"town{i}", what, f"{what}{i % 5}") for i in range(12) for what in ("in", "on")]
    sources = {
        "ands": (ps.problems.pairwise_and(40, 40), {"construction": "three-channel"}),
        "least noise": (ps.problems.pairwise_and(80, 80), {"construction": "least-noise"}),
        "exact": (ps.problems.pairwise_and(30, 20), {"construction": "monosemantic"}),
        "facts": (ps.problems.facts(facts), {}),
        "deep": (ps.read("y = (a ^ b) & ~c | d & a\nz = ~(a | d) & b"), {}),
        "carried": (ps.read("y = (a ^ b) & ~c | d & a"), {"carry": "residual"}),
        "inputs": (ps.problems.universal_and(12), {"construction": "input-channel"}),
        "squares": (ps.problems.universal_and(8), {"construction": "quadratic"}),
        "layers": (ps.problems.layered(60, 3, 2), {"neurons": 80, "active": 2}),
    }
    hops = HOPS.candidate(Task(linked(130, 20, 5), 2, epsilon=0.25))
    staged = make_staged_plan(Task(ps.problems.layered(100, 2), 3, 1e-2, carry="gates"))
    sizes = {"ands": 90, "least noise": 75, "inputs": 100, "squares": 60}
    # As built: the compiler would take exact networks.
    built = {
        "superposed": build_stages(staged, 80),
        "hops": hops.build(hops.declared.neurons),
    }
    return built | {
        name: ps.compile(circuit, **({"neurons": sizes[name]} if name in sizes else {}), **options)
        for name, (circuit, options) in sources.items()
    }


@cache
def originals() -> dict[str, Original]:
    """The networks by name, each saved with its key."""
    found = {}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "net.safetensors"
        for name, network in _networks().items():
            network.save(path, key=True)
            pair = Pair(path.read_bytes(), key_path(path).read_bytes())
            found[name] = Original(network, pair)
    return found
