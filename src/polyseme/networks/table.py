"""Small tables of two columns, for terminals and for notebooks."""

from __future__ import annotations

from html import escape

Rows = list[tuple[str, str]]


def text_table(title: str, rows: Rows) -> str:
    """Return the title and under it a line per row, the second column aligned."""
    width = max(len(name) for name, _ in rows)
    return "\n".join((title, *(f"  {name:<{width}}  {value}" for name, value in rows)))


def html_table(title: str, rows: Rows) -> str:
    """Return the same as an HTML table, escaped."""
    lines = (
        f'<tr><th style="text-align: left">{escape(name)}</th>'
        f'<td style="text-align: left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table><caption>{escape(title)}</caption>{''.join(lines)}</table>"


def shortened(text: str, most: int = 50) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
