"""Notebooks as pages: their cells are run when the site is built, so that no output is kept.

A notebook is JSON. Its cells are run in this process, in order, without a server of notebooks.
"""

from __future__ import annotations

import ast
import json
import warnings
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from pprint import pformat
from typing import Any


def cells_of(path: Path) -> list[tuple[str, str]]:
    """Return kind ("code" or "markdown") and text of every cell of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]


def shown(cell: str, names: dict[str, Any]) -> object:
    """Run a cell; return the value of its last line, which a notebook would show."""
    tree = ast.parse(cell)
    names["_"] = None
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        # The value goes by the name that notebooks keep it under.
        kept = ast.Assign([ast.Name("_", ast.Store())], last.value)
        tree.body[-1] = ast.fix_missing_locations(ast.copy_location(kept, last))
    exec(compile(tree, "cell", "exec"), names)
    return names["_"]


def output(cell: str, names: dict[str, Any]) -> str:
    """Run a cell; return what a notebook would show under it: warnings, prints, the last value."""
    said = StringIO()
    with warnings.catch_warnings(record=True) as warned, redirect_stdout(said):
        warnings.simplefilter("always")
        value = shown(cell, names)
    lines = [f"{one.category.__name__}: {one.message}" for one in warned]
    lines += [said.getvalue().rstrip()] if said.getvalue() else []
    lines += [] if value is None else [pformat(value, width=100)]
    return "\n".join(lines)


def page_of(path: Path) -> str:
    """Return a notebook as a page of Markdown: its text, its code, and what that shows."""
    names: dict[str, Any] = {}
    found = []
    for kind, text in cells_of(path):
        if kind == "markdown":
            found.append(text)
            continue
        found.append(f"```python\n{text}\n```")
        said = output(text, names)
        if said:
            found.append(f"```text\n{said}\n```")
    return "\n\n".join(found) + "\n"
