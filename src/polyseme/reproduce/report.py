"""Write rows as text: cells of a table, and a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from polyseme.reproduce.catalogue import CATALOGUE
from polyseme.reproduce.row import Row

Found = Mapping[str, Sequence[Row]]
COLUMNS = ("statement", "source", "published", "ours", "tolerance", "samples", "agrees")


def cells(row: Row) -> tuple[str, ...]:
    """Return a row as the cells of a table, in the order of `COLUMNS`."""
    return (
        row.statement,
        row.source,
        number(row.published),
        number(row.ours),
        number(row.tolerance),
        f"{row.samples:,}" if row.samples else "exact",
        verdict(row),
    )


def verdict(row: Row) -> str:
    """Return "yes", "no, explained" or "no": the agreement of a row."""
    if row.agrees:
        return "yes"
    return "no, explained" if row.explained else "no"


def number(value: float) -> str:
    """Return a value in five digits; rounding errors show as 0."""
    return f"{value:.5g}" if abs(value) >= 1e-12 else "0"


def summary(rows: Sequence[Row]) -> str:
    """Return one line with the numbers of rows that agree, are explained, or neither."""
    agreeing = sum(row.agrees for row in rows)
    known = sum(row.explained and not row.agrees for row in rows)
    return (
        f"{len(rows)} rows: {agreeing} agree, {known} disagree and are explained, "
        f"{len(rows) - agreeing - known} disagree without explanation"
    )


def markdown(found: Found, seed: int) -> str:
    """Return a page with one section per figure: what is compared, the table, and notes on rows."""
    every = [row for rows in found.values() for row in rows]
    parts = [
        "# Published figures, recomputed",
        f"Written by `polyseme reproduce --seed {seed} --write FILE`; the same seed gives the same "
        "page. Tolerance is how far ours may be from what was published, samples how many random "
        "draws ours comes from.",
        f"{summary(every)}.",
    ]
    for name, rows in found.items():
        parts += [f"## {name}", CATALOGUE[name].about, _table(rows), _notes(rows)]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Row]) -> str:
    lines = [
        " | ".join(("", "#", *COLUMNS, "")).strip(),
        "|---" * (len(COLUMNS) + 1) + "|",
        *(
            " | ".join(("", str(place), *map(_escaped, cells(row)), "")).strip()
            for place, row in enumerate(rows, 1)
        ),
    ]
    return "\n".join(lines)


def _notes(rows: Sequence[Row]) -> str:
    """Return one line per note or explanation, with the numbers of its rows."""
    lines: dict[str, list[int]] = {}
    for place, row in enumerate(rows, 1):
        if row.note:
            lines.setdefault(row.note, []).append(place)
        if row.explanation:
            lines.setdefault(f"**Disagrees:** {row.explanation}", []).append(place)
    return "\n".join(f"- {_places(places)}: {_escaped(text)}." for text, places in lines.items())


def _places(places: Sequence[int]) -> str:
    return ("row " if len(places) == 1 else "rows ") + ", ".join(map(str, places))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
