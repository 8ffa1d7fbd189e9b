"""The cost of depth.

Every wire of layered circuits is read layer by layer, against the number of ReLUs; the caps are
taken off the units, and amplitudes drift; and compile time and memory are fitted against gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, apart, side_by_side
from parts.depth.page import section
from parts.depth.picture import draw
from parts.depth.readings import SEED, Cost, Exact, Reading, cost, exact, transition, uncapped


@dataclass(frozen=True)
class Cases:
    """The sizes of one run.

    `transitions`: width, depth of the network built, ReLUs per layer, and the depths at which it is
    read, all on `samples`. `uncapped`: width, ReLUs of the plain network, samples. `superposed` and
    `monosemantic`: the widths of networks whose cost is measured.
    """

    transitions: tuple[tuple[int, int, tuple[int, ...], tuple[int, ...]], ...]
    uncapped: tuple[tuple[int, int, int], ...]
    superposed: tuple[int, ...]
    monosemantic: tuple[int, ...]
    samples: int = 2_000


FULL = Cases(
    (
        (4_000, 64, (2_400, 2_800, 3_200, 3_500, 3_800, 3_990), (1, 2, 4, 8, 16, 32, 64)),
        (20_000, 16, (7_000, 8_000, 9_000, 10_000, 12_000), (1, 2, 4, 8, 16)),
    ),
    ((4_000, 1_999, 2_000), (20_000, 9_999, 500)),
    (2_000, 4_000, 8_000, 16_000, 32_000, 64_000),
    (2_500, 8_000, 25_000, 80_000, 250_000),
)
QUICK = Cases(
    ((1_000, 8, (900, 980), (1, 2, 4, 8)),),
    ((1_000, 499, 500),),
    (500, 1_000, 2_000),
    (500, 1_000, 2_000),
    500,
)


class Depth(Part):
    """Error, amplitudes and cost of networks of many layers."""

    name = "depth"
    title = "Depth"
    measures = "error of deep networks layer by layer, against ReLUs"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Measure costs, each alone on the machine, then read networks side by side."""
        cases = QUICK if size is Size.QUICK else FULL
        kinds = {"superposed": cases.superposed, "monosemantic": cases.monosemantic}
        costs = []
        for kind, widths in kinds.items():
            for width in widths:
                costs.append(apart(Job(cost, {"kind": kind, "width": width})))
                tell(f"{kind}, {costs[-1]['gates']:,} gates: {costs[-1]['seconds']:.1f} s")
        transitions = [
            Job(transition, dict(zip(("width", "depth", "neurons", "at"), case, strict=True)))
            for case in cases.transitions
        ]
        bare = [
            Job(uncapped, dict(zip(("width", "neurons", "samples"), case, strict=True)))
            for case in cases.uncapped
        ]
        common: dict[str, Any] = {"samples": cases.samples}
        jobs = [Job(job.step, {**job.arguments, **common}) for job in transitions] + bare
        found = [row["readings"] for row in side_by_side(jobs, tell)]
        return {
            "seed": SEED,
            "inputs": "satisfied",
            "exact": [exact(width, depth) for width, depth, *_ in cases.transitions],
            "depth": [row for rows in found[: len(transitions)] for row in rows],
            "uncapped": [row for rows in found[len(transitions) :] for row in rows],
            "costs": costs,
        }

    def section(self, results: Results) -> list[str]:
        """Return tables of errors, amplitudes and costs."""
        found = results[self.name]
        costs = [Cost(**row) for row in found["costs"]]
        beside = [Exact(**row) for row in found["exact"]]
        return section(_readings(found["depth"]), beside, _readings(found["uncapped"]), costs)

    def finding(self, results: Results) -> str:
        """Return the error at the last layer of the widest network of the most ReLUs."""
        last = max(
            _readings(results[self.name]["depth"]), key=lambda x: (x.width, x.neurons, x.layer)
        )
        return (
            f"{last.width:,} wires in {last.neurons:,} ReLUs per layer: "
            f"{last.wrong / last.samples:.2%} of samples misread at layer {last.layer}"
        )

    def draw(self, results: Results, folder: Path) -> None:
        """Draw error against ReLUs."""
        draw(_readings(results[self.name]["depth"]), folder / "depth.png")


def _readings(rows: list[Row]) -> list[Reading]:
    return [Reading(**row) for row in rows]
