"""Terms found in a network: sets of plain and negated features per output, and their circuit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.names import Names
from polyseme.common.ragged import row_offsets


@dataclass(frozen=True, order=True)
class FoundTerm:
    """A term of an output: features that must be on, and features that must be off, both rising."""

    plain: tuple[int, ...]
    negated: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class FoundTerms:
    """The terms of every output, and whether the output rests at one (and they switch it off)."""

    terms: tuple[tuple[FoundTerm, ...], ...]
    rests_at_one: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Number of terms of all outputs."""
        return sum(map(len, self.terms))

    def circuit(self, features: Names, outputs: Names, name: str) -> Circuit:
        """Return the circuit of the terms: an AND per term, and an OR per output of several."""
        gates = _Gates(len(features))
        wires = [gates.output(terms) for terms in self.terms]
        return Circuit(
            features=features,
            kinds=np.array(gates.kinds, np.int64),
            fan_in_offsets=row_offsets([len(inputs) for inputs in gates.inputs]),
            fan_in=np.array([wire for inputs in gates.inputs for wire in inputs], np.int64),
            outputs=np.array(wires, np.int64),
            output_names=outputs,
            name=name,
            inverted=self.rests_at_one,
        )


class _Gates:
    """Gates in the order in which they are needed, each once."""

    def __init__(self, features: int) -> None:
        self._features = features
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}

    @property
    def kinds(self) -> list[int]:
        """The kind of every gate."""
        return [kind for kind, _ in self._known]

    @property
    def inputs(self) -> list[tuple[int, ...]]:
        """The wires that every gate reads."""
        return [inputs for _, inputs in self._known]

    def output(self, terms: tuple[FoundTerm, ...]) -> int:
        """Return the wire of an output; -1 for one without a term."""
        wires = tuple(self._term(term) for term in terms)
        if len(wires) < 2:
            return wires[0] if wires else -1
        return self._gate(GateKind.OR, wires)

    def _term(self, term: FoundTerm) -> int:
        plain = term.plain
        wire = plain[0] if len(plain) == 1 else self._gate(GateKind.AND, plain)
        return self._gate(GateKind.AND_NOT, (wire, *term.negated)) if term.negated else wire

    def _gate(self, kind: GateKind, inputs: tuple[int, ...]) -> int:
        number = self._known.setdefault((int(kind), inputs), len(self._known))
        return self._features + number


def beyond_terms(sets: NDArray[np.int64], terms: list[FoundTerm]) -> NDArray[np.int64]:
    """Return the sets, (sets, size), that satisfy none of the terms."""
    if not len(sets) or not terms:
        return sets
    known = [(frozenset(term.plain), frozenset(term.negated)) for term in terms]
    kept = np.ones(len(sets), bool)
    for place, row in enumerate(sets.tolist()):
        on = frozenset(row)
        kept[place] = not any(plain <= on and not negated & on for plain, negated in known)
    return sets[kept]
