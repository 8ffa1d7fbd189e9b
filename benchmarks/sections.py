"""The page the benchmarks write together: each replaces its own section and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def put_section(name: str, text: str, page: Path = PAGE) -> None:
    """Replace what stands between the markers of section `name`; a new one goes to the end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    written = page.read_text() if page.exists() else "# Benchmarks\n"
    section = f"{begin}\n{text.strip()}\n{end}"
    if begin in written and end in written:
        before, _, rest = written.partition(begin)
        written = before + section + rest.partition(end)[2]
    else:
        written = f"{written.rstrip()}\n\n{section}\n"
    page.write_text(written)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table as lines of Markdown, an empty line before and behind it."""
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return ["", *lines, ""]
