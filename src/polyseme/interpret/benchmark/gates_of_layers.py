"""The truth of a network in its own coordinates, out of its answer key."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.terms import Terms
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.truth import SiteTruth, Truth
from polyseme.networks import sites
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network

_OPERATORS = {
    GateKind.IDENTITY: "identity",
    GateKind.AND: "and",
    GateKind.OR: "or",
    GateKind.XOR: "xor",
    GateKind.AND_NOT: "and-not",
}


def truth_of(network: Network) -> Truth:
    """Return the truth of a network in its own coordinates.

    Raises OptionError for a network without an answer key.
    """
    key = network.key
    if key is None:
        raise OptionError("a network without an answer key has no truth to score against")
    found = [_features(key)]
    found += [_terms(key)] if key.has_terms else _wires(key)
    found.append(_outputs(key, found[-1].site))
    return Truth(
        {one.site: one for one in found},
        lambda on, site: key.labels(on, site),
        lambda on: key.labels(on, sites.READOUT),
    )


def _features(key: AnswerKey) -> SiteTruth:
    count = len(key.circuit.features)
    inputs = sp.csr_array((count, 0), dtype=bool)
    return _site(key, sites.EMBED, "inputs", "", inputs, ("",) * count, np.ones(count, bool))


def _terms(key: AnswerKey) -> SiteTruth:
    terms = key.terms
    ones = np.ones(len(terms.literals), bool)
    inputs = sp.csr_array((ones, terms.literals, terms.offsets), (len(terms), terms.features))
    held = np.asarray(key.layers[0].counts > 0)
    operators = operators_of_terms(terms)
    return _site(key, sites.post(0), "gates", sites.EMBED, inputs, operators, held)


def operators_of_terms(terms: Terms) -> tuple[str, ...]:
    """Return the operator of each term: "identity" of one literal, "and", or "and-not"."""
    return tuple(
        "identity" if width == 1 else "and" if plain == width else "and-not"
        for width, plain in zip(terms.widths.tolist(), terms.plain.tolist(), strict=True)
    )


def _wires(key: AnswerKey) -> list[SiteTruth]:
    """Return what every layer of a deep network holds, each from what the layer below holds."""
    found = []
    below_site, below = sites.EMBED, np.arange(len(key.circuit.features), dtype=np.int32)
    for number, layer in enumerate(key.layers):
        inputs, operators = _computed(key.circuit, layer.wires, below)
        site = sites.post(number)
        scored = np.asarray(layer.wires >= 0)
        found.append(_site(key, site, "gates", below_site, inputs, operators, scored))
        below_site, below = site, layer.wires
    return found


def _outputs(key: AnswerKey, below_site: str) -> SiteTruth:
    circuit = key.circuit
    every = np.ones(len(circuit.outputs), bool)
    if key.has_terms:
        output = key.terms.output
        inputs = sp.coo_array(
            (np.ones(len(output), bool), (output, np.arange(len(output)))),
            (len(every), len(output)),
        ).tocsr()
        terms = np.bincount(output, minlength=len(every))
        operators = tuple("identity" if count == 1 else "or" for count in terms.tolist())
    else:
        inputs, operators = _computed(circuit, circuit.outputs, key.layers[-1].wires)
    return _site(key, sites.READOUT, "outputs", below_site, inputs, operators, every)


def _computed(
    circuit: Circuit, wires: NDArray[np.int32], below: NDArray[np.int32]
) -> tuple[sp.csr_array, tuple[str, ...]]:
    """Return which columns below every wire is computed from, and with which operator.

    A wire that is held below is carried; else its gate reads what is. A gate whose inputs are
    not all held below, and a column that is no wire, has none.
    """
    columns: dict[int, list[int]] = {}
    for column, wire in enumerate(below.tolist()):
        if wire >= 0:
            columns.setdefault(wire, []).append(column)
    rows: list[list[int]] = []
    operators: list[str] = []
    features = len(circuit.features)
    for wire in wires.tolist():
        read, operator = [wire], "identity"
        if wire >= features and wire not in columns:
            gate = wire - features
            begin, end = circuit.fan_in_offsets[gate : gate + 2]
            read = circuit.fan_in[begin:end].tolist()
            operator = _OPERATORS[GateKind(int(circuit.kinds[gate]))]
        known = all(one in columns for one in read)
        rows.append([column for one in read for column in columns[one]] if known else [])
        operators.append(operator if known else "")
    offsets = np.cumsum([0, *map(len, rows)])
    read_columns = np.array([column for row in rows for column in row], np.int64)
    ones = np.ones(len(read_columns), bool)
    matrix = sp.csr_array((ones, read_columns, offsets), (len(rows), len(below)))
    return matrix, tuple(operators)


def _site(
    key: AnswerKey,
    site: str,
    kind: str,
    below: str,
    inputs: sp.csr_array,
    operators: tuple[str, ...],
    scored: NDArray[np.bool_],
) -> SiteTruth:
    directions = np.asarray(key.directions(site).toarray(), np.float32)
    same = _same(inputs, operators)
    return SiteTruth(site, kind, directions, below, inputs, operators, same, scored)


def _same(inputs: sp.csr_array, operators: tuple[str, ...]) -> NDArray[np.int64]:
    """Return for each thing the first with the same inputs and operator; features are all apart."""
    if not inputs.shape[1]:
        return np.arange(inputs.shape[0])
    inputs.sort_indices()
    first: dict[tuple[str, bytes], int] = {}
    same = np.empty(inputs.shape[0], np.int64)
    for row, operator in enumerate(operators):
        read = inputs.indices[inputs.indptr[row] : inputs.indptr[row + 1]]
        same[row] = first.setdefault((operator, read.tobytes()), row) if len(read) else row
    return same
