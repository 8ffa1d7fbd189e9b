"""The codes that a network's seed gives: drawn from seed and sizes, *without the circuit*.

A message (`message.py`) leaves out a code that can be drawn again in this way. The sender tries:

- **basis**: feature i is dimension i;
- **blocks**: a union of orthogonal blocks with signs, as in the compiler's encoders and in the
  readouts of `tight-frames` and `one-bit`;
- **words**: random sets of neurons, as outputs of `three-channel` read them in a code region. The
  seed does not give their weights.

Any other code is **written** into the message, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.common.random_streams import Stream, stream
from polyseme.compiler.constructions.three_channel.regions.code import code_words
from polyseme.networks.ends import Readout


class CodeSource(IntEnum):
    """The source from which the receiver gets a code."""

    BASIS = 0
    BLOCKS = 1
    WORDS = 2
    WRITTEN = 3


@dataclass(frozen=True)
class Agreed:
    """The knowledge that both sides share: the family of computations, and the network's seed."""

    seed: int
    features: int
    outputs: int
    inputs: int


@dataclass(frozen=True, eq=False)
class Reads:
    """The reads of every output: their number, their neurons and their weights (None: not drawn).

    Shapes: int64 (outputs,), int32 and int16 (reads,), output by output.
    """

    lengths: NDArray[np.int64]
    neurons: NDArray[np.int32]
    weights: NDArray[np.int16] | None

    def gives(self, readout: Readout) -> bool:
        """Return True if these are a readout's reads, weights included if they are drawn."""
        return (
            np.array_equal(self.lengths, np.diff(readout.offsets))
            and np.array_equal(self.neurons, readout.neurons)
            and (self.weights is None or np.array_equal(self.weights, readout.weights))
        )


def encoder_source(code: SparseCode, agreed: Agreed) -> CodeSource:
    """Return the source of an encoder's code: written if the seed does not give it."""
    for source in (CodeSource.BASIS, CodeSource.BLOCKS):
        drawn = drawn_encoder(source, agreed, code.neurons, code.weight)
        if drawn is not None and (
            np.array_equal(drawn.positions, code.positions)
            and np.array_equal(drawn.signs, code.signs)
        ):
            return source
    return CodeSource.WRITTEN


def readout_source(readout: Readout, agreed: Agreed, units: int) -> CodeSource:
    """Return the source of the neurons that outputs read: written if no drawn code is theirs."""
    for source in (CodeSource.BLOCKS, CodeSource.WORDS):
        drawn = drawn_reads(source, agreed, units, first_length(readout))
        if drawn is not None and drawn.gives(readout):
            return source
    return CodeSource.WRITTEN


def first_length(readout: Readout) -> int:
    """Number of neurons that the first output reads: in a drawn code every output reads as many."""
    return int(readout.offsets[1])


def drawn_encoder(
    source: CodeSource, agreed: Agreed, dimensions: int, weight: int
) -> SparseCode | None:
    """Draw the code of the features; return None if it is written or no such code exists."""
    if source == CodeSource.BASIS and dimensions == agreed.features:
        places = np.arange(agreed.features, dtype=np.int32)[:, None]
        return SparseCode(dimensions, places, np.ones((agreed.features, 1), np.int8))
    if source == CodeSource.BLOCKS and _is_block_weight(weight, dimensions):
        generator = stream(agreed.seed, Stream.INPUT_CODE)
        return orthogonal_block_code(agreed.features, dimensions, weight, generator)
    return None


def drawn_reads(source: CodeSource, agreed: Agreed, units: int, weight: int) -> Reads | None:
    """Draw the reads of the outputs; return None if they are written or no such code exists."""
    generator = stream(agreed.seed, Stream.OUTPUT_CODES)
    if source == CodeSource.BLOCKS and _is_block_weight(weight, units):
        code = orthogonal_block_code(agreed.outputs, units, weight, generator)
        order = np.argsort(code.positions, axis=1)
        return Reads(
            np.full(agreed.outputs, weight, np.int64),
            np.take_along_axis(code.positions, order, axis=1).ravel(),
            np.take_along_axis(code.signs, order, axis=1).ravel().astype(np.int16),
        )
    # The compiler draws words only if there are fewer neurons than outputs.
    if source == CodeSource.WORDS and units < agreed.outputs:
        # The compiler draws the words of a code region from their number and weight alone. Here
        # that region holds all outputs.
        words = np.sort(code_words(agreed.outputs, agreed.inputs, units, generator), axis=1)
        lengths = np.full(agreed.outputs, words.shape[1], np.int64)
        return Reads(lengths, words.ravel().astype(np.int32), None)
    return None


def _is_block_weight(weight: int, neurons: int) -> bool:
    return 0 < weight <= neurons and not weight & (weight - 1)
