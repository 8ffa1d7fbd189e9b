"""Does SPD find gates in superposed computation, or inputs? The same gates on more units."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import seed_by_seed
from harness.written import save_picture

LIKE = ("gates", "inputs", "units", "none")


@dataclass(frozen=True)
class Case:
    """A network of the suite, and the settings of its decompositions."""

    network: str
    minimality: float = 3e-3
    seeds: int = 1
    steps: int = 10_000
    batch: int = 256


CASES = (
    Case("and2-100-load1", seeds=3),
    Case("and2-100-load2"),
    Case("and2-100-load4"),
    Case("and2-100-mono", seeds=3),
    Case("and2-100-load1", minimality=1e-3),
    Case("and2-100-load1", minimality=1e-2),
)
QUICK_CASES = (Case("and2-64-load1", steps=20, batch=32),)

ABOUT = (
    "The layer that computes the gates of networks of the suite is decomposed by the SPD of the",
    "benchmark of methods, with 10,000 steps of 256 inputs, the rate of its authors (.001, falling",
    "as a cosine) and twice as many components as inputs. A component that is alive (an importance",
    "over .1 for some input) is like the gate, the input or the unit with which its importance",
    "correlates most, or like none if no correlation is 1/2 or more. Numbers are means over seeds.",
)
COLUMNS = ("network", "lambda", "seeds", "units", "alive", "like gates", "like inputs")
COLUMNS += ("like units", "like none", "important per input", "faithful", "adversarial")
COLUMNS += ("converged", "CPU s")


def job(**asked: Any) -> Row:
    """Return the row of one decomposition."""
    # Needs torch, which the other parts do not wait for.
    from studies.spd_loads.decomposed import decomposed

    return decomposed(**asked)


class SpdLoads(Part):
    """What the components of SPD are like."""

    name = "spd_loads"
    title = "SPD on superposed computation: gates or inputs?"
    measures = "what components of the layer that computes the gates are like, by units per gate"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Decompose every network with every seed, side by side."""
        cases = QUICK_CASES if size is Size.QUICK else CASES
        return {"cases": seed_by_seed(job, [asdict(case) for case in cases], tell)}

    def section(self, results: Results) -> list[str]:
        """Return the picture, and a row per case."""
        cases = results[self.name]["cases"]
        return [
            *ABOUT,
            "",
            f"![What components are like]({self.name}.png)",
            "",
            *table(COLUMNS, [_cells(case) for case in cases]),
        ]

    def finding(self, results: Results) -> str:
        """Return what the components of the first network are like."""
        case = results[self.name]["cases"][0]
        inputs, gates = _like(case, "inputs"), _like(case, "gates")
        return (
            f"{case['network']}: of {_alive(case):.0f} components that are alive {inputs:.0f} are "
            f"like inputs and {gates:.0f} like gates"
        )

    def draw(self, results: Results, folder: Path) -> None:
        """Draw the shares as bars, a bar per case."""
        from harness.plots import plt

        cases = results[self.name]["cases"]
        names = [f"{case['network']}, {case['minimality']:g}" for case in cases]
        figure, axis = plt.subplots(figsize=(9.5, 0.5 * len(cases) + 1.6), layout="constrained")
        left = np.zeros(len(cases))
        for kind, colour in zip(LIKE, ("#0072b2", "#e69f00", "#cc79a7", "#dddddd"), strict=True):
            shares = np.array([_like(case, kind) / max(_alive(case), 1) for case in cases])
            axis.barh(names, shares, left=left, color=colour, label=f"like {kind}")
            left += shares
        axis.invert_yaxis()
        axis.set(xlim=(0, 1), xlabel="share of the components that are alive")
        figure.legend(loc="outside lower center", ncols=len(LIKE), fontsize=10)
        save_picture(figure, folder / f"{self.name}.png")


def _like(case: Row, kind: str) -> float:
    return float(np.mean([run["like"][kind] for run in case["runs"]]))


def _alive(case: Row) -> float:
    return sum(_like(case, kind) for kind in LIKE)


def _cells(case: Row) -> tuple[str, ...]:
    runs = case["runs"]

    def mean(name: str) -> float:
        return float(np.mean([run[name] for run in runs]))

    return (
        f"{case['network']} ({runs[0]['gates']} gates of {runs[0]['inputs']} inputs)",
        f"{case['minimality']:g}",
        str(len(runs)),
        str(runs[0]["units"]),
        f"{_alive(case):.1f}",
        *(f"{_like(case, kind):.1f}" for kind in LIKE),
        f"{mean('important'):.2f}",
        f"{mean('faithful'):.2f}",
        f"{mean('adversarial'):.2f}",
        f"{sum(run['converged'] for run in runs)} of {len(runs)}",
        f"{sum(run['seconds'] for run in runs):,.0f}",
    )
