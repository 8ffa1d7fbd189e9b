"""The inputs that claims are scored on, and what the network and the circuit make of them.

Gates are rarely on, so inputs are picked: of a pool from the distribution of the network the first
ones, and for every gate some on which it is on. Of the pool, even inputs make the half that
readings are matched on, odd ones the half that is scored: no input is in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.claims import Batch
from polyseme.interpret.benchmark.sampler import encoded
from polyseme.interpret.benchmark.subject import Subject

# Inputs of the pool, drawn so many at a time; inputs taken as they come; and the inputs that are
# picked for gates beyond them, of which every gate gets at least two per half if there are any.
POOL, CHUNK, PLAIN, PICKED, LEAST = 32_768, 4096, 1024, 1024, 2


@dataclass(frozen=True, eq=False)
class Trial:
    """Inputs for scores and what belongs to them.

    Attributes:
        on: The features that are on, Boolean (samples, features).
        vectors: What the first layer reads, float32 (samples, dimensions).
        activations: The numbers at every site that has a truth, float32 (samples, width).
        labels: What is on at every such site, Boolean (samples, things).
        scored: For every such site the things that claims are scored on, bool (things,): those of
            the truth that are on for some and off for other inputs.
        matching: The samples that readings are matched on, bool (samples,); others are scored.
    """

    on: sp.csr_array
    vectors: NDArray[np.float32]
    activations: Mapping[str, NDArray[np.float32]]
    labels: Mapping[str, sp.csr_array]
    scored: Mapping[str, NDArray[np.bool_]]
    matching: NDArray[np.bool_]

    def batch(self, site: str) -> Batch:
        """Return the numbers at a site as methods see them."""
        return Batch(self.vectors, self.activations[site], self.on)


def draw_trial(subject: Subject, seed: int) -> Trial:
    """Draw the inputs for scores of a seed and run the network on them."""
    truth = subject.truth
    pool = sp.vstack(
        [
            subject.draw_on(CHUNK, stream(seed, Stream.BENCH_SCORES, chunk))
            for chunk in range(POOL // CHUNK)
        ]
    ).tocsr()
    chosen = _picked({site: truth.labels(pool, site) for site in truth.sites})
    on = sp.csr_array(pool[chosen])
    labels = {site: truth.labels(on, site) for site in truth.sites}
    vectors, activations = run(subject, on)
    scored = {site: held.scored & varies(labels[site]) for site, held in truth.sites.items()}
    return Trial(on, vectors, activations, labels, scored, chosen % 2 == 0)


def run(
    subject: Subject, on: sp.csr_array
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """Return the vectors of features that are on, and the numbers at every site with a truth."""
    vectors = encoded(on, subject.code)
    with torch.no_grad():
        _, cache = subject.module.run_with_cache(
            torch.from_numpy(vectors), list(subject.truth.sites)
        )
    return vectors, {site: numbers.numpy() for site, numbers in cache.items()}


def varies(labels: sp.csr_array) -> NDArray[np.bool_]:
    """Return which things are on for some samples and off for others, bool (things,)."""
    count = np.asarray(labels.sum(axis=0)).ravel()
    found: NDArray[np.bool_] = (count > 0) & (count < labels.shape[0])
    return found


def _picked(labels: Mapping[str, sp.csr_array]) -> NDArray[np.int64]:
    """Return the inputs of the pool to score on, rising."""
    chosen = [np.arange(PLAIN)]
    things = sum(held.shape[1] for held in labels.values())
    wanted = max(LEAST, PICKED // (2 * things))
    for held in labels.values():
        for half in (0, 1):
            own = sp.csc_array(held[half::2])
            chosen += [
                2 * own.indices[begin : min(begin + wanted, end)] + half
                for begin, end in zip(own.indptr, own.indptr[1:], strict=False)
            ]
    return np.unique(np.concatenate(chosen)).astype(np.int64)
