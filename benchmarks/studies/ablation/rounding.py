"""W of few values, own reads mended as far as they allow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studies.ablation.frames import Floats, Frames, Problem, own_reads, product, solved

# By how much of what it lacks an own read is strengthened in each round.
_PACE = 0.8


def signs(weights: Floats) -> Floats:
    """Round to +1 and -1: one bit."""
    return np.where(weights >= 0, np.float32(1), np.float32(-1))


def evenly(levels: int) -> Callable[[Floats], Floats]:
    """Round to an odd number of evenly spaced values around 0, as far apart as loses least."""

    def rounded_evenly(weights: Floats) -> Floats:
        some = weights.ravel()[::37]
        steps = some.std() * np.geomspace(0.05, 2, 60).astype(np.float32)
        step = min(steps, key=lambda x: float(np.square(_levels(some, x, levels) - some).sum()))
        return _levels(weights, step, levels)

    return rounded_evenly


def _levels(weights: Floats, step: np.float32, levels: int) -> Floats:
    return np.clip(np.rint(weights / step), -(levels // 2), levels // 2) * step


def rounded(
    problem: Problem, frames: Frames, to_levels: Callable[[Floats], Floats], repairs: int
) -> Frames:
    """Return the frames with W rounded, L moved `repairs` times so that own reads are alike."""
    outputs, inputs = frames.outputs, frames.inputs
    strengths = solved(problem.wanted, outputs, inputs)
    for _ in range(repairs + 1):
        weights = to_levels(product(problem.wanted, strengths, outputs, inputs))
        own = own_reads(problem.wanted, weights, outputs, inputs)
        strengths = strengths + np.float32(_PACE) * (1 - own / own.mean())
    return Frames(outputs, inputs, weights / own.mean())


def entropy(weights: Floats) -> float:
    """Return the bits per weight that an ideal entropy coder needs."""
    counts = np.unique(weights, return_counts=True)[1]
    share = counts / counts.sum()
    return float(-(share * np.log2(share)).sum())
