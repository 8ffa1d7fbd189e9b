"""Small files that only one file imports: mostly a function that belongs into its importer.

A construction, a command, a reader and a writer stand in a file each however short they are: a
catalogue names them. A catalogue is no such function either.
"""

from __future__ import annotations

from support.imports import imports, modules

SHORT = 40
# The limit is lowered when there are fewer, and never raised.
MOST = 8
# Modules that list what there is; whatever they import is an entry of a catalogue.
CATALOGUES = (
    "polyseme.compiler.constructions.catalogue",
    "polyseme.interpret.benchmark.controls.listing",
    "polyseme.interpret.benchmark.methods.listing",
    "polyseme.cli.main",
    "polyseme.circuits.sources",
    "polyseme.reproduce.catalogue",
    "polyseme.interpret.benchmark.scores.score",
    "polyseme.learning.refinement.refine",
)
FOLDERS = ("polyseme.circuits.readers.", "polyseme.circuits.writers.", "polyseme.cli.commands.")


def small_files() -> dict[str, str]:
    """Return short modules that are no entry of a catalogue, each with its only importer."""
    importers: dict[str, list[str]] = {}
    for module, found in imports().items():
        for name in found:
            importers.setdefault(name, []).append(module)
    return {
        name: importers[name][0]
        for name, path in modules().items()
        if len(importers.get(name, ())) == 1
        and len(path.read_text(encoding="utf-8").splitlines()) < SHORT
        and not name.endswith(".__init__")
        and not name.startswith(FOLDERS)
        and not {name, importers[name][0]} & {*CATALOGUES}
    }


def test_few_small_files_have_one_importer() -> None:
    found = small_files()
    for name, importer in found.items():
        print(f"{name}: imported by {importer} alone")
    assert len(found) <= MOST
