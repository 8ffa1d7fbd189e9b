"""Modules of polyseme, and what each imports."""

from __future__ import annotations

import ast
from pathlib import Path

import polyseme

ROOT = Path(polyseme.__file__).parent


def modules() -> dict[str, Path]:
    """Every module by its dotted name; a package is its `__init__`."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = ("polyseme", *path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts)] = path
    return found


def imported(source: str, module: str, known: set[str]) -> set[str]:
    """Modules of polyseme that a module imports, at the top or inside functions.

    `from package import name` is the module of that name where there is one, else the package's
    `__init__`.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {_resolved(alias.name, known) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            base = ".".join((*above, *filter(None, [node.module])))
            for alias in node.names:
                inner = _resolved(f"{base}.{alias.name}", known)
                found.add(inner if inner in known else _resolved(base, known))
    return {name for name in found if name in known and name != module}


def _resolved(name: str, known: set[str]) -> str:
    return name if name in known else f"{name}.__init__"


def imports() -> dict[str, set[str]]:
    """What every module imports."""
    known = modules()
    return {
        name: imported(path.read_text(encoding="utf-8"), name, set(known))
        for name, path in known.items()
    }
