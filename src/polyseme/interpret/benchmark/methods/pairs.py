"""Pairs of inputs, clean and corrupt, that differ in one feature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork


# Inputs that pairs are made of.
DRAWN = 32_768


@dataclass(frozen=True, eq=False)
class Pairs:
    """Inputs with one feature more and one less.

    Attributes:
        clean: The vectors with the feature on, (pairs, dimensions).
        corrupt: The vectors with it off.
        features: The feature, int64 (pairs,).
        noising: Whether the feature was taken out of an input of the sampler, for which an output
            is on. Else it was put into one, in place of another.
    """

    clean: torch.Tensor
    corrupt: torch.Tensor
    features: NDArray[np.int64]
    noising: bool


def pairs_of(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Iterator[Pairs]:
    """Yield pairs out of batches of inputs, each batch's noising pairs and then its denoising ones.

    Every input gives one denoising pair, and those for which an output is on give a noising pair
    for each feature that is on. The same budget gives the same pairs.
    """
    torch = import_torch("bench")
    for batch in range(min(budget.steps, -(-DRAWN // budget.batch))):
        generator = stream(budget.seed, Stream.BENCH_METHODS, batch)
        drawn = sampler.features_on(budget.batch, batch).tocsr()
        with torch.no_grad():
            telling = (network(sampler.encode(drawn)) >= 0).any(dim=1).numpy()
        yield _taken_out(sampler, drawn[np.flatnonzero(telling)])
        yield _put_in(sampler, drawn, generator)


def _taken_out(sampler: Sampler, drawn: sp.csr_array) -> Pairs:
    rows, features = drawn.nonzero()
    clean = sampler.encode(drawn[rows])
    return Pairs(clean, clean - _codes(sampler, features), features.astype(np.int64), True)


def _put_in(sampler: Sampler, drawn: sp.csr_array, generator: np.random.Generator) -> Pairs:
    """Return pairs with as many features on as were drawn, one of them another."""
    samples = drawn.shape[0]
    dense = drawn.toarray()
    order = generator.random(dense.shape)
    possible = np.flatnonzero(dense.any(axis=1) & ~dense.all(axis=1))
    leaving = np.where(dense, order, -1).argmax(axis=1)
    entering = np.where(dense, -1, order).argmax(axis=1)
    dense[np.arange(samples), leaving] = False
    corrupt = sampler.encode(sp.csr_array(dense[possible]))
    chosen = entering[possible].astype(np.int64)
    return Pairs(corrupt + _codes(sampler, chosen), corrupt, chosen, False)


def _codes(sampler: Sampler, features: NDArray[np.integer]) -> torch.Tensor:
    return codes_of(sampler)[import_torch("bench").from_numpy(features.astype(np.int64))]


def codes_of(sampler: Sampler) -> torch.Tensor:
    """Return the vector of every feature, (features, dimensions): what inputs with one on are."""
    count = sampler.features_on(1).shape[1]
    return sampler.encode(sp.csr_array(np.eye(count, dtype=bool)))
