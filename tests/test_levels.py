"""The levels of the library: a folder imports only from the ones below it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import polyseme

ROOT = Path(polyseme.__file__).parent
ALL = {"errors", "literature", "distributions"}
# Lowest first. Codes and circuits stand side by side and know nothing of each other.
BELOW = {
    "errors": set[str](),
    "writing": {"errors"},
    "parallel": set[str](),
    "literature": set[str](),
    "distributions": set[str](),
    "circuits": {"errors", "writing"},
    "codes": {"errors", "parallel"},
    "networks": {"errors", "writing", "circuits", "codes"},
    "verify": {"errors", "parallel", "circuits", "codes", "networks"},
    "compiler": {
        "errors",
        "literature",
        "distributions",
        "parallel",
        "circuits",
        "codes",
        "networks",
        "verify",
    },
    "learn": {"errors", "writing", "circuits", "codes", "networks", "verify", "compiler"},
    "bounds": {
        "errors",
        "literature",
        "distributions",
        "circuits",
        "codes",
        "networks",
        "verify",
        "compiler",
    },
}
# Published figures recomputed: a user of all levels, but not of the command line.
BELOW["reproduce"] = set(BELOW)
# The command line is a user like any other: it may import all of them and the package itself.
BELOW["cli"] = {*BELOW, "polyseme"}


def imported_folders(source: str, package: tuple[str, ...]) -> set[str]:
    """Folders of polyseme that a module imports, at the top or inside functions.

    `package` is the dotted name of the module's folder, cut at the dots. A name that is the package
    itself (`import polyseme`, `from polyseme import compile`) counts as "polyseme".
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *filter(None, [node.module])))
            names = [f"{base}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "polyseme":
                inside = len(parts) > 1 and (parts[1] in BELOW)
                found.add(parts[1] if inside else "polyseme")
    return found


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def folder_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("module", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_imports_only_from_its_own_folder_and_those_below(module):
    folder = folder_of(module)
    package = ("polyseme", *module.relative_to(ROOT).parts[:-1])
    imported = imported_folders(module.read_text(encoding="utf-8"), package)
    assert imported <= {folder, *BELOW[folder]}


def test_every_folder_of_the_package_has_a_level_and_every_level_a_folder():
    assert {folder_of(path) for path in modules()} == set(BELOW)


def test_levels_have_an_order():
    ranked = list(BELOW)
    for rank, folder in enumerate(ranked):
        assert BELOW[folder] <= {*ranked[:rank], "polyseme"}


@pytest.mark.parametrize(
    ("source", "folders"),
    [
        ("import numpy\nfrom scipy import sparse", set()),
        ("import polyseme", {"polyseme"}),
        ("from polyseme import compile", {"polyseme"}),
        ("from polyseme import circuits, errors", {"circuits", "errors"}),
        ("import polyseme.codes.code as code, polyseme.errors", {"codes", "errors"}),
        ("def f():\n    if f:\n        from polyseme.cli.main import main", {"cli"}),
        ("from .regions import Region", {"compiler"}),
        ("from ..verify import inputs", {"verify"}),
        ("from .. import bounds", {"bounds"}),
        ("from . import regions", {"compiler"}),
        ("try:\n    import polyseme.networks\nexcept ImportError:\n    pass", {"networks"}),
    ],
)
def test_imports_are_found_however_they_are_written(source, folders):
    assert imported_folders(source, ("polyseme", "compiler")) == folders
