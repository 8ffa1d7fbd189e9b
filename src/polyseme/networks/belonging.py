"""The contradictions between an answer key and a network, each named in a few words.

Whatever a key says that its circuit and the network's weights settle is looked at here. So a pair
is refused though the digests in both files are right.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.common.distinct import distinct
from polyseme.common.ragged import row_numbers, select_rows
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import LayerKey
from polyseme.networks.network import Network

# A wire that reads as less than this is off.
_HALF = 0.5
# As many own reads are near the resolution as this share of those near any other number.
_MANY = 0.25


def contradiction(key: AnswerKey, network: Network) -> str:
    """Return the first way in which a key is not true of a network; "" if none is found."""
    return next(_contradictions(key, network), "")


def _contradictions(key: AnswerKey, network: Network) -> Iterator[str]:
    """Yield what contradicts, cheap things first, in the order in which each rests on the last."""
    circuit, code = key.circuit, network.encoder.code
    if circuit.features != network.encoder.features:
        yield "its features are others"
    if circuit.output_names != network.readout.outputs:
        yield "its outputs are others"
    if circuit.name != network.provenance.source:
        yield "its circuit has another name"
    if len(key.layers) != len(network.layers):
        yield f"it has {len(key.layers)} layers for {len(network.layers)}"
    if not _is_same(key.encoder, code):
        yield "its codes of features are others"
    if key.has_terms and key.layers[0].channel_counts() != network.provenance.channels:
        yield "its channels are not as many as those of the network"
    below: SparseCode | None = None
    for number, (held, layer) in enumerate(zip(key.layers, network.layers, strict=True)):
        if held.resolution:
            below = key.layers[number - 1].code if number else key.encoder
        if not held.describes(layer, below):
            yield f"its layer {number} has other weights"
        if held.resolution and below is not None and not _reads_by_resolution(held, layer, below):
            yield f"its layer {number} has another resolution"
    if key.has_terms and not _terms_are_read(key):
        yield "its terms are not read by their units"
    if not _is_read_by_outputs(key, network):
        yield "its outputs read other units"
    if not key.has_terms and not _signs_agree(key, network):
        yield "its outputs are read with other signs"
    if not key.has_terms and not _rests(key, network):
        yield "its wires do not rest"


def _is_same(code: SparseCode, other: SparseCode) -> bool:
    return (
        code.neurons == other.neurons
        and np.array_equal(code.positions, other.positions)
        and np.array_equal(code.signs, other.signs)
    )


def _reads_by_resolution(held: LayerKey, layer: Layer, below: SparseCode) -> bool:
    """Return whether the resolution is what a column below adds to a unit that reads it.

    A layer of terms scales its sums back by exactly that. Of others it is whole steps on every unit
    of the column. Where W factors some unit reads a column so; of `reads` many do, within a step.
    """
    if held.of_terms:
        return layer.scale * held.resolution == 1
    if held.compression is not None:
        read = np.abs(held.compression.data.astype(np.int64)) * below.weight
        return not len(read) or bool((read == held.resolution).any())
    assert held.reads is not None
    steps, rest = divmod(held.resolution, below.weight)
    read = np.rint(np.abs(held.reads.data.astype(np.int64)) / below.weight).astype(np.int64)
    counts = np.bincount(read, minlength=steps + 2)
    counts[0] = 0
    near = int(counts[steps - 1 : steps + 2].max(initial=0))
    return not rest and near >= _MANY * int(counts.max())


def _terms_are_read(key: AnswerKey) -> bool:
    """Return whether the units of a term read its literals: some unit each, or all, by `reads`.

    Of C some unit is enough, since factored weights share the literals out, and features without an
    entry are left out: C may be written on a basis of the features alone (`one-bit`).
    """
    held, terms = key.layers[0], key.terms
    matrix = held.compression if held.factors else held.reads
    if matrix is None:
        return True
    known = _entries(matrix)
    term, literal = terms.term_of_literal, terms.literals.astype(np.int64)
    begins, counts = held.offsets[:-1], held.counts
    has_entry = np.zeros(matrix.shape[1], bool)
    has_entry[matrix.indices] = True
    waiting = np.flatnonzero((counts[term] > 0) & (has_entry[literal] | ~held.factors))
    for place in range(int(counts.max(initial=0))):
        unit = held.units[begins[term[waiting]] + place]
        asked = unit * np.int64(matrix.shape[1]) + literal[waiting]
        found = known[np.searchsorted(known, asked)] == asked
        more = counts[term[waiting]] > place + 1
        if not (found | (more & held.factors)).all():
            return False
        waiting = waiting[more & ~found if held.factors else more]
    return True


def _entries(matrix: sp.csr_array) -> NDArray[np.int64]:
    """Return the entries of a matrix as rising numbers, row * columns + column."""
    row = row_numbers(np.diff(matrix.indptr))
    # Without one the number that is found could not be looked at.
    return np.append(row * matrix.shape[1] + matrix.indices, np.iinfo(np.int64).max)


def _is_read_by_outputs(key: AnswerKey, network: Network) -> bool:
    """Return whether outputs read the units of their columns, as far as those are known."""
    last, readout = key.layers[-1], network.readout
    if last.of_terms:
        known = np.ones(len(readout.outputs), bool)
        output, column = key.terms.output.astype(np.int64), np.arange(len(last.wires))
    else:
        output, column = _output_columns(key)
        known = np.zeros(len(readout.outputs), bool)
        known[output] = True
    offsets, places = select_rows(last.offsets, column)
    told = np.repeat(output, np.diff(offsets)) * last.width + last.units[places]
    reader = row_numbers(np.diff(readout.offsets))
    read = reader * last.width + readout.neurons
    return np.array_equal(distinct(told), distinct(read[known[reader]]))


def _signs_agree(key: AnswerKey, network: Network) -> bool:
    """Return whether outputs that are on when their units are off read them with minus."""
    output, column = _output_columns(key)
    minus = np.zeros(len(network.readout.outputs), bool)
    minus[output] = key.circuit.inverted[output] ^ key.layers[-1].inverted[column]
    known = np.zeros(len(minus), bool)
    known[output] = True
    reader = row_numbers(np.diff(network.readout.offsets))
    return bool(((network.readout.weights < 0) == minus[reader])[known[reader]].all())


def _output_columns(key: AnswerKey) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the outputs whose wire the last layer holds once, and the columns of those."""
    found = _only_column(key.layers[-1].wires, key.circuit.outputs)
    output = np.flatnonzero(found >= 0)
    return output, found[output]


def _only_column(wires: NDArray[np.int32], asked: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the one column that holds each wire asked for; -1 for none, several, or no wire."""
    order = np.argsort(wires, kind="stable")
    rising = wires[order]
    begin, end = (np.searchsorted(rising, asked, side) for side in ("left", "right"))
    only = (end - begin == 1) & (asked >= 0)
    return np.where(only, order[np.minimum(begin, len(order) - 1)], -1)


def _rests(key: AnswerKey, network: Network) -> bool:
    """Return whether wires read as off while no feature is on, where no weights would tell.

    Where they would, the signs of the codes do; noise may switch wires of too few units on.
    """
    if all(held.resolution for held in key.layers):
        return True
    values = np.zeros(key.encoder.neurons, np.float32)
    # Sums beyond all numbers are of no network that was compiled, and read as no wire does.
    with np.errstate(over="ignore", invalid="ignore"):
        for held, layer in zip(key.layers, network.layers, strict=True):
            values = layer.at_rest(values)
            if not held.resolution and not (np.abs(held.readings(values[None])) < _HALF).all():
                return False
    return True
