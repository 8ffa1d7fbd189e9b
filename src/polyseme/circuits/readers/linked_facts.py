"""Tables of facts that refer to each other, asked by chains of relations.

The first table has the subjects that are asked about. Every other table is about the objects of one
relation, which its key is named after: a table with the key `city` says more about the objects of
the relation `city`. So every relation is reached by one *chain* of relations, such as
`city: country: currency`.

Subjects of the first table and chains become features. Each table is one *hop*. A fact becomes the
AND of its subject and of a chain that passes its relation, where the subject is a feature in the
first table and `relation=object` of the hop before in others. `relation=object` is the OR of its
facts and, at every hop, an output. Asking for a chain thus tells all facts along it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.names import Names, check_name
from polyseme.circuits.readers.fact_builder import MAX_FACTS, check_text
from polyseme.circuits.readers.tables import TableFile, rows_of
from polyseme.common.files import shown_path
from polyseme.common.plain_text import normal, spelt
from polyseme.common.ragged import row_offsets
from polyseme.errors import SourceError

BETWEEN = ": "
_MOST_TABLES = 32

# A row: where it stands, its subject, and its cells.
Row = tuple[str, str, Sequence[str]]


@dataclass(frozen=True)
class _Table:
    """A table: where it stands, its key, its relations, and its rows by subject."""

    place: str
    key: str
    relations: Sequence[str]
    rows: Mapping[str, tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class _Relation:
    """A relation reached by a chain: its name, its table and column, and the relation before."""

    name: str
    table: _Table
    column: int
    before: int


def read_linked_facts(paths: Sequence[str]) -> Circuit:
    """Read tables of facts of which the first is asked and the others say more of its objects.

    The first cell of a header is the key. Raises SourceError naming the file, the line and the rule
    if they are no such tables.
    """
    tables = []
    for path in paths:
        shown = shown_path(path)
        records = rows_of(TableFile(path))
        line, header = next(records, (1, []))
        if not header:
            raise SourceError(f"{shown}: the file is empty; a table of facts starts with a header")
        rows: list[Row] = []
        for at, row in records:
            place = f"{shown}, line {at}: "
            if len(row) != len(header):
                raise SourceError(f"{place}{len(row)} cells where the header has {len(header)}")
            rows.append((place, row[0], row[1:]))
        tables.append(_table(f"{shown}, line {line}: ", header[0], header[1:], rows))
    return _circuit(tables, "hops:" + ",".join(shown_path(Path(path).name) for path in paths))


def linked_facts_from_tables(
    tables: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> Circuit:
    """Make the circuit of tables key -> subject -> relation -> object; empty objects are no facts.

    Raises SourceError naming the table, the subject and the rule.
    """
    made = []
    for key, table in tables.items():
        relations = list(dict.fromkeys(relation for row in table.values() for relation in row))
        rows = (
            (
                f"table {key!r}, facts of {str(subject)[:40]!r}: ",
                subject,
                [row.get(relation, "") for relation in relations],
            )
            for subject, row in table.items()
        )
        made.append(_table(f"table {key!r}: ", key, relations, rows))
    return _circuit(made, "hops")


def chain_of(relations: Iterable[str]) -> str:
    """Return the name of a chain of relations."""
    return BETWEEN.join(relations)


def _table(place: str, key: str, relations: Sequence[str], rows: Iterable[Row]) -> _Table:
    """Check names and return the table."""
    if not relations:
        raise SourceError(f"{place}no relation; name at least one beside the subject")
    for relation in relations:
        check_text(relation, "relation", place)
        if "=" in relation or ":" in relation:
            raise SourceError(f"{place}relation {relation[:40]!r} must not contain '=' or ':'")
    kept: dict[str, tuple[str, Sequence[str]]] = {}
    for where, subject, cells in rows:
        check_text(subject, "subject", where)
        subject = normal(subject)
        if subject in kept:
            raise SourceError(
                f"{where}subject {subject[:40]!r} is given twice; give each a name of its own, "
                "such as 'Paris, Texas'"
            )
        kept[subject] = where, cells
    return _Table(place, spelt(key), list(map(spelt, relations)), kept)


def _relations(tables: Sequence[_Table]) -> list[_Relation]:
    """Return the relations that chains reach, hop by hop.

    Raises SourceError if a relation is named twice, or a table is not referred to.
    """
    if not 1 <= len(tables) <= _MOST_TABLES:
        raise SourceError(f"{len(tables)} tables; there must be 1 to {_MOST_TABLES}")
    about: dict[str, _Table] = {}
    for table in tables[1:]:
        if table.key in about:
            raise SourceError(f"{table.place}a table before has the key {table.key[:40]!r} too")
        about[table.key] = table
    found: list[_Relation] = []
    named: set[str] = set()
    waiting = [(tables[0], -1)]
    for table, before in waiting:
        for column, name in enumerate(table.relations):
            if name in named:
                raise SourceError(f"{table.place}relation {name[:40]!r} is named twice")
            named.add(name)
            if name in about:
                waiting.append((about.pop(name), len(found)))
            found.append(_Relation(name, table, column, before))
    for key, table in about.items():
        if key in named:
            continue
        circle = " that another table has" if any(key in one.relations for one in tables) else ""
        raise SourceError(
            f"{table.place}no chain of relations from the first table reaches its key "
            f"{key[:40]!r}; it must be a relation{circle and ', and not only of itself'}"
        )
    return found


class _Builder:
    """Wires and gates so far, in the order of the circuit."""

    def __init__(self, wires: int) -> None:
        self.kinds: list[GateKind] = []
        self.widths: list[int] = []
        self.read: list[int] = []
        self._wires = wires

    def gate(self, kind: GateKind, read: Sequence[int]) -> int:
        """Add a gate and return its wire."""
        self.kinds.append(kind)
        self.widths.append(len(read))
        self.read += read
        self._wires += 1
        return self._wires - 1


def _circuit(tables: Sequence[_Table], name: str) -> Circuit:
    relations = _relations(tables)
    subjects = list(tables[0].rows)
    chains = _chains(relations)
    for chain in chains:
        if chain in tables[0].rows:
            place = tables[0].rows[chain][0]
            raise SourceError(f"{place}subject {chain[:40]!r} is also the name of a chain")
        check_name(chain, tables[0].place)
    builder = _Builder(len(subjects) + len(chains))
    openers = _openers(relations, builder, len(subjects))
    held: list[dict[str, int]] = []
    outputs: dict[str, int] = {}
    facts = 0
    for relation, opener in zip(relations, openers, strict=True):
        before = relation.before
        below = held[before] if before >= 0 else {name: at for at, name in enumerate(subjects)}
        cells = _cells(relation, below, relations[before].name if before >= 0 else "")
        facts += sum(map(len, cells.values()))
        if facts > MAX_FACTS:
            raise SourceError(f"{relation.table.place}tables may have at most {MAX_FACTS} facts")
        ands = {
            label: [builder.gate(GateKind.AND, (wire, opener)) for wire in wires]
            for label, wires in cells.items()
        }
        held.append({
            label: wires[0] if len(wires) == 1 else builder.gate(GateKind.OR, wires)
            for label, wires in ands.items()
        })  # fmt: skip
        outputs |= {f"{relation.name}={label}": wire for label, wire in held[-1].items()}
    return Circuit(
        features=Names([*subjects, *chains]),
        kinds=np.array(builder.kinds, np.uint8),
        fan_in_offsets=row_offsets(builder.widths),
        fan_in=np.array(builder.read, np.int32),
        outputs=np.array(list(outputs.values()), np.int32),
        output_names=Names(list(outputs)),
        name=name,
    )


def _chains(relations: Sequence[_Relation]) -> list[str]:
    """Return the chain that reaches each relation."""
    chains: list[str] = []
    for relation in relations:
        before = [chains[relation.before]] if relation.before >= 0 else []
        chains.append(chain_of([*before, relation.name]))
    return chains


def _openers(relations: Sequence[_Relation], builder: _Builder, first: int) -> list[int]:
    """Return the wire that is on if any chain through a relation is, for each relation."""
    through = [[first + number] for number in range(len(relations))]
    for number in range(len(relations) - 1, -1, -1):
        if relations[number].before >= 0:
            through[relations[number].before] += through[number]
    return [
        wires[0] if len(wires) == 1 else builder.gate(GateKind.OR, sorted(wires))
        for wires in through
    ]


def _cells(relation: _Relation, below: Mapping[str, int], before: str) -> dict[str, list[int]]:
    """Return the wires of the subjects with each object.

    Raises SourceError if an object before is no subject, or there is no fact.
    """
    cells: dict[str, list[int]] = {}
    for subject, wire in below.items():
        if subject not in relation.table.rows:
            raise SourceError(
                f"{relation.table.place}{before} {subject[:40]!r} is no subject of this table, "
                "but an object of a table before"
            )
        place, row = relation.table.rows[subject]
        cell = row[relation.column]
        if not isinstance(cell, str):
            raise SourceError(f"{place}object {repr(cell)[:40]} must be text")
        cell = normal(cell)
        if cell:
            if cell not in cells:
                check_name(f"{relation.name}={cell}", place)
            cells.setdefault(cell, []).append(wire)
    if not cells:
        raise SourceError(
            f"{relation.table.place}relation {relation.name[:40]!r} has no fact that a chain "
            "reaches"
        )
    return cells
