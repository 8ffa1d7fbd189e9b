"""The one-layer form of a shallow circuit: each output is an OR of terms, ANDs of literals.

This is the form that one hidden layer computes. A literal is a feature or its negation; a term is
satisfied when all its plain literals are on and none of its negated ones. Every term has a plain
literal, so it rests at zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.common.distinct import distinct
from polyseme.common.ragged import row_numbers, row_offsets, select_rows
from polyseme.errors import SourceError

MAX_XOR_INPUTS = 6


@dataclass(frozen=True, eq=False)
class Terms:
    """Terms in compressed rows, ordered by the output they feed.

    Shapes: `output` int32 (terms,); `offsets` int64 (terms + 1,); `literals` int32 (features) and
    `signs` int8 (+1 plain, -1 negated), both (offsets[-1],).
    """

    features: int
    outputs: int
    output: NDArray[np.int32]
    offsets: NDArray[np.int64]
    literals: NDArray[np.int32]
    signs: NDArray[np.int8]

    def __len__(self) -> int:
        """Return the number of terms."""
        return len(self.output)

    @property
    def widths(self) -> NDArray[np.int64]:
        """Number of literals of each term, (terms,)."""
        return np.diff(self.offsets)

    @property
    def term_of_literal(self) -> NDArray[np.int64]:
        """Number of the term that each literal belongs to, (literals,)."""
        return row_numbers(self.widths)

    @property
    def plain(self) -> NDArray[np.int64]:
        """Number of plain literals of each term, all of which must be on, (terms,)."""
        return np.bincount(self.term_of_literal, self.signs > 0, len(self)).astype(np.int64)

    @cached_property
    def influence(self) -> NDArray[np.int64]:
        """Number of terms that read each feature, (features,)."""
        return np.bincount(self.literals, minlength=self.features)

    @cached_property
    def own_neurons(self) -> int:
        """Number of neurons that give each term its own: one per term, and one per OR of literals.

        The exact network takes these or fewer (`circuits/factoring.py`).
        """
        single = self.widths == 1
        return int((~single).sum()) + len(np.unique(self.output[single]))

    def select(self, chosen: NDArray[np.int64]) -> Terms:
        """Return the chosen terms, in the order given."""
        offsets, places = select_rows(self.offsets, chosen)
        return Terms(
            self.features,
            self.outputs,
            self.output[chosen],
            offsets,
            self.literals[places],
            self.signs[places],
        )


@dataclass(frozen=True, eq=False)
class OneLayerForm:
    """The outputs of a circuit as ORs of ANDs of literals, or the reason why they are not.

    Either `terms` is given or `obstacle`, which names a gate that lies deeper or an XOR that is too
    wide. The terms are those of the outputs' wires. `rests_at_one` is True if an output is
    inverted, `has_constant` if one has no wire.
    """

    terms: Terms | None
    obstacle: str | None
    rests_at_one: bool
    has_constant: bool

    @property
    def is_shallow(self) -> bool:
        """True if one hidden layer computes every output; see `refusal`."""
        return self.refusal() is None

    def fits(self, active: int) -> bool:
        """Return True if the circuit is shallow and `active` features can satisfy every term."""
        return self.refusal(active) is None

    def refusal(self, active: int | None = None) -> str | None:
        """Return one line on why one hidden layer does not compute every output; None if it does.

        No output may be inverted or constant, and each must be an OR of terms. If a promise of
        `active` features is given, every term must need at most that many features on.
        """
        if self.rests_at_one or self.has_constant:
            return "an output rests at 1 or is constant"
        if self.terms is None:
            return self.obstacle
        if active is not None and self.most_plain > active:
            return f"a term needs {self.most_plain} features on, more than the {active} promised"
        return None

    @cached_property
    def most_plain(self) -> int:
        """Largest number of features that a term needs on; 0 without terms."""
        return 0 if self.terms is None else int(self.terms.plain.max(initial=0))


# By the circuit's identity; an entry goes when its circuit does.
_FORMS: WeakKeyDictionary[Circuit, OneLayerForm] = WeakKeyDictionary()


def one_layer_form(circuit: Circuit) -> OneLayerForm:
    """Return the form in which one hidden layer computes a circuit; found once per circuit."""
    form = _FORMS.get(circuit)
    if form is None:
        try:
            terms, obstacle = _flattened(circuit), None
        except SourceError as error:
            terms, obstacle = None, str(error)
        inverted, constant = circuit.inverted.any(), (circuit.outputs < 0).any()
        form = OneLayerForm(terms, obstacle, bool(inverted), bool(constant))
        _FORMS[circuit] = form
    return form


def terms_of(circuit: Circuit) -> Terms:
    """Return the terms of a circuit's outputs; found once per circuit.

    Outputs may be features, gates over features, or ORs of those; a constant has no terms. The
    terms are those of the outputs' wires; `inverted` is not applied.

    Raises:
        SourceError: A gate reads gates that are no ORs, or an XOR is too wide; the message names
            the first such gate.
    """
    form = one_layer_form(circuit)
    if form.terms is None:
        raise SourceError(form.obstacle)
    return form.terms


def _flattened(circuit: Circuit) -> Terms:
    output, wire = _open_ors(circuit)
    pieces = [_of_features(circuit, output, wire)]
    is_gate = wire >= len(circuit.features)
    output, gate = output[is_gate], wire[is_gate] - len(circuit.features)
    for kind, expand in ((GateKind.AND, _of_and), (GateKind.AND_NOT, _of_and_not)):
        chosen = np.flatnonzero(circuit.kinds[gate] == kind)
        pieces.append(expand(circuit, output[chosen], gate[chosen]))
    chosen = np.flatnonzero(circuit.kinds[gate] == GateKind.XOR)
    pieces += _of_xor(circuit, output[chosen], gate[chosen])
    joined = _join(circuit, pieces)
    return joined.select(np.argsort(joined.output, kind="stable"))


def _open_ors(circuit: Circuit) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return pairs (output, wire): each output is the OR of its wires, and none of these is an OR.

    Pairs are held as numbers output * wires + wire. ORs are opened from the highest level down, so
    an OR is opened only once, however many paths lead to it.
    """
    features = len(circuit.features)
    passing = np.zeros(circuit.wires, bool)
    passing[features:] = np.isin(circuit.kinds, (GateKind.OR, GateKind.IDENTITY))
    waiting: list[list[NDArray[np.int64]]] = [[] for _ in range(int(circuit.levels.max()) + 1)]
    closed = [np.empty(0, np.int64)]

    def queue(output: NDArray[np.int64], wire: NDArray[np.int64]) -> None:
        pairs = output * circuit.wires + wire
        closed.append(pairs[~passing[wire]])
        for level, opened in _by_level(circuit, pairs[passing[wire]]):
            waiting[level].append(opened)

    output = np.flatnonzero(circuit.outputs >= 0)
    queue(output, circuit.outputs[output].astype(np.int64))
    for level in range(len(waiting) - 1, 0, -1):
        if waiting[level]:
            output, wire = np.divmod(distinct(np.concatenate(waiting[level])), circuit.wires)
            waiting[level].clear()
            widths, inner = _inputs(circuit, wire - features)
            queue(np.repeat(output, widths), inner.astype(np.int64))
    output, wire = np.divmod(distinct(np.concatenate(closed)), circuit.wires)
    _check_shallow(circuit, wire)
    return output.astype(np.int32), wire


def _by_level(
    circuit: Circuit, pairs: NDArray[np.int64]
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield pairs output * wires + wire in groups: the level of the wires, and the pairs."""
    level = circuit.levels[pairs % circuit.wires]
    order = np.argsort(level, kind="stable")
    cuts = np.flatnonzero(np.diff(level[order])) + 1
    for group in np.split(order, cuts) if len(order) else ():
        yield int(level[group[0]]), pairs[group]


def _inputs(
    circuit: Circuit, gate: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the number of inputs of each gate, (gates,), and the inputs of all, concatenated."""
    offsets, places = select_rows(circuit.fan_in_offsets, gate)
    return np.diff(offsets), circuit.fan_in[places]


def _check_shallow(circuit: Circuit, wire: NDArray[np.int64]) -> None:
    features = len(circuit.features)
    gate = np.unique(wire[wire >= features]) - features
    for chosen in gate[circuit.levels[features + gate] > 1][:1]:
        begin, end = circuit.fan_in_offsets[chosen : chosen + 2]
        inner = circuit.fan_in[begin:end][circuit.fan_in[begin:end] >= features][0]
        raise SourceError(
            f"{circuit.name}: gate {chosen} reads {circuit.wire_name(int(inner))}; one hidden "
            "layer computes gates over features, and ORs of those"
        )


def _of_features(circuit: Circuit, output: NDArray[np.int32], wire: NDArray[np.int64]) -> Terms:
    chosen = wire < len(circuit.features)
    literals = wire[chosen].astype(np.int32)
    return _terms(circuit, output[chosen], np.ones(len(literals), int), literals)


def _of_and(circuit: Circuit, output: NDArray[np.int32], gate: NDArray[np.int64]) -> Terms:
    widths, literals = _inputs(circuit, gate)
    return _terms(circuit, output, widths, literals)


def _of_and_not(circuit: Circuit, output: NDArray[np.int32], gate: NDArray[np.int64]) -> Terms:
    terms = _of_and(circuit, output, gate)
    signs = np.full(len(terms.literals), -1, np.int8)
    signs[terms.offsets[:-1]] = 1
    return _terms(circuit, output, terms.widths, terms.literals, signs)


def _of_xor(circuit: Circuit, output: NDArray[np.int32], gate: NDArray[np.int64]) -> list[Terms]:
    """Return the terms of XORs: one of k inputs has 2^(k-1), with odd numbers of plain literals."""
    widths = np.diff(circuit.fan_in_offsets)[gate]
    for wide in gate[widths > MAX_XOR_INPUTS][:1]:
        raise SourceError(
            f"{circuit.name}: gate {wide} is an XOR of more than {MAX_XOR_INPUTS} inputs"
        )
    pieces = []
    for width in np.unique(widths):
        same = widths == width
        base = _of_and(circuit, output[same], gate[same])
        for pattern in range(1 << int(width)):
            plain = (pattern >> np.arange(int(width))) & 1
            if plain.sum() % 2:
                signs = np.tile((2 * plain - 1).astype(np.int8), len(base))
                pieces.append(_terms(circuit, base.output, base.widths, base.literals, signs))
    return pieces


def _terms(
    circuit: Circuit,
    output: NDArray[np.int32],
    widths: NDArray[np.int64],
    literals: NDArray[np.int32],
    signs: NDArray[np.int8] | None = None,
) -> Terms:
    return Terms(
        features=len(circuit.features),
        outputs=len(circuit.outputs),
        output=output,
        offsets=row_offsets(widths),
        literals=literals,
        signs=np.ones(len(literals), np.int8) if signs is None else signs,
    )


def _join(circuit: Circuit, pieces: list[Terms]) -> Terms:
    return _terms(
        circuit,
        np.concatenate([piece.output for piece in pieces]),
        np.concatenate([piece.widths for piece in pieces]),
        np.concatenate([piece.literals for piece in pieces]),
        np.concatenate([piece.signs for piece in pieces]),
    )
