"""SPD on the toy models that its authors took: is every column of the weights found?

A toy model squeezes sparse features into fewer numbers, and reads them back: ReLU(W^T W x + b).
The mechanism of feature i is column i of W, and row i of W^T. Of each, the component of the largest
cosine is taken; the authors publish the mean of these cosines, and of the norm of the component
over that of the column.

Source: Bushnaq, Braun, Sharkey 2025, *Stochastic parameter decomposition*, arXiv:2506.20790.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import seed_by_seed


@dataclass(frozen=True)
class Case:
    """A toy model, and the settings of its decomposition."""

    features: int
    hidden: int
    components: int
    minimality: float
    power: float
    steps: int = 10_000
    batch: int = 1024
    seeds: int = 3


# The authors' settings, with a quarter of their samples per step.
CASES = (Case(5, 2, 20, 3e-3, 1.0),)
LONG_CASES = (Case(40, 10, 200, 1e-4, 2.0, seeds=1),)
QUICK_CASES = (Case(5, 2, 20, 3e-3, 1.0, steps=20, batch=64, seeds=1),)

ABOUT = (
    "A toy model ReLU(WᵀW x + b) of features that are on with a chance of .05, trained for 5,000",
    "steps, is decomposed by the SPD of the benchmark of methods (`parameters/stochastic.py`),",
    "with the settings of its authors but for the samples per step. Their table says 1.000 for the",
    "mean of the largest cosines and .99 to 1.03 for the ratio of norms. W has a column per",
    "feature, Wᵀ a row per feature.",
    "",
    "Reduced: samples per step, 4,096 in the publication. `--long` decomposes 40 features in 10",
    "too.",
)
COLUMNS = ("model", "C", "steps x samples", "seed", "map", "cosine, mean and least")
COLUMNS += ("ratio of norms, mean, least, most", "important per input", "converged", "CPU s")


def job(**asked: Any) -> Row:
    """Return the row of one seed of a case."""
    # Needs torch, which the other parts do not wait for.
    from studies.toy_decompositions.decomposed import decomposed

    return decomposed(**asked)


class ToyDecompositions(Part):
    """SPD on its authors' toy models."""

    name = "toy_decompositions"
    title = "SPD on its authors' toy models"
    measures = "cosines and norms of the components beside the columns of a toy model's weights"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Decompose every model with every seed, side by side."""
        cases = {Size.QUICK: QUICK_CASES, Size.FULL: CASES, Size.LONG: LONG_CASES + CASES}[size]
        return {"cases": seed_by_seed(job, [asdict(case) for case in cases], tell)}

    def section(self, results: Results) -> list[str]:
        """Return the table, with a row per map and seed."""
        cells = [
            _cells(case, run, name)
            for case in results[self.name]["cases"]
            for run in case["runs"]
            for name in ("W", "Wᵀ")
        ]
        return [*ABOUT, "", *table(COLUMNS, cells)]

    def finding(self, results: Results) -> str:
        """Return the mean cosine and ratio of the first case."""
        case = results[self.name]["cases"][0]
        cosines = np.mean([run["W"]["cosines"] for run in case["runs"]])
        ratios = np.mean([run["W"]["ratios"] for run in case["runs"]])
        return (
            f"{case['features']} features in {case['hidden']}: columns of W found with a mean "
            f"cosine of {cosines:.3f} and a ratio of norms of {ratios:.3f}"
        )


def _cells(case: Row, run: Row, name: str) -> tuple[str, ...]:
    cosines, ratios = run[name]["cosines"], run[name]["ratios"]
    return (
        f"{case['features']} in {case['hidden']}",
        str(case["components"]),
        f"{case['steps']:,} x {case['batch']:,}",
        str(run["seed"]),
        name,
        f"{np.mean(cosines):.3f}, {min(cosines):.3f}",
        f"{np.mean(ratios):.3f}, {min(ratios):.3f}, {max(ratios):.3f}",
        f"{run['l0']:.2f}",
        "yes" if run["converged"] else "no",
        f"{run['seconds']:,.0f}",
    )
