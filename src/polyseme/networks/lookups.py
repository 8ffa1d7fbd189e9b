"""Look-ups in an answer key: neurons of a name, directions of a site, labels of inputs.

The *direction* of a feature, term or wire at a site is the unit vector along which the key says
that it is written there:

- at `hook_embed`, its code over the root of its weight. The encoder adds exactly that, times the
  root, when the feature goes on;
- at `layers.N.hook_post`, +1 or -1 on each of its units over the root of their number: + where the
  unit rises when it goes on, - where it falls. A unit falls where its column is inverted, or where
  the literals of its term lower it, by the key's factors or reads;
- at `hook_readout`, the output's own number.

It is a property of the key alone: it does not depend on inputs, as a difference of means would, or
on the network's noise, as a fitted probe would, and it is the same for a network that was changed.
Lengths are left out since scale is no fact about a feature: a positive rescaling of a unit, undone
by the next layer, changes the length and nothing else. There is none at `hook_pre`: a ReLU acts on
each number by itself, so the units are those of `hook_post`.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import wires_on
from polyseme.circuits.terms import Terms
from polyseme.common.arguments import text
from polyseme.common.plain_text import normal
from polyseme.common.ragged import row_numbers, select_rows
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError, SourceError
from polyseme.networks import sites
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.given_inputs import Inputs, read_inputs
from polyseme.networks.layer_key import LayerKey


def neurons_of(key: AnswerKey, name: str, layer: int | None = None) -> NDArray[np.int64]:
    """Return the units that serve an output or a feature by name, rising."""
    columns, number = _columns_of_name(key, name, layer)
    held = key.layers[number]
    _, places = select_rows(held.offsets, columns)
    return np.unique(held.units[places]).astype(np.int64)


def _columns_of_name(key: AnswerKey, name: str, layer: int | None) -> tuple[NDArray[np.int64], int]:
    """Return the columns that hold what a name stands for, and the number of their layer."""
    output, wire = _find(key.circuit, name)
    if key.has_terms:
        key.columns_of(0, layer or 0)
        terms = key.terms
        if output is not None:
            return np.flatnonzero(terms.output == output), 0
        if wire >= len(key.circuit.features):
            raise OptionError(
                f"gate {name[:40]!r} is inside an output; in one layer it has no neurons of its own"
            )
        return np.unique(terms.term_of_literal[terms.literals == wire]), 0
    numbers = range(len(key.layers))
    if layer is not None:
        key.columns_of(0, layer)
        numbers = range(layer, layer + 1)
    for number in numbers:
        columns = np.flatnonzero((key.layers[number].wires == wire) & (wire >= 0))
        if len(columns):
            return columns, number
    return np.zeros(0, np.int64), numbers[0]


def _find(circuit: Circuit, name: str) -> tuple[int | None, int]:
    """Return the output of a name, None for others, and the wire: of outputs, features, gates."""
    text("name", name)
    output = circuit.output_names.find(name)
    if output is not None:
        return output, int(circuit.outputs[output])
    feature = circuit.features.find(name)
    if feature is not None:
        return None, feature
    gate = normal(name)
    if gate and gate in circuit.gate_names:
        return None, len(circuit.features) + circuit.gate_names.index(gate)
    near = did_you_mean(
        name,
        [
            *(circuit.output_names.listed or ()),
            *(circuit.features.listed or ()),
            *filter(None, circuit.gate_names),
        ],
    )
    raise SourceError(f"no output, feature or gate is named {name[:40]!r}{near}")


def terms_of(key: AnswerKey, unit: int, layer: int = 0) -> tuple[str, ...]:
    """Return in words the terms or, in a deep network, the wires that a unit of a layer serves."""
    return tuple(key.describe(int(column), layer) for column in key.columns_of(unit, layer))


def directions(key: AnswerKey, site: int | str = 0) -> sp.csr_array:
    """Return the direction of everything that a site holds, float32 (things, width)."""
    name = sites.site_of(site, len(key.layers))
    if name == sites.EMBED:
        code = key.encoder.matrix()
        return code * np.float32(1 / np.sqrt(key.encoder.weight))
    if name == sites.READOUT:
        return sp.eye_array(len(key.circuit.outputs), dtype=np.float32, format="csr")
    held = key.layers[_layer_of(name)]
    signs = np.repeat(np.where(held.inverted, -1.0, 1.0), held.counts)
    if held.of_terms:
        signs = _signs_of_terms(held, key.terms)
    data = (signs / np.sqrt(np.repeat(held.counts, held.counts))).astype(np.float32)
    matrix = sp.csr_array((data, held.units, held.offsets), shape=(len(held.wires), held.width))
    matrix.sort_indices()
    return matrix


def _layer_of(site: str) -> int:
    _, number, hook = site.split(".")
    if hook != "hook_post":
        raise OptionError(
            f"site is {site!r}; what is held there is said of layers.{number}.hook_post"
        )
    return int(number)


def _signs_of_terms(held: LayerKey, terms: Terms) -> NDArray[np.float64]:
    """Return whether each unit of each term rises or falls with it, 1 or -1, (units of terms,)."""
    reads = held.compression if held.factors else held.reads
    if reads is None:
        return np.ones(len(held.units))
    shape = (len(terms), terms.features)
    literals = sp.csr_array(
        (terms.signs.astype(np.int64), terms.literals, terms.offsets), shape=shape
    )
    column = row_numbers(held.counts)
    moved = np.zeros(len(held.units), np.int64)
    step = 1 << 16
    for begin in range(0, len(column), step):
        some = slice(begin, begin + step)
        own, read = literals[column[some]], reads[held.units[some]].astype(np.int64)
        moved[some] = np.asarray(own.multiply(read).sum(axis=1)).ravel()
    return np.where(moved < 0, -1.0, 1.0)


def labels(key: AnswerKey, on: Inputs, site: int | str = 0) -> sp.csr_array:
    """Return what a site should hold, Boolean (samples, things), in the order of `directions`."""
    given = read_inputs(key.circuit.features, on)
    name = sites.site_of(site, len(key.layers))
    if name == sites.EMBED:
        return given.on
    if name == sites.READOUT:
        on_wires = _of_wires(wires_on(key.circuit, given.rows), key.circuit.outputs)
        if not key.circuit.inverted.any():
            return on_wires
        return sp.csr_array(on_wires.toarray() ^ key.circuit.inverted)
    held = key.layers[_layer_of(name)]
    if held.of_terms:
        return _satisfied(key.terms, given.on)
    return _of_wires(wires_on(key.circuit, given.rows), held.wires)


def _of_wires(on: sp.csr_array, wires: NDArray[np.int32]) -> sp.csr_array:
    """Return the columns of wires; those that are no wire (-1) are off."""
    picked = sp.csr_array(on.tocsc()[:, np.maximum(wires, 0)])
    picked.data &= (wires >= 0)[picked.indices]
    picked.eliminate_zeros()
    return picked


def _satisfied(terms: Terms, on: sp.csr_array) -> sp.csr_array:
    """Return the terms that are satisfied, Boolean (samples, terms)."""
    shape = (len(terms), terms.features)
    # A negated literal that is on takes away more than all plain ones can add.
    weights = np.where(terms.signs > 0, 1, -(terms.plain.max(initial=0) + 1))
    literals = sp.csr_array((weights.astype(np.int64), terms.literals, terms.offsets), shape=shape)
    met = sp.csr_array(on.astype(np.int64) @ literals.T)
    met.data = met.data == terms.plain[met.indices]
    met.eliminate_zeros()
    return met.astype(bool)
