"""The gain of refinement: errors of closed form and refined networks against neurons.

The closed form is `tight-frames`; it is compared with the same network refined, and with as many
passes of the same descent begun from random weights of the same size and dimensions. Pairwise AND
with as many gates as features, 3 on at once.
"""

from __future__ import annotations

import time
from math import sqrt

import polyseme as ps
from harness.compiling import with_random_weights
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, side_by_side

ACTIVE, ERROR, SAMPLES = 3, 1e-3, 20_000
# Gates, neurons, passes at most, and whether random weights are tried too. Where a network reaches
# the error, the passes end. Those that take longest first.
SIZES = (
    (10_000, 992, 150, False),
    (10_000, 1_056, 100, False),
    (10_000, 1_120, 40, False),
    (1_000, 240, 400, False),
    (1_000, 256, 400, True),
    *((1_000, neurons, 300, False) for neurons in (272, 304)),
    *((gates, neurons, 0, False) for gates, neurons in ((1_000, 416), (10_000, 928))),
    (10_000, 1_216, 0, False),
)
QUICK_SIZES = ((300, 160, 40, True), (300, 224, 0, False))

ABOUT = (
    "Pairwise AND, as many gates as features, 3 on at once, a gate satisfied; share of 20,000",
    "fresh inputs with any output wrong. *Ratio* is the root of the parameters over the root of",
    "the counting bound's bits, order of outputs ignored, as if a parameter held one bit. *From",
    "scratch*: as many passes of the same descent, begun from weights of the same size that the",
    "circuit says nothing of. It ends early where held-out inputs are decided well enough.",
    "",
    "There is a number of noise for every output and feature, and descent can set as many as",
    "there are weights: with 10 √gates neurons, 1 in 100 at 10,000 gates and 1 in 10 at 1,000.",
    "Errors come from the few that happen to be large, so refinement gains less the more gates",
    "there are.",
)
COLUMNS = (
    "gates",
    "neurons",
    "ratio",
    "closed form",
    "refined",
    "from scratch",
    "passes",
    "W moved",
    "closed form, s",
    "refinement, s",
)


def refined_at(gates: int, neurons: int, passes: int, scratch: bool) -> Row:
    """Compile at one size, refine, and begin from random weights; None where it was not tried."""
    circuit = ps.problems.pairwise_and(gates, gates)
    begun = time.perf_counter()
    network = ps.compile(circuit, active=ACTIVE, neurons=neurons, construction="tight-frames")
    built = time.perf_counter() - begun
    refined = random = seconds = None
    if passes:
        begun = time.perf_counter()
        refined = ps.refine(network, passes=passes, error=ERROR)
        seconds = round(time.perf_counter() - begun, 1)
        if scratch:
            random = ps.refine(with_random_weights(network), passes=refined.passes, error=1e-9)
    final = refined.network if refined else network

    def error(tried: ps.Network) -> float:
        return ps.verify(tried, circuit, samples=SAMPLES).error

    return {
        "gates": gates,
        "neurons": final.neurons,
        "root_parameters": sqrt(final.parameters),
        # The root of the counting bound's bits.
        "bound": sqrt(ps.bounds(circuit, active=ACTIVE, error=ERROR).bits),
        "passes": refined.passes if refined else 0,
        "closed": error(network),
        "refined": error(final) if refined else None,
        "scratch": error(random.network) if random else None,
        "moved": refined.moved if refined else None,
        "weights": str(final.layers[0].weights.dtype),
        "seconds_closed": round(built, 1),
        "seconds_refined": seconds,
        "samples": SAMPLES,
    }


class Refine(Part):
    """Refinement of networks whose ReLUs do not bend."""

    name = "refine"
    title = "Refinement"
    measures = "error of closed form, refined and randomly begun networks against neurons"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Refine at every size, side by side."""
        names = ("gates", "neurons", "passes", "scratch")
        sizes = QUICK_SIZES if size is Size.QUICK else SIZES
        jobs = [Job(refined_at, dict(zip(names, case, strict=True))) for case in sizes]
        rows = side_by_side(jobs, tell)
        return {"sizes": sorted(rows, key=lambda row: (row["gates"], row["neurons"]))}

    def section(self, results: Results) -> list[str]:
        """Return the table of sizes."""
        return [*ABOUT, *table(COLUMNS, [_cells(row) for row in results[self.name]["sizes"]])]

    def finding(self, results: Results) -> str:
        """Return the largest gain."""
        rows = [row for row in results[self.name]["sizes"] if row["refined"] is not None]
        best = max(rows, key=lambda row: row["closed"] / max(row["refined"], 1 / row["samples"]))
        return (
            f"{best['gates']:,} gates in {best['neurons']:,} neurons: error "
            f"{best['closed']:.2g} to {best['refined']:.2g}"
        )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row['gates']:,}",
        f"{row['neurons']:,}",
        f"{row['root_parameters'] / row['bound']:.2f}",
        f"{row['closed']:.2e}",
        _error(row["refined"]),
        _error(row["scratch"]),
        f"{row['passes']}" if row["passes"] else "",
        "" if row["moved"] is None else f"{row['moved']:.0%}",
        f"{row['seconds_closed']:.1f}",
        "" if row["seconds_refined"] is None else f"{row['seconds_refined']:,.0f}",
    )


def _error(error: float | None) -> str:
    return "" if error is None else f"{error:.2e}"
