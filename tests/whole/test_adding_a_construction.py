"""docs/adding-a-construction.md: its code runs as it stands, from the first block to the last."""

from __future__ import annotations

import re

from polyseme.compiler.constructions.catalogue import CATALOGUE
from support.places import ROOT

PAGE = (ROOT / "docs" / "adding-a-construction.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_worked_example_runs() -> None:
    before = dict(CATALOGUE)
    names: dict[str, object] = {}
    try:
        for number, block in enumerate(BLOCKS):
            exec(compile(block, f"block {number} of the page", "exec"), names)
    finally:
        CATALOGUE.clear()
        CATALOGUE.update(before)
    assert len(BLOCKS) == 3
    assert "network" in names
