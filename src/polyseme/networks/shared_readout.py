"""Dense products for outputs that read the same neurons.

A union of orthogonal bases puts as many outputs on a set of neurons as each of them reads. Their
sums are one small dense product, which BLAS computes several times faster than a product of sparse
rows. Only one block of sums is held at a time, since the sums of all outputs for many samples would
not fit. The order of summation differs from that of sparse rows. That changes nothing in a network
of one hidden layer, whose sums float32 holds exactly; deeper networks are not read like this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.shared_places import shared_places
from polyseme.networks.network import Network

# Samples at a time: enough for BLAS, few enough that their activations stay in a core's cache.
_SAMPLES = 64
# Numbers gathered, and numbers read, in one block: as many as a core's cache holds.
_BLOCK_NUMBERS = 1 << 18
# Fewer outputs to a set of neurons than this are read faster as sparse rows.
_FEWEST_SHARING = 8


@dataclass(frozen=True, eq=False)
class SharedReadout:
    """Groups of equally many outputs; those of a group read the same neurons.

    Shapes: `outputs` int64 (groups, size), `neurons` int64 (groups, reads), `weights` float32
    (groups, size, reads).
    """

    outputs: NDArray[np.int64]
    neurons: NDArray[np.int64]
    weights: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Block:
    """Sums before the threshold, float32 (outputs, samples), of some outputs for some samples."""

    samples: slice
    outputs: NDArray[np.int64]
    sums: NDArray[np.float32]


def shared_readout(network: Network) -> list[SharedReadout]:
    """Return the readout in pieces that fit a cache; none if too few outputs share neurons."""
    readout = network.readout
    reads = np.diff(readout.offsets)
    if len(network.layers) > 1 or not reads[0] or (reads != reads[0]).any():
        return []
    neurons, which = shared_places(readout.neurons.reshape(-1, reads[0]))
    if len(which) < _FEWEST_SHARING * len(neurons):
        return []
    weights = readout.weights.reshape(-1, reads[0])
    order = np.argsort(which, kind="stable")
    sizes = np.bincount(which, minlength=len(neurons))
    starts = np.cumsum(sizes) - sizes
    pieces = []
    for size in np.unique(sizes):
        groups = np.flatnonzero(sizes == size)
        most = max(1, _BLOCK_NUMBERS // (_SAMPLES * max(int(size), int(reads[0]))))
        for begin in range(0, len(groups), most):
            some = groups[begin : begin + most]
            outputs = order[starts[some, None] + np.arange(size)]
            pieces.append(
                SharedReadout(
                    outputs, neurons[some].astype(np.int64), weights[outputs].astype(np.float32)
                )
            )
    return pieces


def read_blocks(pieces: list[SharedReadout], hidden: NDArray[np.float32]) -> Iterator[Block]:
    """Yield the sums of every output for every sample of activations (samples, units) once.

    The sums of a block are valid until the next block is asked for.
    """
    gathered = np.empty(max(piece.neurons.size for piece in pieces) * _SAMPLES, np.float32)
    sums = np.empty(max(piece.outputs.size for piece in pieces) * _SAMPLES, np.float32)
    for begin in range(0, len(hidden), _SAMPLES):
        samples = slice(begin, min(begin + _SAMPLES, len(hidden)))
        columns = np.ascontiguousarray(hidden[samples].T)
        for piece in pieces:
            # The same memory is used again: allocating costs as much as the product.
            found = _room(gathered, piece.neurons, columns)
            read = _room(sums, piece.outputs, columns)
            np.take(columns, piece.neurons, axis=0, out=found, mode="clip")
            np.matmul(piece.weights, found, out=read)
            yield Block(samples, piece.outputs.reshape(-1), read.reshape(-1, columns.shape[1]))


def _room(
    memory: NDArray[np.float32], rows: NDArray[np.int64], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the start of `memory` as an array with one row of `columns` per entry of `rows`."""
    shape = (*rows.shape, columns.shape[1])
    return memory[: rows.size * columns.shape[1]].reshape(shape)
