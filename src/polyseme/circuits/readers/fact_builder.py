"""Collecting facts, subject by subject or one by one, into a circuit.

Subjects and relations become features, `relation=object` becomes an output, and a fact becomes the
AND of its subject and its relation; an output with several facts is the OR of their ANDs. Several
objects of one subject and relation share its AND.
"""

from __future__ import annotations

from array import array

import numpy as np

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.names import Names, check_name
from polyseme.common.plain_text import spelt
from polyseme.common.ragged import row_offsets
from polyseme.errors import SourceError

MAX_SUBJECTS = 10**7
MAX_FACTS = 10**7


class FactBuilder:
    """The facts so far; names are checked as they are added, while their place is known."""

    def __init__(self) -> None:
        """Begin with no fact."""
        self._relations: dict[str, int] = {}
        self._subjects: dict[str, int] = {}
        self._outputs: dict[str, int] = {}
        # A pair is a subject with a relation: one AND.
        self._subject_of_pair = array("i")
        self._relation_of_pair = array("i")
        self._pair_of_fact = array("i")
        self._output_of_fact = array("i")
        self._pairs: dict[tuple[int, int], int] = {}
        self._facts: set[tuple[int, int]] = set()

    def add_relations(self, relations: list[str], place: str) -> None:
        """Add the relations of a table's header, each of another name."""
        if not relations:
            raise SourceError(f"{place}no relation; name at least one beside the subject")
        for relation in map(spelt, relations):
            if relation in self._relations:
                raise SourceError(f"{place}relation {relation[:40]!r} is named twice")
            self._relation(relation, place)

    def add_row(self, subject: str, cells: list[list[str]], place: str) -> None:
        """Add a subject that was not there, and for each relation its objects."""
        subject = spelt(subject)
        if subject in self._subjects:
            raise SourceError(f"{place}subject {subject[:40]!r} is given twice")
        number = self._subject(subject, place)
        for relation, objects in zip(self._relations, cells, strict=True):
            if not objects:
                continue
            pair = self._new_pair(number, self._relations[relation])
            objects = list(map(spelt, objects))
            for position, one in enumerate(objects):
                if one in objects[:position]:
                    raise SourceError(f"{place}object {one[:40]!r} of {relation!r} is given twice")
                self._add(pair, relation, one, place)

    def add_triple(self, subject: str, relation: str, one: str, place: str) -> None:
        """Add one fact; its subject and relation may have others."""
        subject, relation, one = map(spelt, (subject, relation, one))
        key = (self._subject(subject, place), self._relation(relation, place))
        pair = self._pairs.get(key)
        if pair is None:
            pair = self._pairs[key] = self._new_pair(*key)
        if not one:
            raise SourceError(f"{place}empty object")
        output = self._add(pair, relation, one, place)
        if (pair, output) in self._facts:
            raise SourceError(
                f"{place}fact {subject[:40]!r}, {relation[:40]!r}, {one[:40]!r} is given twice"
            )
        self._facts.add((pair, output))

    def _subject(self, subject: str, place: str) -> int:
        number = self._subjects.get(subject)
        if number is not None:
            return number
        check_text(subject, "subject", place)
        if subject in self._relations:
            raise SourceError(f"{place}subject {subject[:40]!r} is also the name of a relation")
        if len(self._subjects) == MAX_SUBJECTS:
            raise SourceError(f"{place}a table may have at most {MAX_SUBJECTS} subjects")
        self._subjects[subject] = len(self._subjects)
        return self._subjects[subject]

    def _relation(self, relation: str, place: str) -> int:
        number = self._relations.get(relation)
        if number is not None:
            return number
        check_text(relation, "relation", place)
        if "=" in relation:
            raise SourceError(f"{place}relation {relation[:40]!r} must not contain '='")
        if relation in self._subjects:
            raise SourceError(f"{place}relation {relation[:40]!r} is also the name of a subject")
        self._relations[relation] = len(self._relations)
        return self._relations[relation]

    def _new_pair(self, subject: int, relation: int) -> int:
        self._subject_of_pair.append(subject)
        self._relation_of_pair.append(relation)
        return len(self._subject_of_pair) - 1

    def _add(self, pair: int, relation: str, one: str, place: str) -> int:
        if not isinstance(one, str):
            raise SourceError(f"{place}object {repr(one)[:40]} must be text")
        if len(self._output_of_fact) == MAX_FACTS:
            raise SourceError(f"{place}a table may have at most {MAX_FACTS} facts")
        label = f"{relation}={one}"
        output = self._outputs.get(label)
        if output is None:
            check_name(label, place)
            output = self._outputs[label] = len(self._outputs)
        self._pair_of_fact.append(pair)
        self._output_of_fact.append(output)
        return output

    def circuit(self, name: str, place: str) -> Circuit:
        """Return the circuit: the ANDs of all pairs, then the ORs of outputs with several facts."""
        if not len(self._output_of_fact):
            raise SourceError(f"{place}no fact; fill at least one cell")
        subjects, features = len(self._subjects), len(self._subjects) + len(self._relations)
        ands = len(self._subject_of_pair)
        relation = subjects + np.array(self._relation_of_pair, np.int32)
        pairs = np.stack((np.array(self._subject_of_pair, np.int32), relation), axis=1)
        output = np.array(self._output_of_fact, np.int32)
        by_output = np.argsort(output, kind="stable")
        fact_wires = features + np.array(self._pair_of_fact, np.int32)[by_output]
        counts = np.bincount(output)
        shared = counts > 1
        wires = fact_wires[row_offsets(counts)[:-1]].astype(np.int32)
        wires[shared] = features + ands + np.arange(np.count_nonzero(shared))
        widths = np.concatenate((np.full(ands, 2), counts[shared]))
        kinds = np.array([GateKind.AND, GateKind.OR], np.uint8)
        return Circuit(
            features=Names([*self._subjects, *self._relations]),
            kinds=np.repeat(kinds, (ands, len(widths) - ands)),
            fan_in_offsets=row_offsets(widths),
            fan_in=np.concatenate((pairs.ravel(), fact_wires[shared[output[by_output]]])),
            outputs=wires,
            output_names=Names(list(self._outputs)),
            name=name,
        )


def check_text(name: str, what: str, place: str) -> None:
    """Raise SourceError unless the name of a `what` is text, not empty and printable."""
    if not isinstance(name, str):
        raise SourceError(f"{place}{what} {repr(name)[:40]} must be text")
    if not name:
        raise SourceError(f"{place}empty {what}")
    check_name(name, f"{place}{what} ")
