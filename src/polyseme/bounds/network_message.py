"""A network as a message: every number of it that the seed does not give, entropy-coded.

Sender and receiver share this library and what is `Agreed`: the seed, how many features and outputs
there are, and how many features an output reads. From these and the message alone the receiver
makes the network again, to the last number. What the seed gives is tried out by the sender: the
encoder and the codes that outputs read are left out of the message only where drawing them again
*without the circuit* gives the network's own; otherwise they are written out, and counted.

The message is: neurons, input dimensions, what is drawn and what is written, the layer's scale and
cap; then each part behind its length; then a checksum of four bytes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from polyseme.bounds.entropy_coding import (
    decode_integers,
    encode_integers,
    read_varints,
    write_varints,
)
from polyseme.circuits.names import Names
from polyseme.circuits.terms import Terms
from polyseme.codes.code import SparseCode
from polyseme.compiler.codewords import code_rows
from polyseme.compiler.encoding import input_code
from polyseme.compiler.plan import Stream
from polyseme.compiler.regions import Region
from polyseme.errors import FileFormatError
from polyseme.networks.network import Encoder, Layer, Network, Provenance, Readout

_CHECKSUM = 4
_MAX_SCALE_BITS = 24
# How many neurons each output reads, and which, output by output.
Runs: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int32]]
Narrow = TypeVar("Narrow", np.int8, np.int16, np.int32, np.int64)
_PARTS = ("hidden weights", "biases", "encoder", "readout codes", "readout weights", "thresholds")


class Told(IntEnum):
    """How the receiver comes by a code: drawn in superposition, basis-aligned, or written out."""

    DRAWN = 0
    BASIS = 1
    WRITTEN = 2


@dataclass(frozen=True)
class Agreed:
    """What both sides know beforehand: the family of computations, and the network's seed."""

    seed: int
    features: int
    outputs: int
    inputs: int


@dataclass(frozen=True)
class Message:
    """The bytes, how many of them each part takes, and what the seed gives instead.

    `encoder` says how the encoder is told; `readout_drawn`, whether the seed gives which neurons
    each output reads.
    """

    content: bytes
    parts: dict[str, int]
    encoder: Told
    readout_drawn: bool


def write_message(network: Network, agreed: Agreed) -> Message:
    """Write a network of one hidden layer, stored in full.

    Raises ValueError for any other network.
    """
    if len(network.layers) != 1 or network.layers[0].is_sparse:
        raise ValueError("a message holds one hidden layer, stored in full")
    layer, code, readout = network.layers[0], network.encoder.code, network.readout
    encoder_told = _how_to_tell_encoder(code, agreed)
    runs = np.diff(readout.offsets), readout.neurons
    runs_drawn = _same(_drawn_runs(agreed, layer.units), runs)
    scale_bits = _MAX_SCALE_BITS - round(np.log2(layer.scale))
    head = [layer.units, code.neurons, encoder_told, int(runs_drawn), scale_bits, layer.cap]
    pieces = [
        _sized(layer.weights),
        _sized(layer.bias),
        _written_code(code) if encoder_told == Told.WRITTEN else b"",
        b"" if runs_drawn else b"".join(map(_sized, runs)),
        _sized(readout.weights),
        _written_thresholds(readout.thresholds),
    ]
    body = write_varints(head) + b"".join(pieces)
    content = body + zlib.crc32(body).to_bytes(_CHECKSUM, "little")
    parts = dict(zip(_PARTS, map(len, pieces), strict=True))
    parts["sizes and checksum"] = len(content) - sum(parts.values())
    return Message(content, parts, encoder_told, runs_drawn)


def read_message(content: bytes, agreed: Agreed) -> Network:
    """Make the network again from its message and what is agreed, without the circuit.

    Raises FileFormatError when the message is damaged, or cannot be of the sizes agreed. What is
    agreed is not in the message: with another seed, say, another network comes out.
    """
    body = content[:-_CHECKSUM]
    if not body or zlib.crc32(body) != int.from_bytes(content[-_CHECKSUM:], "little"):
        raise FileFormatError("message: its checksum is wrong, so it is damaged or cut short")
    try:
        return _read_body(_Reader(body), agreed)
    except (ValueError, OverflowError) as error:
        raise FileFormatError(f"message: {error}") from None


def _read_body(reader: _Reader, agreed: Agreed) -> Network:
    units, dimensions, encoder_told, runs_drawn, scale_bits, cap = reader.varints(6)
    if not (0 < units <= agreed.outputs and 0 < dimensions <= agreed.features):
        raise ValueError(
            f"{units} neurons and {dimensions} dimensions for {agreed.outputs} outputs and "
            f"{agreed.features} features"
        )
    weights = reader.integers(units * dimensions, np.int16).reshape(units, dimensions)
    bias = reader.integers(units, np.int32)
    code = _drawn_code(Told(encoder_told), agreed, dimensions)
    code = code or reader.code(agreed.features, dimensions)
    runs = _drawn_runs(agreed, units) if runs_drawn else reader.runs(agreed.outputs)
    if runs is None:
        raise ValueError(f"{units} neurons have no drawn codes for {agreed.outputs} outputs")
    readout = Readout(
        Names(prefix="g", count=agreed.outputs),
        np.concatenate(([0], np.cumsum(runs[0]))).astype(np.int64),
        runs[1],
        reader.integers(len(runs[1]), np.int16),
        reader.thresholds(agreed.outputs),
    )
    reader.check_end()
    return Network(
        Encoder(Names(prefix="x", count=agreed.features), code),
        (Layer(weights, bias, 2.0 ** (_MAX_SCALE_BITS - scale_bits), cap),),
        readout,
        Provenance("message", "message", 0, agreed.seed, 0, 0, 0, {}),
    )


def _how_to_tell_encoder(code: SparseCode, agreed: Agreed) -> Told:
    for told in (Told.BASIS, Told.DRAWN):
        drawn = _drawn_code(told, agreed, code.neurons)
        if drawn and drawn.neurons == code.neurons:
            parts = (drawn.positions, drawn.signs), (code.positions, code.signs)
            if _same(*parts):
                return told
    return Told.WRITTEN


def _drawn_code(told: Told, agreed: Agreed, dimensions: int) -> SparseCode | None:
    """The input code from seed and sizes, as the compiler draws it with no feature set apart."""
    if told == Told.WRITTEN:
        return None
    generator = np.random.default_rng([agreed.seed, Stream.INPUT_CODE])
    none_apart = np.empty(0, np.int32)
    return input_code(agreed.features, dimensions, told == Told.BASIS, none_apart, generator)


def _drawn_runs(agreed: Agreed, units: int) -> Runs | None:
    """What outputs read, from seed and sizes: a word an output, all in one region of random codes.

    The compiler draws such words by their number and weight alone, so it is given terms that all
    read feature 0. None where there are so many neurons that it would not draw any.
    """
    if units >= agreed.outputs:
        return None
    each = np.arange(agreed.outputs)
    blank = Terms(
        agreed.features,
        agreed.outputs,
        each.astype(np.int32),
        np.arange(agreed.outputs + 1) * agreed.inputs,
        np.zeros(agreed.outputs * agreed.inputs, np.int32),
        np.ones(agreed.outputs * agreed.inputs, np.int8),
    )
    no_pool = np.full(agreed.outputs, -1, np.int32)
    reads = agreed.outputs * agreed.inputs
    region = Region("code", each, each, no_pool, agreed.inputs, reads, -1, 0)
    generator = np.random.default_rng([agreed.seed, Stream.OUTPUT_CODES])
    words = np.sort(code_rows(region, units, blank, generator), axis=1)
    return np.full(agreed.outputs, words.shape[1], np.int64), words.ravel().astype(np.int32)


def _same(
    some: tuple[NDArray[np.integer], ...] | None, others: tuple[NDArray[np.integer], ...]
) -> bool:
    return some is not None and all(map(np.array_equal, some, others))


def _sized(values: NDArray[np.integer]) -> bytes:
    """Entropy-coded values behind the length of their code."""
    code = encode_integers(values)
    return write_varints([len(code)]) + code


def _written_code(code: SparseCode) -> bytes:
    return write_varints([code.weight]) + _sized(code.positions) + _sized(code.signs)


def _written_thresholds(thresholds: NDArray[np.float32]) -> bytes:
    """Each different threshold in full, then which one every output has."""
    kinds, kind = np.unique(thresholds, return_inverse=True)
    return write_varints([len(kinds)]) + kinds.astype("<f4").tobytes() + _sized(kind)


class _Reader:
    """Takes the parts of a message off its front, one after another."""

    def __init__(self, body: bytes):
        self._body = body
        self._place = 0

    def varints(self, count: int) -> list[int]:
        numbers, self._place = read_varints(self._body, self._place, count)
        return numbers

    def take(self, length: int) -> bytes:
        taken = self._body[self._place : self._place + length]
        if len(taken) < length:
            raise ValueError(f"a part of {length} bytes has {len(taken)}")
        self._place += length
        return taken

    def integers(self, count: int, dtype: type[Narrow]) -> NDArray[Narrow]:
        values = decode_integers(self.take(self.varints(1)[0]), count)
        limits = np.iinfo(dtype)
        if count and not limits.min <= values.min() <= values.max() <= limits.max:
            raise ValueError(f"a value does not fit {np.dtype(dtype)}")
        return values.astype(dtype)

    def code(self, features: int, dimensions: int) -> SparseCode:
        (weight,) = self.varints(1)
        if not 0 < weight <= dimensions:
            raise ValueError(f"a code of weight {weight} for {dimensions} dimensions")
        positions = self.integers(features * weight, np.int32).reshape(features, weight)
        signs = self.integers(features * weight, np.int8).reshape(features, weight)
        return SparseCode(dimensions, positions, signs)

    def runs(self, outputs: int) -> Runs:
        lengths = self.integers(outputs, np.int64)
        return lengths, self.integers(int(lengths.sum()), np.int32)

    def thresholds(self, outputs: int) -> NDArray[np.float32]:
        (kinds,) = self.varints(1)
        values = np.frombuffer(self.take(4 * kinds), "<f4").astype(np.float32)
        kind = self.integers(outputs, np.int64)
        if not 0 <= kind.min() <= kind.max() < kinds:
            raise ValueError(f"a threshold is none of the {kinds} there are")
        return values[kind]

    def check_end(self) -> None:
        if self._place != len(self._body):
            raise ValueError(f"{len(self._body) - self._place} bytes are left over")
