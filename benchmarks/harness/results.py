"""Result files: one per part, `results/<part>.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from harness.part import Part, Results, Row
from harness.written import write_text


def read_results(folder: Path, parts: Iterable[Part]) -> Results:
    """Return the results there are, by the names of the parts."""
    paths = {part.name: folder / f"{part.name}.json" for part in parts}
    return {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}


def write_result(folder: Path, name: str, row: Row) -> None:
    """Write what one part measured."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{name}.json", json.dumps(row, indent=1) + "\n")
