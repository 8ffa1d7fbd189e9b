"""Scores of parameter decompositions: faithful, robust to what is left out, and few at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.claims import Decomposition
from polyseme.interpret.benchmark.scores.components import runner, site_read, switched, weights_of
from polyseme.interpret.benchmark.scores.matching import DIGITS
from polyseme.interpret.benchmark.scores.scored import Scored, scored
from polyseme.interpret.benchmark.scores.tried import Tried

# The attack: inputs, steps, and the length of a step as a part of the way from importance to 1.
INPUTS, STEPS, STEP = 256, 12, 0.25
# A component of more importance than this is in use.
USED = 0.01
_NO_THINGS = np.zeros(0)


def decomposition_scores(tried: Tried) -> dict[str, Scored]:
    """Return "faithful", "adversarial" and "components-active" if weights were taken apart.

    - faithful: 1 minus the distance of the sum of the components from the weights, over the
      lengths of both; random components, at right angles to the weights, are expected to get
      1 - sqrt(a^2 + b^2)/(a + b), with the lengths a and b;
    - adversarial: of inputs on which an output is on and the network is right, the share that no
      mask found by the attack makes wrong. Masks are from the importance of a component to 1; the
      attack tries importance itself, then random masks, and from these 12 steps of sign gradient;
    - components-active: the units that an input switches over the components in use, at most 1, and
      0 for inputs on which the attack succeeds; the mean.

    In the latter two random components are expected to get 0.
    """
    found = tried.claims.decomposition
    if found is None:
        return {}
    weights = weights_of(tried.subject, found.layer)
    _check(found, weights)
    scores = {"faithful": scored(*faithful(found, weights), _NO_THINGS)}
    rows = _rows(tried)
    if not len(rows):
        return scores
    batch = tried.trial.batch(site_read(found.layer))
    batch = type(batch)(batch.vectors[rows], batch.activations[rows], tried.trial.on[rows])
    importance = found.importance(batch)
    if importance.shape != (len(rows), len(found.reads)) or importance.dtype != np.float32:
        raise OptionError("importance must be float32 (samples, components)")
    importance = np.clip(importance, 0, 1)
    right = tried.truth.outputs(batch.on).toarray().astype(bool)
    stands = withstands(tried, found, batch.vectors, batch.activations, importance, right)
    used = np.maximum((importance > USED).sum(axis=1), 1)
    true = np.maximum(switched(tried.subject, found.layer, batch).sum(axis=1), 1)
    few = float(np.mean(stands * np.minimum(1, true / used)))
    scores["adversarial"] = scored(float(stands.mean()), 0.0, _NO_THINGS)
    scores["components-active"] = scored(few, 0.0, _NO_THINGS)
    return scores


def _check(found: Decomposition, weights: NDArray[np.float32]) -> None:
    units, inputs = weights.shape
    if found.reads.shape[1] != inputs or found.writes.shape[1] != units:
        raise OptionError(
            f"components of layer {found.layer} must read {inputs} numbers and write {units}"
        )


def faithful(found: Decomposition, weights: NDArray[np.float32]) -> tuple[float, float]:
    """Return how near the sum of the components is to weights, and what random ones are to get."""
    true = weights.astype(np.float64)
    total = found.writes.T.astype(np.float64) @ found.reads
    lengths = np.linalg.norm(true), np.linalg.norm(total)
    near = 1 - np.linalg.norm(true - total) / sum(lengths)
    return round(float(near), DIGITS), 1 - float(np.hypot(*lengths) / sum(lengths))


def _rows(tried: Tried) -> NDArray[np.int64]:
    """Return samples on which an output is on and the network is right."""
    right = tried.truth.outputs(tried.trial.on).toarray().astype(bool)
    with torch.no_grad():
        outputs = tried.subject.module(torch.from_numpy(tried.trial.vectors)).numpy() >= 0
    return np.flatnonzero((outputs == right).all(axis=1) & right.any(axis=1))[:INPUTS]


def withstands(
    tried: Tried,
    found: Decomposition,
    vectors: NDArray[np.float32],
    read: NDArray[np.float32],
    importance: NDArray[np.float32],
    right: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return on which samples no mask of the attack changes an output, bool (samples,)."""
    run = runner(tried.subject, found)
    given = torch.from_numpy(vectors), torch.from_numpy(read)
    lowest = torch.from_numpy(importance)
    signs = torch.from_numpy(np.where(right, 1, -1).astype(np.float32))
    generator = stream(tried.seed, Stream.BENCH_SCORES, len(vectors), STEPS)
    start = generator.random(importance.shape, dtype=np.float32)
    masks = lowest + (1 - lowest) * torch.from_numpy(start)
    with torch.no_grad():
        stands = ((run(*given, lowest) >= 0) == (signs > 0)).all(dim=1)
    for _ in range(STEPS):
        masks.requires_grad_(True)
        outputs = run(*given, masks)
        margins = outputs * signs
        stands &= ((outputs >= 0) == (signs > 0)).all(dim=1)
        # The smallest margin, softly, so that each step sees all outputs that are near to it.
        loss = torch.logsumexp(-margins / margins.detach().abs().mean(), dim=1).sum()
        (slope,) = torch.autograd.grad(loss, masks)
        with torch.no_grad():
            moved = masks + STEP * (1 - lowest) * slope.sign()
            masks = torch.minimum(torch.maximum(moved, lowest), torch.ones(()))
    with torch.no_grad():
        stands &= ((run(*given, masks) >= 0) == (signs > 0)).all(dim=1)
    result: NDArray[np.bool_] = stands.numpy()
    return result
