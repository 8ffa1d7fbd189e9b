"""One autoencoder on the layer that computes the gates, looked at while it is trained."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.part import Row
from polyseme.interpret.benchmark.activations import activations
from polyseme.interpret.benchmark.methods.relu_sae import ReLU
from polyseme.interpret.benchmark.methods.sparse_codes.counted import TopK
from polyseme.interpret.benchmark.methods.sparse_codes.descent import Descent, Sizes
from polyseme.interpret.benchmark.methods.sparse_codes.settings import rate_for
from polyseme.interpret.benchmark.scores.features import jaccard, matched_mass
from polyseme.interpret.benchmark.scores.matching import cosines
from polyseme.interpret.benchmark.suite import subject
from polyseme.interpret.benchmark.truth import SiteTruth
from polyseme.networks import sites

SITE = sites.post(0)
KINDS: dict[str, Any] = {"ReLU": ReLU, "TopK": TopK}
# It is looked at after these shares of the steps, and its loss is the mean of so many steps before.
LOOKS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1)
_LAST = 50
_SAMPLES = 8192


def trained(network: str, kind: str, target: int, steps: int, batch: int, seed: int) -> Row:
    """Return what an autoencoder had found at every look, with as many latents as gates."""
    torch.set_num_threads(1)
    began = time.process_time()
    chosen = subject(network)
    held = chosen.truth.sites[SITE]
    sampler = chosen.sampler(seed)
    sizes = Sizes(len(held), target, steps, rate_for(len(held)))
    descent: Descent | None = None
    looks = []
    at = {round(share * steps) for share in LOOKS}
    for values in activations(chosen.module, sampler, [SITE], batch=batch, count=steps):
        if descent is None:
            first = values[SITE]
            start = np.random.default_rng(seed)
            descent = Descent(KINDS[kind](), sizes, first, first, start)
        descent.step(values[SITE], values[SITE])
        if len(descent.misses) in at:
            looks.append(_look(descent, held))
    assert descent is not None
    return {
        "looks": looks,
        "converged": bool(descent.code().notes["converged"]),
        "seconds": round(time.process_time() - began, 1),
    }


def _look(descent: Descent, held: SiteTruth) -> Row:
    directions = descent.code().directions.numpy()
    return {
        "step": len(descent.misses),
        "loss": round(float(np.mean(descent.misses[-_LAST:])), 4),
        "l0": round(float(np.mean(descent.counts[-_LAST:])), 2),
        "found": round(found(directions, held), 4),
        "overlap": round(overlap(directions), 4),
    }


def found(directions: NDArray[np.float32], held: SiteTruth) -> float:
    """Return the Jaccard score of directions (latents, units) and the gates, as "features-gates".

    It is not corrected for chance, and all gates count.
    """
    counted = held.scored & held.directions.any(axis=1)
    masses, readings = matched_mass(cosines(directions, held), held, counted, len(directions))
    return float(jaccard(masses[counted].sum(), readings, int(counted.sum())))


def overlap(directions: NDArray[np.float32]) -> float:
    """Return the mean |cosine| of two directions (latents, units).

    It is what Chanin and Garriga-Alonso 2025 (*Sparse but Wrong*, arXiv:2508.16560) choose the L0
    by, without the truth: where it is least.
    """
    unit = directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-12)
    inner = np.abs(unit @ unit.T)
    return float((inner.sum() - np.trace(inner)) / (inner.size - len(inner)))


def layer(network: str) -> Row:
    """Return what the layer holds: gates on per input, their overlap, and what they explain.

    Shares of variance are of least squares on which gates, and which gates and inputs, are on.
    """
    chosen = subject(network)
    held = chosen.truth.sites[SITE]
    on = chosen.draw_on(_SAMPLES, np.random.default_rng(0))
    gates = chosen.truth.labels(on, SITE).toarray().astype(np.float64)
    with torch.no_grad():
        _, cache = chosen.module.run_with_cache(chosen.sampler(0, "features").encode(on), [SITE])
    numbers = cache[SITE].double().numpy()
    both = np.concatenate([gates, on.toarray().astype(np.float64)], axis=1)
    return {
        "gates": len(held),
        "units": numbers.shape[1],
        "gates_on": round(float(gates.sum(axis=1).mean()), 3),
        "inputs_on": round(float(on.sum() / on.shape[0]), 3),
        "overlap": round(overlap(held.directions), 4),
        "explained_by_gates": round(_explained(gates, numbers), 4),
        "explained_by_gates_and_inputs": round(_explained(both, numbers), 4),
    }


def _explained(labels: NDArray[np.float64], numbers: NDArray[np.float64]) -> float:
    """Return the share of the variance of numbers that an affine map of labels explains."""
    given = np.concatenate([labels, np.ones((len(labels), 1))], axis=1)
    rest = numbers - given @ np.linalg.lstsq(given, numbers, rcond=None)[0]
    return float(1 - np.square(rest).sum() / np.square(numbers - numbers.mean(axis=0)).sum())
