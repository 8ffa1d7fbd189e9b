"""Inputs for methods: vectors that the first layer reads, drawn afresh for every batch.

A method is told nothing of the features behind the vectors, unless it says that it must be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.common.random_streams import Stream, stream
from polyseme.errors import OptionError

if TYPE_CHECKING:
    import torch

# What a method is told besides the module and vectors: "features" are those that are on, and
# "labels" also which gates are.
TOLD = ("nothing", "features", "labels")

# Batches that are drawn together, which is several times as fast as one at a time.
TOGETHER = 16

# Features on for so many samples: Boolean (samples, features).
Draw: TypeAlias = Callable[[int, np.random.Generator], sp.csr_array]


@dataclass(frozen=True, eq=False)
class Sampler:
    """Draws inputs of a network.

    Args:
        draw_on: The distribution: features that are on.
        code: The vector of every feature, float32 (features, dimensions).
        seed: The seed of all that is drawn.
        told: How much the method is told, one of `TOLD`.
        truth: Which gates are on at a site, Boolean (samples, gates), for features on.
    """

    draw_on: Draw
    code: NDArray[np.float32]
    seed: int
    told: str
    truth: Callable[[sp.csr_array, str], sp.csr_array]

    @property
    def dimensions(self) -> int:
        """Numbers of a vector."""
        return int(self.code.shape[1])

    def draw(self, samples: int, batch: int = 0) -> torch.Tensor:
        """Return vectors, float32 (samples, dimensions); the same for the same number of batch."""
        tensor: torch.Tensor = import_torch("bench").from_numpy(
            encoded(self._on(samples, batch), self.code)
        )
        return tensor

    def blocks(self, size: int, count: int) -> Iterator[torch.Tensor]:
        """Yield the vectors of so many batches, up to `TOGETHER` of them in one piece."""
        for first in range(0, count, TOGETHER):
            yield self.draw(size * min(TOGETHER, count - first), first)

    def batches(self, size: int, count: int) -> Iterator[torch.Tensor]:
        """Yield the vectors of so many batches."""
        for block in self.blocks(size, count):
            for begin in range(0, len(block), size):
                yield block[begin : begin + size]

    def features_on(self, samples: int, batch: int = 0) -> sp.csr_array:
        """Return the features that are on in `draw(samples, batch)`, Boolean (samples, features).

        Raises OptionError for a method that is not told the features.
        """
        if self.told == "nothing":
            raise OptionError("this method says that it is told nothing, and asks for features")
        return self._on(samples, batch)

    def encode(self, on: sp.csr_array) -> torch.Tensor:
        """Return the vectors of features that are on; for methods that are told features."""
        if self.told == "nothing":
            raise OptionError("this method says that it is told nothing, and asks for features")
        tensor: torch.Tensor = import_torch("bench").from_numpy(encoded(on, self.code))
        return tensor

    def labels(self, on: sp.csr_array, site: str) -> sp.csr_array:
        """Return which gates of a site are on, Boolean (samples, gates), by the circuit.

        Raises OptionError for a method that is not told the labels.
        """
        if self.told != "labels":
            raise OptionError(f"this method says that it is told {self.told}, and asks for labels")
        return self.truth(on, site)

    def _on(self, samples: int, batch: int) -> sp.csr_array:
        return self.draw_on(samples, stream(self.seed, Stream.BENCH_FIT, batch))


def encoded(on: sp.csr_array, code: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sums of the vectors of features that are on, float32 (samples, dimensions)."""
    return np.ascontiguousarray(on.astype(np.float32) @ code)
