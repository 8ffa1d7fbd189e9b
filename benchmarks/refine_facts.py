"""What refinement gains where ReLUs bend: run with `python benchmarks/refine_facts.py`.

The airports table at several sizes, closed form and refined: facts alone, two airports at once, and
satisfied inputs that are wrong; at one size also the same descent begun from weights of the same
size that the table says nothing of. Writes its section of `docs/benchmarks.md` and
`benchmarks/refine_facts.json`. A pass over the table takes about 16 s of one core, all about eight
minutes; times are of this machine and only good for comparison.

    python benchmarks/refine_facts.py NEURONS PASSES SCRATCH

measures one size (SCRATCH is 0 or 1) and adds it to the results there are.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import polyseme as ps
from polyseme.learning.refinement.refine import refine
from polyseme.networks.network import Network
from polyseme.verification.sampling import wrong_samples
from refine import with_random_weights
from sections import put_section

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
from airports import pair_queries, read_airports, single_queries

RESULTS = Path(__file__).with_name("refine_facts.json")
ACTIVE, PAIRS, SATISFIED = 3, 20_000, 20_000
# Neurons, passes, and whether random weights are tried too. The descent ends early where every fact
# alone is right and the held-out inputs are too, which they are not at these sizes.
SIZES = ((1_500, 8, True), (2_000, 4, False))
ERROR = 1e-3


@dataclass(frozen=True)
class Measured:
    """Samples wrong at one size: facts alone, pairs, satisfied inputs; None where not tried."""

    neurons: int
    facts: int
    passes: int
    alone: int
    alone_refined: int
    alone_scratch: int | None
    pairs: int
    pairs_refined: int
    satisfied: int
    satisfied_refined: int
    moved: float
    weights: str
    seconds_closed: float
    seconds_refined: float


def measure(neurons: int, passes: int, scratch: bool) -> Measured:
    """Build, refine, and begin from random weights."""
    circuit = read_airports()
    begun = time.perf_counter()
    network = ps.compile(circuit, active=ACTIVE, neurons=neurons)
    built = time.perf_counter() - begun
    begun = time.perf_counter()
    refined = refine(network, passes=passes, error=ERROR, note=print)
    seconds = time.perf_counter() - begun
    random = None
    if scratch:
        random = refine(with_random_weights(network), passes=refined.passes, error=1e-9)
    pairs = pair_queries(circuit)[:PAIRS]

    def wrong(tried: Network, rows: np.ndarray) -> int:
        return int(wrong_samples(tried, circuit, rows).sum())

    facts = single_queries(circuit)
    return Measured(
        neurons=network.neurons,
        facts=len(facts),
        passes=refined.passes,
        alone=wrong(network, facts),
        alone_refined=wrong(refined.network, facts),
        alone_scratch=wrong(random.network, facts) if random else None,
        pairs=wrong(network, pairs),
        pairs_refined=wrong(refined.network, pairs),
        satisfied=ps.verify(network, circuit, samples=SATISFIED).wrong,
        satisfied_refined=ps.verify(refined.network, circuit, samples=SATISFIED).wrong,
        moved=refined.moved,
        weights=str(refined.network.layers[0].weights.dtype),
        seconds_closed=round(built, 1),
        seconds_refined=round(seconds, 1),
    )


def section(results: list[Measured]) -> str:
    """The section of the page."""
    lines = [
        "## Refined facts",
        "",
        "`python benchmarks/refine_facts.py`: the airports table by three channels, ReLUs that",
        "bend; wrong of all facts alone, and of 20,000 fresh inputs each with two airports and a",
        "relation, or with a fact satisfied and another feature on. *From scratch*: as many passes",
        "of the same descent, begun from weights of the same size that the table says nothing of.",
        "W moved by 0%: the descent came out worse than the closed form and was dropped.",
        "",
        "| neurons | facts alone: closed form | refined | from scratch | pairs: closed form "
        "| refined | satisfied: closed form | refined | passes | W moved | closed form, s "
        "| refinement, s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for x in results:
        cells = (
            f"{x.neurons:,}",
            f"{x.alone:,} of {x.facts:,}",
            f"{x.alone_refined:,}",
            "" if x.alone_scratch is None else f"{x.alone_scratch:,}",
            f"{x.pairs / PAIRS:.2%}",
            f"{x.pairs_refined / PAIRS:.2%}",
            f"{x.satisfied / SATISFIED:.2%}",
            f"{x.satisfied_refined / SATISFIED:.2%}",
            f"{x.passes}",
            f"{x.moved:.0%}",
            f"{x.seconds_closed:.1f}",
            f"{x.seconds_refined:,.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def add(found: Measured) -> None:
    """Put one size among the results, in place of an earlier one."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    kept = [x for x in known if x["neurons"] != found.neurons]
    kept.append(asdict(found))
    kept.sort(key=lambda x: x["neurons"])
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
    put_section("refined-facts", section([Measured(**x) for x in kept]))


def main(sizes: tuple[tuple[int, int, bool], ...]) -> None:
    """Measure every size, and write each down when it is done."""
    for size in sizes:
        found = measure(*size)
        print(found, flush=True)
        add(found)


if __name__ == "__main__":
    if sys.argv[1:]:
        neurons, passes, scratch = map(int, sys.argv[1:])
        main(((neurons, passes, bool(scratch)),))
    else:
        main(SIZES)
