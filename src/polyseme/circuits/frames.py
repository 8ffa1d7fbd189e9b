"""Facts in Python: dictionaries, frames of pandas and polars, and lists of triples.

Neither library is imported: a frame is whatever has columns by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.readers.cells import objects_in, text_in
from polyseme.circuits.readers.fact_builder import FactBuilder
from polyseme.circuits.readers.facts import triple_columns
from polyseme.common.arguments import shown_value
from polyseme.common.plain_text import spelt
from polyseme.errors import OptionError, SourceError

_FORMS = (
    "a mapping of subjects, a mapping of columns, a frame of pandas or polars, or a list of "
    "triples (subject, relation, object)"
)


def facts_of(table: Any) -> Circuit:
    """Return the circuit of facts in any of these forms, as `problems.facts` says.

    Raises OptionError for something else, and SourceError naming the subject or row and the rule.
    """
    builder = FactBuilder()
    columns = columns_of(table)
    if columns is not None:
        _take_columns(builder, columns)
    elif isinstance(table, Mapping):
        _take_mapping(builder, table)
    elif isinstance(table, Iterable) and not isinstance(table, str | bytes):
        _take_triples(builder, table)
    else:
        raise OptionError(f"table is {shown_value(table)}; it must be {_FORMS}")
    return builder.circuit("facts", "facts: ")


def columns_of(table: Any) -> dict[str, list[Any]] | None:
    """Return the columns of a frame, or of a mapping of columns; None for anything else.

    The index of a pandas frame is its first column if it has a name or holds no numbers.
    """
    if isinstance(table, Mapping):
        lists = table and all(
            isinstance(column, Iterable) and not isinstance(column, str | bytes | Mapping)
            for column in table.values()
        )
        return {name: list(column) for name, column in table.items()} if lists else None
    if not hasattr(table, "columns") or not hasattr(table, "__getitem__"):
        return None
    if _has_named_rows(table):
        table = table.reset_index()
    names = list(table.columns)
    if len(set(names)) < len(names):
        raise SourceError("facts: two columns of the frame have the same name")
    return {name: list(table[name].to_list()) for name in names}


def _has_named_rows(frame: Any) -> bool:
    index = getattr(frame, "index", None)
    if index is None or not hasattr(frame, "reset_index"):
        return False
    named = any(name is not None for name in index.names)
    return named or str(getattr(index, "dtype", "")) in ("object", "str", "string", "category")


def _take_columns(builder: FactBuilder, columns: dict[str, list[Any]]) -> None:
    names = list(columns)
    for name in names:
        if not isinstance(name, str):
            raise SourceError(f"facts: column {repr(name)[:40]} must be named by text")
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise SourceError(f"facts: columns of {min(lengths)} and of {max(lengths)} cells")
    order = triple_columns(names)
    if order is None:
        builder.add_relations(names[1:], "facts: ")
    for number, row in enumerate(zip(*columns.values(), strict=True)):
        place = f"facts, row {number}: "
        if order is not None:
            _take_triple(builder, [row[column] for column in order], place)
        else:
            subject = text_in(row[0], names[0], place)
            builder.add_row(subject, [objects_in(cell, place) for cell in row[1:]], place)


def _take_mapping(builder: FactBuilder, table: Mapping[Any, Any]) -> None:
    """Take a table subject -> relation -> object or objects; blanks around names are kept."""
    for subject, row in table.items():
        if not isinstance(row, Mapping):
            raise OptionError(
                f"table[{shown_value(subject)}] is {shown_value(row)}; it must be a mapping of "
                "relations to objects"
            )
    rows = [(subject, _spelt(row, subject)) for subject, row in table.items()]
    relations = list(dict.fromkeys(relation for _, row in rows for relation in row))
    builder.add_relations(relations, "facts: ")
    for subject, row in rows:
        cells = [_listed(row.get(relation, "")) for relation in relations]
        builder.add_row(subject, cells, f"facts of {str(subject)[:40]!r}: ")


def _spelt(row: Mapping[Any, Any], subject: Any) -> dict[Any, Any]:
    """Return a row with relations in the spelling of names."""
    found = {spelt(relation): objects for relation, objects in row.items()}
    if len(found) < len(row):
        raise SourceError(f"facts of {str(subject)[:40]!r}: a relation is given in two spellings")
    return found


def _listed(objects: Any) -> list[Any]:
    if isinstance(objects, list | tuple):
        return list(objects)
    return [] if isinstance(objects, str) and not objects else [objects]


def _take_triples(builder: FactBuilder, triples: Iterable[Any]) -> None:
    for number, triple in enumerate(triples):
        if not isinstance(triple, list | tuple) or len(triple) != 3:
            raise OptionError(
                f"table[{number}] is {shown_value(triple)}; it must be (subject, relation, object)"
            )
        _take_triple(builder, list(triple), f"facts, row {number}: ")


def _take_triple(builder: FactBuilder, triple: list[Any], place: str) -> None:
    subject = text_in(triple[0], "subject", place)
    relation = text_in(triple[1], "relation", place)
    objects = objects_in(triple[2], place)
    if not objects:
        raise SourceError(f"{place}empty object")
    for one in objects:
        builder.add_triple(subject, relation, one, place)
