"""Facts in files: tables (a column per relation) and triples (subject, relation, object).

Both come as rows of cells or as JSON lines. `fact_builder` says what circuit they become.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.readers.cells import objects_in, text_in
from polyseme.circuits.readers.fact_builder import FactBuilder
from polyseme.circuits.readers.tables import TableFile, read_table_text, rows_of
from polyseme.circuits.readers.text import lines_of
from polyseme.common.files import shown_path
from polyseme.errors import SourceError

TABLE_ENDINGS = (".csv", ".tsv", ".jsonl")
_TRIPLE = ("subject", "relation", "object")


def read_facts(source: TableFile) -> Circuit:
    """Read a table of facts, or triples: those of `triples:`, or under the header of triples.

    A table has a header, a column of subjects, and one more column per relation. Triples have three
    columns; those of `triples:` need no header. Blanks around cells are removed, an empty cell of
    a table is no fact, and blank lines are skipped. In JSON lines each line is an object: the first
    key of the first line is that of the subjects, and a value may be a list of several objects.
    Raises SourceError naming the file, the line and the rule if it is no such file.
    """
    builder = FactBuilder()
    if source.path.lower().endswith(".jsonl"):
        _take_json_lines(builder, source)
    else:
        _take_rows(builder, source)
    return builder.circuit(f"facts:{shown_path(Path(source.path).name)}", f"{source.shown}: ")


def triple_columns(header: list[str]) -> tuple[int, int, int] | None:
    """Return the columns of subject, relation and object if these are the header's words."""
    words = ["relation" if word == "predicate" else word for word in map(str.casefold, header)]
    if sorted(words) != sorted(_TRIPLE):
        return None
    subject, relation, one = (words.index(word) for word in _TRIPLE)
    return subject, relation, one


def _take_rows(builder: FactBuilder, source: TableFile) -> None:
    rows = rows_of(source)
    line, header = next(rows, (1, []))
    if not header:
        raise SourceError(
            f"{source.shown}: the file is empty; a table of facts starts with a header"
        )
    columns = triple_columns(header)
    if source.kind == "triples" and columns is None:
        columns = (0, 1, 2)
        rows = chain([(line, header)], rows)
    if columns is None:
        builder.add_relations(header[1:], f"{source.shown}, line {line}: ")
    cells = 3 if columns else len(header)
    for line, row in rows:
        place = f"{source.shown}, line {line}: "
        if len(row) != cells:
            has = "a triple has" if columns else "the header has"
            raise SourceError(f"{place}{len(row)} cells where {has} {cells}")
        if columns is None:
            builder.add_row(row[0], [[cell] if cell else [] for cell in row[1:]], place)
        else:
            subject, relation, one = (row[column] for column in columns)
            builder.add_triple(subject, relation, one, place)


def _take_json_lines(builder: FactBuilder, source: TableFile) -> None:
    subject_key, triples, relations = "", False, list[str]()
    rows: list[tuple[str, str, dict[str, Any]]] = []
    for place, row in _objects(source):
        if not subject_key:
            subject_key = next(iter(row), "")
            triples = source.kind == "triples" or triple_columns(list(row)) is not None
        if triples:
            _take_triple(builder, row, place)
            continue
        if subject_key not in row:
            raise SourceError(f"{place}no {subject_key[:40]!r}, which the first line begins with")
        relations += [key for key in row if key != subject_key and key not in relations]
        rows.append((place, text_in(row[subject_key], subject_key, place), row))
    if not triples:
        if not rows:
            raise SourceError(f"{source.shown}: the file is empty; a line is a JSON object")
        builder.add_relations(relations, f"{source.shown}: ")
    for place, subject, row in rows:
        cells = [objects_in(row.get(relation), place) for relation in relations]
        builder.add_row(subject, cells, place)


def _take_triple(builder: FactBuilder, row: dict[str, Any], place: str) -> None:
    columns = triple_columns(list(row))
    if columns is None:
        raise SourceError(f"{place}the keys of a triple are {', '.join(_TRIPLE)}")
    subject, relation, one = (list(row)[column] for column in columns)
    objects = objects_in(row[one], place)
    if not objects:
        raise SourceError(f"{place}empty object")
    names = text_in(row[subject], subject, place), text_in(row[relation], relation, place)
    for each in objects:
        builder.add_triple(*names, each, place)


def _objects(source: TableFile) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place of every line that is not blank, and the JSON object in it."""
    for line, text in lines_of(read_table_text(source), source.shown):
        if not text.strip():
            continue
        place = f"{source.shown}, line {line}: "
        try:
            row = json.loads(text, object_pairs_hook=_distinct)
        except json.JSONDecodeError as error:
            raise SourceError(f"{place}not well-formed JSON: {error.msg}") from None
        except RecursionError:
            raise SourceError(f"{place}nested too deeply") from None
        except ValueError as error:
            # Of a key given twice, or a number of too many digits.
            raise SourceError(f"{place}{str(error).splitlines()[0]}") from None
        if not isinstance(row, dict) or not row:
            raise SourceError(f"{place}a line must be a JSON object with the subject first")
        yield place, row


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is given twice in one object")
    return made
