"""The neurons that one change needs, against those of the default."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

import polyseme as ps
from harness.compiling import wrong_samples
from studies.ablation.frames import ACTIVE, ERROR, Choice, Problem, build
from studies.ablation.recipes import Recipe
from studies.ablation.trial import Linear, extremes

# Sizes tried besides the usual ones, at most, and the largest of them.
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


def measured(recipe: Recipe, problems: list[Problem], usual: tuple[int, ...]) -> Measured:
    """Try a recipe at the usual sizes, and at others until the error lies between two of them."""
    errors: dict[int, list[float]] = {}
    entropy = None
    sizes = list(usual)
    while sizes:
        trials = [recipe.tried(problem, sizes[0]) for problem in problems]
        errors[trials[0].neurons] = [trial.error for trial in trials]
        entropy = trials[0].entropy
        sizes = sizes[1:] or _next(errors, len(usual) + MORE)
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


def _next(errors: dict[int, list[float]], most: int) -> list[int]:
    """Return another size to try, if the error is on one side of all there are."""
    means = {size: float(np.mean(found)) for size, found in errors.items()}
    low, high = min(means), max(means)
    if len(means) >= most or _needed(means) is not None:
        return []
    if means[high] > ERROR:
        factor = np.clip(1.03 * (means[high] / ERROR) ** (1 / _FALL), 1.06, 1.4)
        size = min(round(high * factor / 64) * 64, MOST)
        return [size] if size > high else []
    size = round(low * max(0.97 * (means[low] / ERROR) ** (1 / _FALL), 0.7) / 64) * 64
    return [size]


def _needed(errors: dict[int, float]) -> float | None:
    """Return the neurons at the error wanted, between the sizes around it, on log scales."""
    sizes = sorted(errors)
    for small, large in pairwise(sizes):
        if errors[small] > ERROR >= errors[large] > 0:
            share = np.log(errors[small] / ERROR) / np.log(errors[small] / errors[large])
            return float(small * (large / small) ** share)
    return None


def check(problem: Problem, neurons: int) -> None:
    """Check that the default row is the library's network: equal weights, equal inputs wrong."""
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
