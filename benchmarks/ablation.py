"""The price of each choice: run with `python benchmarks/ablation.py`.

Pairwise AND of 10,000 features and gates, 3 on at once, a gate satisfied. Each row changes one
thing about what `tight-frames` builds; errors are of two seeds at two sizes, and the neurons needed
for one error are read off between the sizes nearest to it, more of them tried where these two do
not enclose it. Writes its section of `docs/benchmarks.md` and `benchmarks/ablation.json`. About ten
minutes on one quiet core.

    python benchmarks/ablation.py WORDS

measures again the rows whose topic or change has the words in it, and leaves the others alone.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

import polyseme as ps
from ablation_frames import ACTIVE, ERROR, SAMPLES, Choice, Problem, build
from ablation_recipes import RECIPES, Recipe
from ablation_trial import Linear, extremes
from polyseme.verification.sampling import wrong_samples
from sections import put_section, table

RESULTS = Path(__file__).with_name("ablation.json")
FEATURES = 10_000
SEEDS = (0, 1)
SIZES = (1_152, 1_296)
# Sizes tried besides those, at most, and the largest of them.
MORE, MOST = 4, 2_304
# Networks are checked against the library's on so many inputs.
CHECKED = 20_000
# The error falls as this power of the neurons, roughly: where to look next.
_FALL = 12.0


@dataclass(frozen=True)
class Measured:
    """Errors by number of neurons, mean over seeds; neurons at which the error would be `ERROR`."""

    topic: str
    change: str
    errors: dict[str, float]
    needed: float | None
    needed_by_seed: list[float | None]
    entropy: float | None


def measure(recipe: Recipe, problems: list[Problem]) -> Measured:
    """Try a recipe at the usual sizes, and at others until the error lies between two of them."""
    errors: dict[int, list[float]] = {}
    entropy = None
    sizes = list(SIZES)
    while sizes:
        trials = [recipe.tried(problem, sizes[0]) for problem in problems]
        errors[trials[0].neurons] = [trial.error for trial in trials]
        entropy = trials[0].entropy
        sizes = sizes[1:] or _next(errors)
    return Measured(
        topic=recipe.topic,
        change=recipe.change,
        errors={str(size): float(np.mean(found)) for size, found in sorted(errors.items())},
        needed=_needed({size: float(np.mean(found)) for size, found in errors.items()}),
        needed_by_seed=[
            _needed({size: found[number] for size, found in errors.items()})
            for number in range(len(problems))
        ],
        entropy=entropy,
    )


def _next(errors: dict[int, list[float]]) -> list[int]:
    """Another size to try, if the error is on one side of all there are."""
    means = {size: float(np.mean(found)) for size, found in errors.items()}
    low, high = min(means), max(means)
    if len(means) >= len(SIZES) + MORE or _needed(means) is not None:
        return []
    if means[high] > ERROR:
        factor = np.clip(1.03 * (means[high] / ERROR) ** (1 / _FALL), 1.06, 1.4)
        size = min(round(high * factor / 64) * 64, MOST)
        return [size] if size > high else []
    size = round(low * max(0.97 * (means[low] / ERROR) ** (1 / _FALL), 0.7) / 64) * 64
    return [size]


def _needed(errors: dict[int, float]) -> float | None:
    """Neurons at the error wanted, between the sizes just above and below it, on log scales."""
    sizes = sorted(errors)
    for small, large in pairwise(sizes):
        if errors[small] > ERROR >= errors[large] > 0:
            share = np.log(errors[small] / ERROR) / np.log(errors[small] / errors[large])
            return float(small * (large / small) ** share)
    return None


def check(problem: Problem) -> None:
    """The default row is the library's network: the same weights, the same inputs wrong."""
    neurons = SIZES[0]
    network = ps.compile(
        problem.circuit,
        active=ACTIVE,
        neurons=neurons,
        seed=problem.seed,
        construction="tight-frames",
    )
    layer, readout = network.layers[0], network.readout
    frames = build(problem, neurons, Choice())
    assert np.array_equal(layer.weights * np.float32(layer.scale), frames.weights)
    resting = layer.bias[0] * layer.scale * frames.outputs.signs.sum(axis=1)
    levels = (readout.thresholds - resting) / frames.outputs.weight
    assert np.ptp(levels) < layer.scale
    inputs = problem.fresh[:CHECKED]
    seen = extremes(problem, inputs, Linear(frames.reads()))
    wrong = wrong_samples(network, problem.circuit, inputs).mean()
    assert np.isclose(seen.error(float(levels.mean())), wrong, atol=0.1 / CHECKED), (
        f"the default row has {seen.error(float(levels.mean()))} wrong, its network {wrong}"
    )


def section(results: list[Measured], bits: float) -> str:
    """The section of the page; results are in the order of the recipes."""
    base = results[0].needed
    assert base is not None
    rows = list(zip(RECIPES, results, strict=True))
    lines = [
        "## Ablation",
        "",
        "`python benchmarks/ablation.py`: pairwise AND of 10,000 features and gates, 3 on at",
        f"once, a gate satisfied; share of {SAMPLES:,} inputs with any output wrong, mean of",
        "seeds 0 and 1. Each row changes one thing about what `tight-frames` builds, whose weights",
        "and errors the default row is checked to have. *Needed* is where the error would be",
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
    header = ("choice", "instead", *(f"error, {size:,}" for size in SIZES))
    header += ("needed", "ratio", "seeds", "more stored", "all numbers")
    lines += table(header, (_cells(recipe, x, base) for recipe, x in rows))
    lines += [
        "### Bits",
        "",
        f"The gates are worth {bits:,.0f} bits (`ps.bounds`, error {ERROR:g}). *Held*: those over",
        "the bits of a layer of the neurons needed, as stored, and entropy coded; *root*: the root",
        "of the fewer of those bits over that of the bound's. Fewer bits a weight take more",
        "neurons, and each holds more of the circuit.",
    ]
    header = ("weights", "needed", "bits a weight", "entropy", "held", "held, coded", "root")
    shown = [
        _stored(recipe, x, bits)
        for recipe, x in rows
        if x.topic in ("default", "weights", "code weight") and x.needed and recipe.bits < 32
    ]
    lines += table(header, shown)
    return "\n".join(lines)


def _cells(recipe: Recipe, x: Measured, base: float) -> tuple[str, ...]:
    sizes = sorted(map(int, x.errors))
    nearest = [min(sizes, key=lambda found, size=size: abs(found - size)) for size in SIZES]
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


def main(words: str) -> None:
    """Measure the rows with the words in them, and write each down when it is done."""
    circuit = ps.problems.pairwise_and(FEATURES, FEATURES)
    problems = [Problem(circuit, seed) for seed in SEEDS]
    for problem in problems:
        check(problem)
    bits = ps.bounds(circuit, active=ACTIVE, error=ERROR).bits
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    found = {(x["topic"], x["change"]): Measured(**x) for x in known}
    for recipe in RECIPES:
        row = (recipe.topic, recipe.change)
        if words in " ".join(row) or row not in found:
            found[row] = measure(recipe, problems)
            print(found[row], flush=True)
            _write(list(found.values()))
    results = [found[recipe.topic, recipe.change] for recipe in RECIPES]
    _write(results)
    put_section("ablation", section(results, bits))


def _write(results: list[Measured]) -> None:
    RESULTS.write_text(json.dumps([asdict(x) for x in results], indent=1) + "\n")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
