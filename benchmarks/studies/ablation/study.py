"""The price of each choice that `tight-frames` makes.

Pairwise AND with as many gates as features, 3 on at once, a gate satisfied. Each row changes one
thing; errors are of two seeds at two sizes, and the neurons needed for one error are read off
between the sizes nearest to it, more of them tried where these two do not enclose it. About ten
minutes on one quiet core.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

import polyseme as ps
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from studies.ablation.frames import ACTIVE, ERROR, Problem
from studies.ablation.measuring import Measured, check, measured
from studies.ablation.recipes import RECIPES, Recipe

SEEDS = (0, 1)
ABOUT_BITS = (
    "*Held* is those over the bits of a layer of the neurons needed, as stored, and entropy coded;",
    "*root* is the root of the fewer of those bits over that of the bound's. Fewer bits per weight",
    "take more neurons, and each holds more of the circuit.",
)


@dataclass(frozen=True)
class Case:
    """The circuit, the sizes tried first, and the inputs per trial."""

    features: int
    sizes: tuple[int, int]
    samples: int


FULL = Case(10_000, (1_152, 1_296), 200_000)
QUICK = Case(1_000, (384, 448), 20_000)


class Ablation(Part):
    """One change at a time."""

    name = "ablation"
    title = "Ablation"
    measures = "neurons that `tight-frames` needs when one of its choices is changed"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Check the default against the library, then try every change."""
        case = QUICK if size is Size.QUICK else FULL
        circuit = ps.problems.pairwise_and(case.features, case.features)
        problems = [Problem(circuit, seed, case.samples) for seed in SEEDS]
        for problem in problems:
            check(problem, case.sizes[0])
        rows = []
        for recipe in RECIPES:
            rows.append(asdict(measured(recipe, problems, case.sizes)))
            tell(f"{recipe.topic}, {recipe.change}: {rows[-1]['needed'] or 0:,.0f} needed")
        bits = ps.bounds(circuit, active=ACTIVE, error=ERROR).bits
        return {**asdict(case), "bits": bits, "rows": rows}

    def section(self, results: Results) -> list[str]:
        """Return the table of changes, and that of bits."""
        found = results[self.name]
        rows = _rows(found)
        base, usual = _base(rows), found["sizes"]
        header = ("choice", "instead", *(f"error, {size:,}" for size in usual))
        header += ("needed", "ratio", "seeds", "more stored", "all numbers")
        bits_header = ("weights", "needed", "bits per weight", "entropy", "held", "held, coded")
        stored = [
            _stored(recipe, x, found["bits"])
            for recipe, x in rows
            if x.topic in ("default", "weights", "code weight") and x.needed and recipe.bits < 32
        ]
        return [
            *_about(found),
            *table(header, (_cells(recipe, x, base, usual) for recipe, x in rows)),
            "## Bits",
            "",
            f"The gates are worth {found['bits']:,.0f} bits (`ps.bounds`, error {ERROR:g}).",
            *ABOUT_BITS,
            *table((*bits_header, "root"), stored),
        ]

    def finding(self, results: Results) -> str:
        """Return what the default needs, and the least that any change needs."""
        rows = _rows(results[self.name])
        least = min(x.needed for _, x in rows if x.needed is not None)
        base = _base(rows)
        return f"{base:,.0f} neurons as built; no change needs under {least / base:.1%} of that"


def _rows(found: Row) -> list[tuple[Recipe, Measured]]:
    return [(recipe, Measured(**x)) for recipe, x in zip(RECIPES, found["rows"], strict=True)]


def _base(rows: list[tuple[Recipe, Measured]]) -> float:
    needed = rows[0][1].needed
    assert needed is not None
    return needed


def _about(found: Row) -> list[str]:
    return [
        f"Pairwise AND of {found['features']:,} features and gates, 3 on at once, a gate",
        f"satisfied; share of {found['samples']:,} inputs with any output wrong, mean of seeds 0",
        "and 1. Each row changes one thing about what `tight-frames` builds; the default row is",
        "checked to have its weights and errors. *Needed* is where the error would be",
        f"{ERROR:g}, on a line of logarithms between the sizes around it; *seeds* the same by",
        "seed. Thresholds are, but for the rows about them, the best single one for the inputs",
        "tried, so that rows differ by what they name. *More stored* are numbers besides W and",
        "biases; *all numbers* is the root of how many there are then, against the default's.",
        "Outputs that read none of the features on were looked at for 4,096 of the inputs;",
        "`three-channel` is tried whole, on 20,000.",
        "",
        "Heavier codes take W of two bytes, if it is not rounded to fewer values, and twice the",
        "work for each factor of two. To read as nothing what gates that share an input read helps",
        "only where such a gate is on; W grows by it, and with W the noise of all other inputs.",
        "Clipped units have half as many units at equal ReLUs.",
    ]


def _cells(recipe: Recipe, x: Measured, base: float, usual: list[int]) -> tuple[str, ...]:
    sizes = sorted(map(int, x.errors))
    nearest = [min(sizes, key=lambda found, size=size: abs(found - size)) for size in usual]
    known = x.needed is not None
    return (
        x.topic,
        x.change,
        *(f"{x.errors[str(size)]:.2e}" for size in nearest),
        f"{x.needed:,.0f}" if known else f"over {sizes[-1]:,}",
        f"**{x.needed / base:.3f}**" if known else "",
        ", ".join(f"{y:,.0f}" if y else "–" for y in x.needed_by_seed) if known else "",
        f"{recipe.extra:,}" if recipe.extra else "",
        f"{np.sqrt(x.needed**2 + recipe.extra) / base:.3f}" if known and recipe.extra else "",
    )


def _stored(recipe: Recipe, x: Measured, bits: float) -> tuple[str, ...]:
    assert x.needed is not None
    assert x.entropy is not None
    names = {"default": "whole numbers (default, weight 16)", "weights": x.change}
    stored, coded = x.needed**2 * recipe.bits, x.needed**2 * x.entropy
    return (
        names.get(x.topic, f"whole numbers, codes of weight {x.change}"),
        f"{x.needed:,.0f}",
        f"{recipe.bits:.2f}",
        f"{x.entropy:.2f}",
        f"{bits / stored:.4f}",
        f"{bits / coded:.4f}",
        f"{np.sqrt(min(stored, coded) / bits):.2f}",
    )
