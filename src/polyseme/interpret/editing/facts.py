"""The facts of a compiled table, as a list that can be changed, and its circuit again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.terms import Terms
from polyseme.common.arguments import shown_value
from polyseme.common.ragged import row_offsets
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError, SourceError


@dataclass(frozen=True, order=True)
class Fact:
    """A fact by numbers: its output (a relation and an object), its subject and its relation."""

    output: int
    subject: int
    relation: int


@dataclass(frozen=True, eq=False)
class Table:
    """A table of facts as the circuit of a network has it.

    Shapes: `facts` int64 (facts, 3), rows of output, subject and relation, in the order of the
    circuit's terms; `relation_of` int64 (outputs,), -1 for an output without a fact.
    """

    circuit: Circuit
    facts: NDArray[np.int64]
    relation_of: NDArray[np.int64]

    @classmethod
    def of(cls, circuit: Circuit, terms: Terms) -> Table:
        """Return the table that a circuit is.

        Raises OptionError unless every term is a subject and a relation, the relation being the one
        that the output's name begins with.
        """
        plain = (terms.signs > 0).all() and (terms.widths == 2).all()
        if not plain or circuit.inverted.any():
            raise OptionError(f"{circuit.name} is no table of facts; only facts can be edited")
        pairs = terms.literals.reshape(-1, 2).astype(np.int64)
        relation_of = np.full(terms.outputs, -1, np.int64)
        facts = np.empty((len(terms), 3), np.int64)
        for row, (output, pair) in enumerate(zip(terms.output.tolist(), pairs, strict=True)):
            name = circuit.output_names[output]
            known = [one for one in pair if name.startswith(f"{circuit.features[int(one)]}=")]
            relation = int(relation_of[output]) if relation_of[output] >= 0 else None
            relation = relation if relation in pair else (int(known[-1]) if known else None)
            if relation is None:
                raise OptionError(
                    f"output {name[:40]!r} is no relation=object; only facts can be edited"
                )
            relation_of[output] = relation
            facts[row] = output, pair[pair != relation][0], relation
        return cls(circuit, facts, relation_of)

    def parsed(self, text: str, with_object: bool) -> tuple[int, int, int]:
        """Return subject, relation and output (-1 without an object) of `SUBJECT: RELATION=OBJECT`.

        Raises SourceError naming what the table does not have.
        """
        form = "SUBJECT: RELATION=OBJECT" if with_object else "SUBJECT: RELATION"
        if not isinstance(text, str) or ": " not in text:
            raise OptionError(f"a fact is {shown_value(text)}; it must be {form}")
        places = [place for place in range(len(text)) if text.startswith(": ", place)]
        for place in places:
            subject = self.circuit.features.find(text[:place].strip())
            if subject is not None:
                break
        else:
            name = text[: places[0]].strip()
            near = did_you_mean(name, self.circuit.features.listed or ())
            raise SourceError(f"no subject is named {name[:40]!r}{near}")
        asked = text[place + 2 :].strip()
        if not with_object:
            relation = self.circuit.features.find(asked)
            if relation is None or relation not in self.relation_of:
                raise SourceError(
                    f"no relation is named {asked[:40]!r}{self._near_relation(asked)}"
                )
            return subject, relation, -1
        output = self.circuit.output_names.find(asked)
        if output is None:
            near = did_you_mean(asked, self.circuit.output_names.listed or ())
            raise SourceError(f"no fact of the table has {asked[:40]!r}{near}")
        if self.relation_of[output] < 0:
            raise SourceError(
                f"no fact of the table has {asked[:40]!r} any more: its units went too"
            )
        return subject, int(self.relation_of[output]), output

    def _near_relation(self, asked: str) -> str:
        known = np.unique(self.relation_of[self.relation_of >= 0])
        return did_you_mean(asked, [self.circuit.features[int(one)] for one in known])

    def of_pair(self, subject: int, relation: int) -> list[Fact]:
        """Return the facts about a subject and a relation."""
        rows = self.facts[(self.facts[:, 1] == subject) & (self.facts[:, 2] == relation)]
        return [Fact(*map(int, row)) for row in rows]

    def with_facts(self, facts: Sequence[Fact]) -> Circuit:
        """Return the circuit of other facts, with the same features and outputs."""
        pairs: dict[tuple[int, int], int] = {}
        of_output: dict[int, list[int]] = {}
        features = len(self.circuit.features)
        for fact in facts:
            number = pairs.setdefault((fact.subject, fact.relation), len(pairs))
            of_output.setdefault(fact.output, []).append(features + number)
        inputs: list[tuple[int, ...]] = list(pairs)
        kinds = [GateKind.AND] * len(inputs)
        wires = np.full(len(self.circuit.output_names), -1, np.int32)
        for output, ands in sorted(of_output.items()):
            wires[output] = ands[0]
            if len(ands) > 1:
                wires[output] = features + len(inputs)
                inputs.append(tuple(sorted(ands)))
                kinds.append(GateKind.OR)
        return Circuit(
            features=self.circuit.features,
            kinds=np.array(kinds, np.int64),
            fan_in_offsets=row_offsets([len(one) for one in inputs]),
            fan_in=np.array([wire for one in inputs for wire in one], np.int64),
            outputs=wires,
            output_names=self.circuit.output_names,
            name=self.circuit.name,
        )

    def spelt(self, subject: int, relation: int, output: int) -> str:
        """Return a fact in words; without its object if `output` is -1."""
        features = self.circuit.features
        what = features[relation] if output < 0 else self.circuit.output_names[output]
        return f"{features[subject]}: {what}"
