"""Does a method break at a load, all at once? The same gates on units between load 1 and 2."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, side_by_side
from harness.written import save_picture

SCORE = "features-gates"


@dataclass(frozen=True)
class Case:
    """A network of the suite, the widths that it is built at, and who is fitted how often."""

    network: str
    widths: tuple[int, ...]
    methods: tuple[str, ...]
    seeds: int = 3


CASE = Case(
    "and2-200-load1",
    (134, 154, 174, 194, 214, 241, 268, 536),
    ("nmf", "k-svd", "fast-ica", "relu-sae", "transcoder", "k-means"),
)
QUICK_CASE = Case("and2-64-load1", (48, 60), ("fast-ica", "k-means"), 1)


def job(**asked: Any) -> Row:
    """Return the row of one fit."""
    # Needs torch, which the other parts do not wait for.
    from studies.loads.fitted import fitted

    return fitted(**asked)


class Loads(Part):
    """What methods find of the same gates on more and more units."""

    name = "loads"
    title = "Where methods break: the same gates on fewer and fewer units"
    measures = "gates found by methods on networks of one circuit between load 1 and load 4"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Fit every method on every network, side by side."""
        case = QUICK_CASE if size is Size.QUICK else CASE
        asked = [(method, neurons) for method in case.methods for neurons in case.widths]
        jobs = [
            Job(
                job,
                {
                    "network": case.network,
                    "neurons": neurons,
                    "method": method,
                    "seed": seed,
                    "score": SCORE,
                },
            )
            for method, neurons in asked
            for seed in range(case.seeds)
        ]
        fits = iter(side_by_side(jobs, tell))
        rows = [
            {"method": method, "fits": [next(fits) for _ in range(case.seeds)]}
            for method, _ in asked
        ]
        return {"case": asdict(case), "rows": rows}

    def section(self, results: Results) -> list[str]:
        """Return the picture and a row per method."""
        found = results[self.name]
        case, units = found["case"], _units(found)
        return [
            f"The circuit of `{case['network']}`, {_gates(found)} ANDs, is compiled on more and",
            "more units, and methods are fitted with the budget of the core suite. The score is",
            f"`{SCORE}`, the mean of {case['seeds']} seeds, with the least and the largest; a",
            "star: not every fit had converged.",
            "",
            f"![Gates found by units]({self.name}.png)",
            "",
            *table(
                ("method", *(f"{count} units" for count in units)),
                [
                    (method, *(_cell(fits) for fits in _fits(found, method)))
                    for method in case["methods"]
                ],
            ),
        ]

    def finding(self, results: Results) -> str:
        """Return the largest step of a method between neighbouring widths."""
        found = results[self.name]
        units = _units(found)
        steps = {
            method: np.diff([_mean(fits) for fits in _fits(found, method)])
            for method in found["case"]["methods"]
        }
        method = max(steps, key=lambda name: float(steps[name].max()))
        place = int(steps[method].argmax())
        return (
            f"the largest step is that of {method}, {steps[method][place]:+.2f} from "
            f"{units[place]} to {units[place + 1]} units for {_gates(found)} gates"
        )

    def draw(self, results: Results, folder: Path) -> None:
        """Draw the score against the units, a line per method."""
        from harness.plots import COLOURS, plt

        found = results[self.name]
        units = _units(found)
        figure, axis = plt.subplots(figsize=(9.5, 5.0), layout="constrained")
        for method, colour in zip(found["case"]["methods"], COLOURS, strict=False):
            every = np.array([[fit["score"] for fit in fits] for fits in _fits(found, method)])
            axis.plot(units, every.mean(axis=1), "o-", color=colour, label=method)
            axis.fill_between(
                units, every.min(axis=1), every.max(axis=1), color=colour, alpha=0.15, lw=0
            )
        gates = _gates(found)
        axis.axvline(gates, color="#7f7f7f", ls=":")
        axis.annotate("as many units as gates", (gates, 0.02), (4, 0), textcoords="offset points")
        axis.set(xscale="log", xlabel="units", ylabel=SCORE, ylim=(0, 1))
        axis.set_xticks(units, [str(count) for count in units])
        axis.minorticks_off()
        axis.grid(alpha=0.25)
        axis.legend(fontsize=10)
        save_picture(figure, folder / f"{self.name}.png")


def _gates(found: Row) -> int:
    return int(found["rows"][0]["fits"][0]["gates"])


def _fits(found: Row, method: str) -> list[list[Row]]:
    """Return the fits of a method, width after width."""
    return [row["fits"] for row in found["rows"] if row["method"] == method]


def _units(found: Row) -> list[int]:
    return [fits[0]["units"] for fits in _fits(found, found["case"]["methods"][0])]


def _mean(fits: list[Row]) -> float:
    return float(np.mean([fit["score"] for fit in fits]))


def _cell(fits: list[Row]) -> str:
    scores = [fit["score"] for fit in fits]
    star = "" if all(fit["converged"] for fit in fits) else "*"
    return f"{_mean(fits):.2f}{star} ({min(scores):.2f} to {max(scores):.2f})"
