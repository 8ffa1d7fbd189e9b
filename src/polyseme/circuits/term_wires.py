"""Finding the wire of a circuit that computes each of its terms."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.terms import Terms, terms_of

# By the circuit's identity; an entry goes when its circuit does.
_FOUND: WeakKeyDictionary[Circuit, NDArray[np.int32]] = WeakKeyDictionary()


def wires_of_terms(circuit: Circuit) -> NDArray[np.int32]:
    """Return the wire that computes each term of a circuit, int32 (terms,); found once per circuit.

    A term that no wire computes has -1. Raises SourceError if the circuit has no one-layer form.
    """
    if circuit not in _FOUND:
        _FOUND[circuit] = _wires(circuit, terms_of(circuit))
    return _FOUND[circuit]


def _wires(circuit: Circuit, terms: Terms) -> NDArray[np.int32]:
    """Return the wire that computes each term.

    The wire of a term of one feature is that feature. The wire of any other term is the first AND
    or AND_NOT of features with the same literals in the same order. A term of an XOR has no wire,
    unless there is such a gate besides.
    """
    wires = np.full(len(terms), -1, np.int32)
    starts, widths = terms.offsets[:-1], terms.widths
    wires[widths == 1] = terms.literals[starts[widths == 1]]
    kinds = _kinds(terms)
    features = len(circuit.features)
    over_features = circuit.levels[features:] == 1
    gates = np.flatnonzero(over_features & np.isin(circuit.kinds, (GateKind.AND, GateKind.AND_NOT)))
    fan_in = np.diff(circuit.fan_in_offsets)[gates]
    for width in np.unique(widths[(widths > 1) & (kinds >= 0)]):
        some = np.flatnonzero((widths == width) & (kinds >= 0))
        among = gates[fan_in == width]
        place = np.arange(width)
        literals = terms.literals[starts[some, None] + place]
        inputs = circuit.fan_in[circuit.fan_in_offsets[among, None] + place]
        found = _first_equal(
            np.column_stack((circuit.kinds[among], inputs)),
            np.column_stack((kinds[some], literals)),
        )
        wires[some[found >= 0]] = features + among[found[found >= 0]]
    return wires


def _kinds(terms: Terms) -> NDArray[np.int64]:
    """Return the kind of gate with the signs of each term: AND, AND_NOT, or -1 for neither."""
    first = np.zeros(len(terms.signs), bool)
    first[terms.offsets[:-1]] = True
    negated = terms.widths - terms.plain
    plain_first = terms.signs[first] > 0
    return np.where(
        negated == 0,
        GateKind.AND,
        np.where(plain_first & (negated == terms.widths - 1), GateKind.AND_NOT, -1),
    )


def _first_equal(rows: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first of `rows` that equals each row of `asked`; -1 if none does."""
    number, span = np.zeros(len(rows) + len(asked), np.int64), 1
    # Equal rows get equal numbers. Numbers that would not fit into 64 bits are replaced by ranks.
    for column in np.concatenate((rows, asked)).T.astype(np.int64):
        size = int(column.max()) + 1
        if span * size >= 2**63:
            number = np.unique(number, return_inverse=True)[1].astype(np.int64)
            span = int(number.max()) + 1
        number, span = number * size + column, span * size
    known, wanted = number[: len(rows)], number[len(rows) :]
    order = np.argsort(known, kind="stable")
    if not len(order):
        return np.full(len(wanted), -1)
    place = order[np.minimum(np.searchsorted(known[order], wanted), len(order) - 1)]
    return np.where(known[place] == wanted, place, -1)
