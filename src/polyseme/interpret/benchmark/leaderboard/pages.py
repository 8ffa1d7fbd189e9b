"""Tables as Markdown and as one HTML page without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from polyseme.interpret.benchmark.leaderboard.sections import Table

_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:left;white-space:nowrap}"
    "td:last-child{white-space:normal}th{border-bottom:2px solid #888}svg{max-width:100%;"
    "height:auto}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
    "th,td{border-color:#444}svg{background:#fff}}"
)


@dataclass(frozen=True)
class Picture:
    """A picture of the page: the name of its file, what it shows, and its SVG."""

    file: str
    title: str
    svg: str


def markdown(tables: Sequence[Table], pictures: Sequence[Picture]) -> str:
    """Return tables as Markdown, the first one's title as that of the page, and pictures below."""
    first, *others = tables
    parts = [f"# {first.title}", first.text]
    parts += [f"![{picture.title}]({picture.file})" for picture in pictures]
    for table in others:
        parts.append(f"## {table.title}")
        if table.text:
            parts.append(table.text)
        parts.append("\n".join(_markdown_rows(table.rows)))
    return "\n\n".join(parts) + "\n"


def _markdown_rows(rows: Sequence[tuple[str, ...]]) -> list[str]:
    head, *others = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *others]
    return [f"| {' | '.join(line)} |" for line in lines]


def html(tables: Sequence[Table], pictures: Sequence[Picture]) -> str:
    """Return tables as a page of HTML, in which the pictures stand."""
    first, *others = tables
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(first.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(first.title)}</h1><p>{escape(first.text)}</p>",
        *(picture.svg for picture in pictures),
    ]
    for table in others:
        parts.append(f"<h2>{escape(table.title)}</h2>")
        if table.text:
            parts.append(f"<p>{escape(table.text)}</p>")
        parts.append(f'<div class="wide"><table>{_html_rows(table.rows)}</table></div>')
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _html_rows(rows: Sequence[tuple[str, ...]]) -> str:
    head, *others = rows
    lines = ["".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)]
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in others]
    return "".join(f"<tr>{line}</tr>\n" for line in lines)
