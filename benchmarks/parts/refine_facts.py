"""The gain of refinement where ReLUs bend: the airports table by three channels.

Errors of closed form and refined networks on facts alone, on two airports at once, and on satisfied
inputs; at one size also of the same descent begun from weights that the table says nothing of. A
pass over the whole table takes about 16 s of one core.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

import polyseme as ps
from harness.compiling import with_random_weights, wrong_samples
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.problems import RELATIONS, airports
from harness.processes import Job, side_by_side

ACTIVE, ERROR, SAMPLES = 3, 1e-3, 20_000
# Airports (None is all), neurons, passes, and whether random weights are tried too. The descent
# ends early where every fact alone is right and the held-out inputs are too, which they are not at
# these sizes.
SIZES = ((None, 1_500, 8, True), (None, 2_000, 4, False))
QUICK_SIZES = ((500, 300, 2, True),)

ABOUT = (
    "The airports table by three channels, ReLUs that bend; wrong of all facts alone, and of",
    "20,000 fresh inputs each with two airports and a relation, or with a fact satisfied and",
    "another feature on. *From scratch*: as many passes of the same descent, begun from weights",
    "of the same size that the table says nothing of. W moved by 0%: the descent came out worse",
    "than the closed form and was dropped.",
)
COLUMNS = (
    "neurons",
    "facts alone: closed form",
    "refined",
    "from scratch",
    "pairs: closed form",
    "refined",
    "satisfied: closed form",
    "refined",
    "passes",
    "W moved",
    "closed form, s",
    "refinement, s",
)


def refined_at(most: int | None, neurons: int, passes: int, scratch: bool) -> Row:
    """Compile the table at one size, refine, and begin from random weights."""
    circuit = airports(most)
    begun = time.perf_counter()
    network = ps.compile(circuit, active=ACTIVE, neurons=neurons, epsilon=None)
    built = time.perf_counter() - begun
    begun = time.perf_counter()
    refined = ps.refine(network, passes=passes, error=ERROR)
    seconds = time.perf_counter() - begun
    random = None
    if scratch:
        random = ps.refine(with_random_weights(network), passes=refined.passes, error=1e-9)
    facts, pairs = fact_queries(circuit), pair_queries(circuit)

    def wrong(tried: ps.Network, rows: NDArray[np.int32]) -> int:
        return int(wrong_samples(tried, circuit, rows).sum())

    return {
        "neurons": network.neurons,
        "facts": len(facts),
        "passes": refined.passes,
        "alone": wrong(network, facts),
        "alone_refined": wrong(refined.network, facts),
        "alone_scratch": wrong(random.network, facts) if random else None,
        "pairs": wrong(network, pairs),
        "pairs_refined": wrong(refined.network, pairs),
        "satisfied": ps.verify(network, circuit, samples=SAMPLES).wrong,
        "satisfied_refined": ps.verify(refined.network, circuit, samples=SAMPLES).wrong,
        "moved": refined.moved,
        "weights": str(refined.network.layers[0].weights.dtype),
        "seconds_closed": round(built, 1),
        "seconds_refined": round(seconds, 1),
    }


def fact_queries(circuit: ps.Circuit) -> NDArray[np.int32]:
    """Return one row per fact: its subject and its relation."""
    ands = np.flatnonzero(circuit.kinds == ps.GateKind.AND)
    return circuit.fan_in[circuit.fan_in_offsets[ands][:, None] + np.arange(2)]


def pair_queries(circuit: ps.Circuit) -> NDArray[np.int32]:
    """Return random queries of two different airports and one relation, the demo's first."""
    generator, demo = np.random.default_rng([0, 2]), 100_000
    subjects = len(circuit.features) - len(RELATIONS)
    first = generator.integers(subjects, size=demo)
    second = (first + generator.integers(1, subjects, size=demo)) % subjects
    relation = subjects + generator.integers(len(RELATIONS), size=demo)
    return np.stack((first, second, relation), axis=1)[:SAMPLES].astype(np.int32)


class RefineFacts(Part):
    """Refinement of networks whose ReLUs bend."""

    name = "refine_facts"
    title = "Refined facts"
    measures = "errors of the airports table before and after refinement"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Refine at every size, side by side."""
        names = ("most", "neurons", "passes", "scratch")
        sizes = QUICK_SIZES if size is Size.QUICK else SIZES
        jobs = [Job(refined_at, dict(zip(names, case, strict=True))) for case in sizes]
        rows = side_by_side(jobs, tell)
        return {"sizes": sorted(rows, key=lambda row: row["neurons"])}

    def section(self, results: Results) -> list[str]:
        """Return the table of sizes."""
        return [*ABOUT, *table(COLUMNS, [_cells(row) for row in results[self.name]["sizes"]])]

    def finding(self, results: Results) -> str:
        """Return what refinement does to facts alone at the smallest size."""
        row = results[self.name]["sizes"][0]
        return (
            f"{row['facts']:,} facts in {row['neurons']:,} neurons: {row['alone']:,} wrong alone, "
            f"{row['alone_refined']:,} after refinement"
        )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row['neurons']:,}",
        f"{row['alone']:,} of {row['facts']:,}",
        f"{row['alone_refined']:,}",
        "" if row["alone_scratch"] is None else f"{row['alone_scratch']:,}",
        f"{row['pairs'] / SAMPLES:.2%}",
        f"{row['pairs_refined'] / SAMPLES:.2%}",
        f"{row['satisfied'] / SAMPLES:.2%}",
        f"{row['satisfied_refined'] / SAMPLES:.2%}",
        f"{row['passes']}",
        f"{row['moved']:.0%}",
        f"{row['seconds_closed']:.1f}",
        f"{row['seconds_refined']:,.0f}",
    )
