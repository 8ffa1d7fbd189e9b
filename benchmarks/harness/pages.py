"""Generated pages: one per part, and the index of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.environment import measured_on
from harness.part import Part, Results, Size
from harness.written import write_text

INDEX, FOLDER = "benchmarks.md", "benchmarks"
COMMAND = "python benchmarks/run.py"


def write_page(part: Part, results: Results, docs: Path) -> None:
    """Write a part's page, `benchmarks/<part>.md`, and draw its pictures beside it."""
    folder = docs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"# {part.title}",
        "",
        f"Written by `{_command(part, results)}`; do not edit. {measured_on(results[part.name])} "
        f"[All benchmarks](../{INDEX}).",
        "",
        *part.section(results),
    ]
    _write(folder / f"{part.name}.md", lines)
    part.draw(results, folder)


def write_index(
    parts: Sequence[Part], studies: Sequence[Part], results: Results, docs: Path
) -> None:
    """Write `benchmarks.md`: one line per part, with its command and its finding."""
    measured_studies = [part for part in studies if part.name in results]
    lines = [
        "# Benchmarks",
        "",
        f"Written by `{COMMAND} --write` from `benchmarks/results/`, as every page it names; do",
        "not edit. `make bench` measures all parts, `make bench PART=depth` those named, and `make",
        "bench-quick` all at small sizes, written to `build/bench-quick`. Sizes and errors are the",
        "same in every run; times are of one machine and only good for comparison.",
        *_parts_table([part for part in parts if part.name in results], results),
    ]
    if measured_studies:
        lines += ["Studies take longer, and are measured only when they are named:"]
        lines += _parts_table(measured_studies, results)
    _write(docs / INDEX, lines)


def _write(path: Path, lines: Iterable[str]) -> None:
    write_text(path, "\n".join(lines).rstrip() + "\n")


def _parts_table(parts: Iterable[Part], results: Results) -> list[str]:
    rows = [
        (
            f"[{part.title}]({FOLDER}/{part.name}.md)",
            part.measures,
            f"`{_command(part, results)}`",
            part.finding(results),
        )
        for part in parts
    ]
    return table(("page", "measures", "command", "finding"), rows)


def _command(part: Part, results: Results) -> str:
    """Return the command that measured a part, its size included."""
    size = results[part.name].get("size", Size.FULL)
    return f"{COMMAND} {part.name}" + ("" if size == Size.FULL else f" --{size}")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a table as lines of Markdown, with an empty line before and behind it."""
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return ["", *lines, ""]
