"""What refinement gains: run with `python benchmarks/refine.py`.

Errors of the closed form (`tight-frames`), of the same network refined, and of as many passes begun
from random weights of the same size and dimensions, against the number of neurons; pairwise AND
with as many gates as features, 3 on at once. Writes its section of `docs/benchmarks.md` and
`benchmarks/refine.json`. About 20 minutes on one idle core; times are of this machine and only
good for comparison.

    python benchmarks/refine.py GATES NEURONS PASSES SCRATCH

measures one size (SCRATCH is 0 or 1) and adds it to the results there are.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from math import sqrt
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import polyseme as ps
from polyseme.compiler.parts.weights import weight_matrix
from polyseme.learning.refinement.refine import refine
from polyseme.networks.network import Network
from sections import put_section

RESULTS = Path(__file__).with_name("refine.json")
ACTIVE, ERROR = 3, 1e-3
# Gates, neurons, passes at most, and whether random weights are tried too. Where a network reaches
# the error, the passes end.
SIZES = (
    (1_000, 240, 400, False),
    (1_000, 256, 400, True),
    *((1_000, neurons, 300, False) for neurons in (272, 304)),
    (10_000, 992, 150, False),
    (10_000, 1_056, 100, False),
    (10_000, 1_120, 40, False),
    *((gates, neurons, 0, False) for gates, neurons in ((1_000, 416), (10_000, 928))),
    (10_000, 1_216, 0, False),
)


@dataclass(frozen=True)
class Measured:
    """Errors at one size; None where it was not tried. `bound` is the root of the counting bits."""

    gates: int
    neurons: int
    root_parameters: float
    bound: float
    passes: int
    closed: float
    refined: float | None
    scratch: float | None
    moved: float | None
    weights: str
    seconds_closed: float
    seconds_refined: float | None
    samples: int


def measure(gates: int, neurons: int, passes: int, scratch: bool) -> Measured:
    """Build, refine, and begin from random weights."""
    circuit = ps.problems.pairwise_and(gates, gates)
    begun = time.perf_counter()
    network = ps.compile(circuit, active=ACTIVE, neurons=neurons, construction="tight-frames")
    built = time.perf_counter() - begun
    closed = ps.verify(network, circuit, samples=20_000)
    refined = random = None
    seconds = None
    if passes:
        begun = time.perf_counter()
        refined = refine(network, passes=passes, error=ERROR)
        seconds = time.perf_counter() - begun
        if scratch:
            random = refine(with_random_weights(network), passes=refined.passes, error=1e-9)
    final = refined.network if refined else network
    bits = ps.bounds(circuit, active=ACTIVE, error=ERROR).bits
    return Measured(
        gates=gates,
        neurons=final.neurons,
        root_parameters=sqrt(final.parameters),
        bound=sqrt(bits),
        passes=refined.passes if refined else 0,
        closed=closed.error,
        refined=ps.verify(final, circuit, samples=20_000).error if refined else None,
        scratch=ps.verify(random.network, circuit, samples=20_000).error if random else None,
        moved=refined.moved if refined else None,
        weights=str(final.layers[0].weights.dtype),
        seconds_closed=round(built, 1),
        seconds_refined=round(seconds, 1) if seconds else None,
        samples=20_000,
    )


def with_random_weights(network: Network) -> Network:
    """The same network, but what neurons read of features, C, in random places."""
    key = network.key
    assert key is not None
    held = key.layers[0]
    generator = np.random.default_rng(7)
    shuffled = held.compression.copy()
    shuffled.indices = generator.permutation(shuffled.indices)
    compress = sp.csr_array(shuffled.tocoo().tocsr())
    compress.sum_duplicates()
    compress.sort_indices()
    layer = replace(network.layers[0], weights=weight_matrix(compress, key.encoder))
    return replace(network, layers=(layer,), key=replace(key, layers=(replace(held, compression=compress),)))


def section(results: list[Measured]) -> str:
    """The section of the page."""
    lines = [
        "## Refinement",
        "",
        "`python benchmarks/refine.py`: pairwise AND, as many gates as features, 3 on at once, a",
        "gate satisfied; share of 20,000 fresh inputs with any output wrong. *Ratio* is the root",
        "of the parameters over the root of the counting bound's bits. *From scratch*: as many",
        "passes of the same descent, begun from weights of the same size that the circuit says",
        "nothing of. It ends early where held-out inputs are decided well enough.",
        "",
        "There is a number of noise for every output and feature, and descent can set as many as",
        "there are weights: with 10 √gates neurons, 1 in 100 at 10,000 gates and 1 in 10 at 1,000.",
        "Errors come from the few that happen to be large, so refinement gains less the more gates",
        "there are.",
        "",
        "| gates | neurons | ratio | closed form | refined | from scratch | passes | W moved "
        "| closed form, s | refinement, s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for x in results:
        cells = (
            f"{x.gates:,}",
            f"{x.neurons:,}",
            f"{x.root_parameters / x.bound:.2f}",
            f"{x.closed:.2e}",
            _error(x.refined),
            _error(x.scratch),
            f"{x.passes}" if x.passes else "",
            "" if x.moved is None else f"{x.moved:.0%}",
            f"{x.seconds_closed:.1f}",
            "" if x.seconds_refined is None else f"{x.seconds_refined:,.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _error(error: float | None) -> str:
    return "" if error is None else f"{error:.2e}"


def add(found: Measured) -> None:
    """Put one size among the results, in place of an earlier one."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    kept = [x for x in known if (x["gates"], x["neurons"]) != (found.gates, found.neurons)]
    kept.append(asdict(found))
    kept.sort(key=lambda x: (x["gates"], x["neurons"]))
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
    put_section("refinement", section([Measured(**x) for x in kept]))


def main(sizes: tuple[tuple[int, int, int, bool], ...]) -> None:
    """Measure every size, and write each down when it is done."""
    for size in sizes:
        found = measure(*size)
        print(found, flush=True)
        add(found)


if __name__ == "__main__":
    if sys.argv[1:]:
        gates, neurons, passes, scratch = map(int, sys.argv[1:])
        main(((gates, neurons, passes, bool(scratch)),))
    else:
        main(SIZES)
