"""Write rows as text: cells of a table, and a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from polyseme.reproduce.catalogue import CATALOGUE
from polyseme.reproduce.row import Row

Found = Mapping[str, Sequence[Row]]
COLUMNS = (
    "statement",
    "kind",
    "source",
    "where",
    "stated",
    "ours",
    "tolerance",
    "samples",
    "agrees",
)


def cells(row: Row) -> tuple[str, ...]:
    """Return a row as the cells of a table, in the order of `COLUMNS`."""
    return (
        row.statement,
        row.kind,
        row.source,
        row.locator,
        number(row.stated),
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
    """Return one line with the numbers of rows that agree, are explained, or neither, by kind."""
    told = [f"{len(_of_kind(rows, 'published'))} published values: {_verdicts(rows, 'published')}"]
    for kind, name in (("ours", "statements of ours"), ("fit", "fits to a published table")):
        if of_kind := _of_kind(rows, kind):
            told.append(f"{len(of_kind)} {name}: {_verdicts(rows, kind)}")
    return "; ".join(told)


def _of_kind(rows: Sequence[Row], kind: str) -> list[Row]:
    return [row for row in rows if row.kind == kind]


def _verdicts(rows: Sequence[Row], kind: str) -> str:
    chosen = _of_kind(rows, kind)
    agreeing = sum(row.agrees for row in chosen)
    known = sum(row.explained and not row.agrees for row in chosen)
    off = len(chosen) - agreeing - known
    if kind != "published" and agreeing == len(chosen):
        return "all agree"
    return (
        f"{agreeing} agree, {known} disagree and are explained, {off} disagree without explanation"
    )


def markdown(found: Found, seed: int) -> str:
    """Return a page with one section per figure: what is compared, the table, and notes on rows."""
    every = [row for rows in found.values() for row in rows]
    parts = [
        "# Published figures, recomputed",
        f"Written by `polyseme reproduce --seed {seed} --write FILE`; the same seed gives the same "
        "page. A row of kind *published* compares ours with a value that its source states where "
        "the row says. A row of kind *ours* checks a statement of this project, and a *fit* shows "
        "numbers that were chosen to match a published table; neither reproduces anything. "
        "Tolerance is how far ours may be from what is stated, samples how many random draws ours "
        "comes from.",
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
