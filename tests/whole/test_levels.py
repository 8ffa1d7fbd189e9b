"""The levels of the library: imports point one way, at every depth.

Imports inside functions and for types count as any others.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from importlib import import_module

import pytest

from support.imports import imported, imports, modules

# Lowest first; each may import those before it.
LEVELS = (
    "errors",
    "common",
    "studies",
    "circuits",
    "codes",
    "networks",
    "verification",
    "proving",
    "compiler",
    "limits",
    "learning",
    "interpret",
    "counting_argument",
    "reproduce",
    "explorer",
    "cli",
)
# Side by side: what knows nothing of the other though it stands later.
APART = {
    "codes": {"circuits"},
    "counting_argument": {"learning"},
    "reproduce": {"learning"},
}
# Inside levels, lowest first.
INSIDE = {
    "compiler": (
        "schedule",
        "task",
        "report",
        "parts",
        "constructions",
        "search",
        "choose",
        "sizing",
        "compile",
    ),
    "networks": (
        "checks",
        "registry",
        "table",
        "activation",
        "layer",
        "ends",
        "layer_key",
        "answer_key",
        "network",
        "belonging",
        "shared_readout",
        "run",
        "exporting",
        "saving",
    ),
}


IMPORTS = imports()


def children(folder: str) -> dict[str, set[str]]:
    """The files and folders of a package, each with those beside it that it imports."""
    depth = folder.count(".") + 1
    graph: dict[str, set[str]] = {}
    for name, found in IMPORTS.items():
        if name.startswith(f"{folder}."):
            beside = {other.split(".")[depth] for other in found if other.startswith(f"{folder}.")}
            child = name.split(".")[depth]
            graph.setdefault(child, set()).update(beside - {child})
    return graph


def packages() -> list[str]:
    return sorted(name.removesuffix(".__init__") for name in IMPORTS if name.endswith("__init__"))


def shadowed(package: str) -> set[str]:
    """Modules of a package whose name its `__init__` gives to something else."""
    attributes = vars(import_module(package))
    names = {name.removesuffix(".__init__").rsplit(".", 1)[1] for name in _inside(package)}
    return {
        name
        for name in names
        if name in attributes and attributes[name] is not import_module(f"{package}.{name}")
    }


def _inside(package: str) -> list[str]:
    depth = package.count(".") + 1
    return [
        name
        for name in modules()
        if name.startswith(f"{package}.")
        and name.removesuffix(".__init__").count(".") == depth
        and name != f"{package}.__init__"
    ]


@pytest.mark.parametrize("package", packages())
def test_nothing_that_a_package_exports_hides_a_module_of_it(package):
    assert not shadowed(package)


@pytest.mark.parametrize("folder", packages())
def test_files_and_folders_beside_each_other_import_in_no_circle(folder):
    try:
        TopologicalSorter(children(folder)).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_every_file_and_folder_of_the_package_has_a_level():
    assert set(children("polyseme")) == {*LEVELS, "__init__", "__main__"}


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_imports_only_those_before_it(level):
    before = set(LEVELS[: LEVELS.index(level)]) - APART.get(level, set())
    # The command line is a user like any other, of the package too.
    allowed = before | ({"__init__"} if level == "cli" else set())
    assert children("polyseme")[level] <= allowed


@pytest.mark.parametrize("folder", INSIDE)
def test_inside_a_level_order_is_as_written(folder):
    graph, order = children(f"polyseme.{folder}"), INSIDE[folder]
    assert set(order) <= set(graph)
    for place, child in enumerate(order):
        assert not graph[child] & set(order[place:])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy\nfrom scipy import sparse", set()),
        ("import polyseme", {"polyseme.__init__"}),
        ("from polyseme import compile", {"polyseme.__init__"}),
        (
            "from polyseme import circuits, errors",
            {"polyseme.circuits.__init__", "polyseme.errors"},
        ),
        (
            "import polyseme.codes.code as code, polyseme.errors",
            {"polyseme.codes.code", "polyseme.errors"},
        ),
        (
            "def f():\n    if f:\n        from polyseme.cli.main import main",
            {"polyseme.cli.main"},
        ),
        ("from .compile import x", {"polyseme.compiler.compile"}),
        ("from ..verification import inputs", {"polyseme.verification.inputs"}),
        ("from .. import limits", {"polyseme.limits.__init__"}),
        ("from . import compile", {"polyseme.compiler.compile"}),
        (
            "try:\n    import polyseme.networks\nexcept ImportError:\n    pass",
            {"polyseme.networks.__init__"},
        ),
    ],
)
def test_imports_are_found_however_they_are_written(source, expected):
    assert imported(source, "polyseme.compiler.task", set(modules())) == expected
