"""Tables of facts: each cell says that a subject stands in a relation to an object.

Subjects and relations become features, `relation=object` becomes an output, and a fact becomes the
AND of its subject and its relation; an output with several facts is the OR of their ANDs.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.names import Names, check_name
from polyseme.circuits.readers.text import read_text
from polyseme.common.files import shown_path
from polyseme.common.ragged import row_offsets
from polyseme.errors import SourceError

MAX_FILE_BYTES = 2**28
MAX_SUBJECTS = 10**7
MAX_FACTS = 10**7


def read_facts(path: str | os.PathLike[str]) -> Circuit:
    """Read a CSV table of facts: a header, a column of subjects, and one more column per relation.

    Blanks around cells are removed, an empty cell is no fact, and blank lines are skipped. Raises
    SourceError naming the file, the line and the rule if it is no such table.
    """
    shown = shown_path(path)
    records = table_rows(read_text(path, MAX_FILE_BYTES, "a table"), shown)
    first_line, header = next(records, (1, []))
    if not header:
        raise SourceError(f"{shown}: the file is empty; a table of facts starts with a header")
    builder = _FactsBuilder(header[1:], f"{shown}, line {first_line}: ")
    for line, row in records:
        place = f"{shown}, line {line}: "
        if len(row) != len(header):
            raise SourceError(f"{place}{len(row)} cells where the header has {len(header)}")
        builder.add_subject(row[0], place)
        for relation, cell in enumerate(row[1:]):
            if cell:
                builder.add_fact(relation, cell, place)
    return builder.circuit(f"facts:{shown_path(Path(path).name)}", f"{shown}: ")


def facts_from_table(table: Mapping[str, Mapping[str, str]]) -> Circuit:
    """Make the circuit of a table subject -> relation -> object; an empty object is no fact.

    Blanks around names are kept. Raises SourceError naming the subject and the rule.
    """
    relations = dict.fromkeys(relation for row in table.values() for relation in row)
    number = {relation: position for position, relation in enumerate(relations)}
    builder = _FactsBuilder(list(relations), "facts: ")
    for subject, row in table.items():
        place = f"facts of {str(subject)[:40]!r}: "
        builder.add_subject(subject, place)
        for relation, cell in row.items():
            if cell != "":
                builder.add_fact(number[relation], cell, place)
    return builder.circuit("facts", "facts: ")


class _FactsBuilder:
    """The facts so far; names are checked as they are added, while their place is known."""

    def __init__(self, relations: Sequence[str], place: str):
        if not relations:
            raise SourceError(f"{place}no relation; name at least one beside the subject")
        self._relations: dict[str, int] = {}
        for relation in relations:
            check_text(relation, "relation", place)
            if "=" in relation:
                raise SourceError(f"{place}relation {relation[:40]!r} must not contain '='")
            if relation in self._relations:
                raise SourceError(f"{place}relation {relation[:40]!r} is named twice")
            self._relations[relation] = len(self._relations)
        self._labels = [f"{relation}=" for relation in relations]
        # A dictionary, not a set: it keeps the order.
        self._subjects: dict[str, None] = {}
        self._outputs: dict[str, int] = {}
        self._subject_of_fact: list[int] = []
        self._relation_of_fact: list[int] = []
        self._output_of_fact: list[int] = []

    def add_subject(self, subject: str, place: str) -> None:
        """Begin a subject, to which the facts added next belong."""
        check_text(subject, "subject", place)
        if subject in self._relations:
            raise SourceError(f"{place}subject {subject[:40]!r} is also the name of a relation")
        if subject in self._subjects:
            raise SourceError(f"{place}subject {subject[:40]!r} is given twice")
        if len(self._subjects) == MAX_SUBJECTS:
            raise SourceError(f"{place}a table may have at most {MAX_SUBJECTS} subjects")
        self._subjects[subject] = None

    def add_fact(self, relation: int, cell: str, place: str) -> None:
        """Add a fact of the newest subject."""
        if not isinstance(cell, str):
            raise SourceError(f"{place}object {repr(cell)[:40]} must be text")
        if len(self._output_of_fact) == MAX_FACTS:
            raise SourceError(f"{place}a table may have at most {MAX_FACTS} facts")
        label = self._labels[relation] + cell
        output = self._outputs.get(label)
        if output is None:
            check_name(label, place)
            output = self._outputs[label] = len(self._outputs)
        self._subject_of_fact.append(len(self._subjects) - 1)
        self._relation_of_fact.append(relation)
        self._output_of_fact.append(output)

    def circuit(self, name: str, place: str) -> Circuit:
        """Return the circuit: the ANDs of all facts, then the ORs of outputs with several facts."""
        facts = len(self._output_of_fact)
        if not facts:
            raise SourceError(f"{place}no fact; fill at least one cell")
        subjects, features = len(self._subjects), len(self._subjects) + len(self._relations)
        relation = subjects + np.array(self._relation_of_fact, np.int32)
        pairs = np.stack((np.array(self._subject_of_fact, np.int32), relation), axis=1)
        output = np.array(self._output_of_fact, np.int32)
        by_output = np.argsort(output, kind="stable")
        counts = np.bincount(output)
        shared = counts > 1
        wires = (features + by_output[row_offsets(counts)[:-1]]).astype(np.int32)
        wires[shared] = features + facts + np.arange(np.count_nonzero(shared))
        widths = np.concatenate((np.full(facts, 2), counts[shared]))
        return Circuit(
            features=Names([*self._subjects, *self._relations]),
            kinds=np.repeat(
                np.array([GateKind.AND, GateKind.OR], np.uint8), (facts, len(widths) - facts)
            ),
            fan_in_offsets=row_offsets(widths),
            fan_in=np.concatenate((pairs.ravel(), features + by_output[shared[output[by_output]]])),
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


def table_rows(text: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line of each row that is not blank, and its cells without outer blanks."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SourceError(f"{shown}, line {line}: not well-formed CSV: {error}") from error
        if row:
            yield line, [cell.strip() for cell in row]
