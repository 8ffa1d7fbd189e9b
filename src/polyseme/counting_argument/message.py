"""A network as a message: all its numbers that the seed does not give, entropy-coded.

Sender and receiver share this library and what is `Agreed`: the seed, the numbers of features and
outputs, and the number of features that an output reads. From these and the message alone the
receiver makes the network again, to the last number. The sender tries out what the seed gives
(`drawn_codes.py`): it leaves the encoder and the reads of outputs out of the message only if
drawing them again *without the circuit* gives the network's own. Otherwise they are written, and
counted.

The message is: neurons, input dimensions, source and weight of both codes, the layer's scale and
cap, the base of the thresholds; then each part behind its length; then a checksum of four bytes.
Thresholds are counted from 0, or from the resting readings of the outputs if that leaves fewer
different thresholds (it leaves one for `tight-frames` and `one-bit`).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.common.ragged import row_numbers, row_offsets
from polyseme.counting_argument.drawn_codes import (
    Agreed,
    CodeSource,
    Reads,
    drawn_encoder,
    drawn_reads,
    encoder_source,
    first_length,
    readout_source,
)
from polyseme.counting_argument.entropy_coding import (
    decode_integers,
    encode_integers,
    read_varints,
    write_varints,
)
from polyseme.errors import FileFormatError, OptionError
from polyseme.networks.activation import Square, stored_activation
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network, Provenance

_CHECKSUM = 4
_MAX_SCALE_BITS = 24
Narrow = TypeVar("Narrow", np.int8, np.int16, np.int32, np.int64)
_PARTS = ("hidden weights", "biases", "encoder", "readout codes", "readout weights", "thresholds")


@dataclass(frozen=True)
class Message:
    """The bytes, the number of bytes per part, and the sources of encoder and readout."""

    content: bytes
    parts: dict[str, int]
    encoder: CodeSource
    readout: CodeSource


def has_message(network: Network) -> bool:
    """Return True if a network can be written: one hidden layer of ReLUs, stored in full."""
    layer = network.layers[0]
    squares = isinstance(layer.activation, Square)
    return not (len(network.layers) > 1 or layer.is_sparse or squares or len(layer.carried))


def write_message(network: Network, agreed: Agreed) -> Message:
    """Write a network of one layer of ReLUs, stored in full.

    Raises OptionError for any other network.
    """
    if not has_message(network):
        raise OptionError("a message holds one hidden layer of ReLUs, stored in full")
    layer, code, readout = network.layers[0], network.encoder.code, network.readout
    encoder = encoder_source(code, agreed)
    reads = readout_source(readout, agreed, layer.units)
    resting = _resting(layer, np.diff(readout.offsets), readout.neurons, readout.weights)
    above = _above(readout.thresholds, resting)
    thresholds = readout.thresholds if above is None else above
    head = [layer.units, code.neurons, encoder, code.weight, reads, first_length(readout)]
    scale_bits = _MAX_SCALE_BITS - round(np.log2(layer.scale))
    runs = (np.diff(readout.offsets), readout.neurons)
    pieces = [
        _sized(layer.weights),
        _sized(layer.bias),
        _sized(code.positions) + _sized(code.signs) if encoder == CodeSource.WRITTEN else b"",
        b"".join(map(_sized, runs)) if reads == CodeSource.WRITTEN else b"",
        b"" if reads == CodeSource.BLOCKS else _sized(readout.weights),
        _written_thresholds(thresholds),
    ]
    tail = [scale_bits, layer.activation.stored[0], int(above is not None)]
    body = write_varints([*head, *tail]) + b"".join(pieces)
    content = body + zlib.crc32(body).to_bytes(_CHECKSUM, "little")
    parts = dict(zip(_PARTS, map(len, pieces), strict=True))
    parts["sizes and checksum"] = len(content) - sum(parts.values())
    return Message(content, parts, encoder, reads)


def read_message(content: bytes, agreed: Agreed) -> Network:
    """Make the network again from its message and what is agreed, without the circuit.

    Raises FileFormatError if the message is damaged, or cannot be of the sizes agreed. What is
    agreed is not in the message: another seed, for instance, gives another network.
    """
    body = content[:-_CHECKSUM]
    if not body or zlib.crc32(body) != int.from_bytes(content[-_CHECKSUM:], "little"):
        raise FileFormatError("message: its checksum is wrong, so it is damaged or cut short")
    try:
        return _read_body(_Reader(body), agreed)
    except (ValueError, OverflowError) as error:
        raise FileFormatError(f"message: {error}") from None


def _read_body(reader: _Reader, agreed: Agreed) -> Network:
    units, dimensions, encoder, weight, read_source, read_weight = reader.varints(6)
    scale_bits, cap, from_rest = reader.varints(3)
    if not (0 < units <= agreed.outputs and 0 < dimensions <= agreed.features):
        raise FileFormatError(
            f"message: {units} neurons and {dimensions} dimensions for {agreed.outputs} outputs "
            f"and {agreed.features} features"
        )
    layer = Layer(
        reader.integers(units * dimensions, np.int16).reshape(units, dimensions),
        reader.integers(units, np.int32),
        2.0 ** (_MAX_SCALE_BITS - scale_bits),
        stored_activation(cap, squared=False),
    )
    code = reader.code(CodeSource(encoder), agreed, dimensions, weight)
    reads = reader.reads(CodeSource(read_source), agreed, units, read_weight)
    weights = reads.weights
    if weights is None:
        weights = reader.integers(len(reads.neurons), np.int16)
    thresholds = reader.thresholds(agreed.outputs)
    if from_rest:
        resting = _resting(layer, reads.lengths, reads.neurons, weights)
        thresholds = (resting + thresholds).astype(np.float32)
    reader.check_end()
    offsets = row_offsets(reads.lengths)
    return Network(
        Encoder(Names(prefix="x", count=agreed.features), code),
        (layer,),
        Readout(
            Names(prefix="g", count=agreed.outputs), offsets, reads.neurons, weights, thresholds
        ),
        Provenance("message", "message", 0, agreed.seed, 0, 0, 0, {}),
    )


def _resting(
    layer: Layer,
    lengths: NDArray[np.int64],
    neurons: NDArray[np.int32],
    weights: NDArray[np.int16],
) -> NDArray[np.float64]:
    """Return the reading of every output with no feature on, (outputs,)."""
    output = row_numbers(lengths)
    return np.bincount(output, weights * layer.resting[neurons], len(lengths)).astype(np.float64)


def _above(
    thresholds: NDArray[np.float32], resting: NDArray[np.float64]
) -> NDArray[np.float32] | None:
    """Return thresholds counted from rest, or None.

    They are returned only if they give the thresholds back and fewer of them differ.
    """
    above = (thresholds - resting).astype(np.float32)
    exact = np.array_equal((resting + above).astype(np.float32), thresholds)
    return above if exact and len(np.unique(above)) < len(np.unique(thresholds)) else None


def _sized(values: NDArray[np.integer]) -> bytes:
    """Return entropy-coded values behind the length of their code."""
    code = encode_integers(values)
    return write_varints([len(code)]) + code


def _written_thresholds(thresholds: NDArray[np.float32]) -> bytes:
    """Write each distinct threshold in full, then the number of the threshold of every output."""
    kinds, kind = np.unique(thresholds, return_inverse=True)
    return write_varints([len(kinds)]) + kinds.astype("<f4").tobytes() + _sized(kind)


class _Reader:
    """A message that is read from front to back, one part after another."""

    def __init__(self, body: bytes):
        self._body = body
        self._place = 0

    def varints(self, count: int) -> list[int]:
        numbers, self._place = read_varints(self._body, self._place, count)
        return numbers

    def take(self, length: int) -> bytes:
        taken = self._body[self._place : self._place + length]
        if len(taken) < length:
            raise FileFormatError(f"message: a part of {length} bytes has {len(taken)}")
        self._place += length
        return taken

    def integers(self, count: int, dtype: type[Narrow]) -> NDArray[Narrow]:
        values = decode_integers(self.take(self.varints(1)[0]), count)
        limits = np.iinfo(dtype)
        if count and not limits.min <= values.min() <= values.max() <= limits.max:
            raise FileFormatError(f"message: a value does not fit {np.dtype(dtype)}")
        return values.astype(dtype)

    def code(self, source: CodeSource, agreed: Agreed, dimensions: int, weight: int) -> SparseCode:
        drawn = drawn_encoder(source, agreed, dimensions, weight)
        if drawn is not None:
            return drawn
        if source != CodeSource.WRITTEN or not 0 < weight <= dimensions:
            raise FileFormatError(
                f"message: a {source.name.lower()} code of {weight} in {dimensions} dimensions"
            )
        shape = (agreed.features, weight)
        positions = self.integers(agreed.features * weight, np.int32).reshape(shape)
        signs = self.integers(agreed.features * weight, np.int8).reshape(shape)
        return SparseCode(dimensions, positions, signs)

    def reads(self, source: CodeSource, agreed: Agreed, units: int, weight: int) -> Reads:
        drawn = drawn_reads(source, agreed, units, weight)
        if drawn is not None:
            return drawn
        if source != CodeSource.WRITTEN:
            raise FileFormatError(
                f"message: {source.name.lower()} of {weight} of {units} neurons are not drawn"
            )
        lengths = self.integers(agreed.outputs, np.int64)
        return Reads(lengths, self.integers(int(lengths.sum()), np.int32), None)

    def thresholds(self, outputs: int) -> NDArray[np.float32]:
        (kinds,) = self.varints(1)
        values = np.frombuffer(self.take(4 * kinds), "<f4").astype(np.float32)
        kind = self.integers(outputs, np.int64)
        if not 0 <= kind.min() <= kind.max() < kinds:
            raise FileFormatError(f"message: a threshold is none of the {kinds} there are")
        return values[kind]

    def check_end(self) -> None:
        if self._place != len(self._body):
            raise FileFormatError(f"message: {len(self._body) - self._place} bytes are left over")
