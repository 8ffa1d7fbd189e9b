"""The documentation site: pages of `docs/`, guides, and reference and theory from docstrings.

Pages are gathered in `build/documentation`, where links to files outside of the site become their
words and notebooks are run, and mkdocs makes the site from them. Nothing is fetched, and search
works from a folder too: where browsers refuse a worker, a frame takes its place (`iframe-worker`,
of the theme's author).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from inspect import isclass, isfunction
from itertools import groupby
from pathlib import Path
from posixpath import join, normpath

import polyseme as ps
from formulas import displayed, typeset
from measure.shared import ROOT
from notebooks import page_of
from polyseme.compiler.constructions.catalogue import CATALOGUE

GATHERED = ROOT / "build" / "documentation"
# Blocks of code, headings and indented lines, which are not text.
_APART = re.compile(r"(^```[\s\S]*?^```$|^#.*$|(?:^    .*\n)+)", re.MULTILINE)
# Pages whose formulas are typeset, beside that of the constructions.
TYPESET = ("theory.md", "deep.md", "limits.md")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")
NAVIGATION = """
  - Start: index.md
  - Introduction: introduction.md
  - The first hour: first-hour.md
  - How to: guides.md
  - Learn:
      - Glossary: glossary.md
      - Circuits: circuits.md
      - Options in Python: python.md
      - Sites and labels: sites.md
      - The explorer: explorer.md
      - PyTorch: torch.md
      - Certainty: certainty.md
      - Certificates: certificates.md
      - Reading networks back: interpret.md
      - Learnt networks: learning.md
      - Studies: studies.md
      - The benchmark of methods: benchmark-of-methods.md
      - Scores of the benchmark: benchmark-of-scores.md
      - What the benchmark found: findings.md
      - Limits: limits.md
  - Theory:
      - Theory that runs: theory.md
      - Constructions: constructions.md
      - Deep networks: deep.md
      - Sizes: sizes.md
      - Figures recomputed: reproduction.md
  - Results: benchmarks.md
  - Reference: reference.md
  - Design:
      - Architecture: architecture.md
      - Design notes: design-notes.md
      - File format: format.md
      - Adding a construction: adding-a-construction.md
"""
SETTINGS = """site_name: polyseme
site_description: A compiler and laboratory for computing in superposition
docs_dir: {docs}
site_dir: {site}
use_directory_urls: false
theme:
  name: material
  font: false
  features: [navigation.sections, navigation.top, content.code.copy]
  palette:
    - media: "(prefers-color-scheme: light)"
      scheme: default
      primary: deep orange
      toggle: {{icon: material/weather-night, name: Dark}}
    - media: "(prefers-color-scheme: dark)"
      scheme: slate
      primary: deep orange
      toggle: {{icon: material/weather-sunny, name: Light}}
extra:
  polyfills: [offline/iframe-worker.js]
plugins:
  - search
  - offline
  - mkdocstrings:
      handlers:
        python:
          paths: [{source}]
          options:
            docstring_style: google
            show_source: false
            show_root_heading: true
            show_root_full_path: false
            heading_level: 2
            members_order: source
            filters: ["!^_"]
extra_css: [formulas.css]
markdown_extensions: [admonition, tables, toc, pymdownx.superfences, pymdownx.highlight]
nav:{navigation}"""


def build_documentation(site: Path) -> None:
    """Gather the pages, and make the site of them in a folder."""
    gather(GATHERED)
    settings = ROOT / "build" / "mkdocs.yml"
    settings.write_text(
        SETTINGS.format(
            docs=GATHERED, site=site, source=ROOT / "src", navigation=NAVIGATION.rstrip()
        ),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", str(settings)]
    subprocess.run(command, check=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "true"})


def gather(target: Path) -> None:
    """Write all pages of the site into a folder."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "docs", target)
    shutil.copytree(ROOT / "site" / "pages", target, dirs_exist_ok=True)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (target / "index.md").write_text(readme.replace("(docs/", "("), encoding="utf-8")
    (target / "reference.md").write_text(reference(), encoding="utf-8")
    for path in sorted((ROOT / "examples").glob("*.ipynb")):
        name = path.stem.replace("_", "-")
        (target / f"{name}.md").write_text(page_of(path), encoding="utf-8")
    (target / "constructions.md").write_text(constructions(), encoding="utf-8")
    pages = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    for name in pages:
        if name.endswith(".md"):
            page = target / name
            text = inside(page.read_text(encoding="utf-8"), name, pages)
            page.write_text(with_formulas(text) if name in TYPESET else text, encoding="utf-8")


def inside(text: str, name: str, pages: set[str]) -> str:
    """Return a page without links to files that are not on the site: they become their words."""

    def kept(found: re.Match[str]) -> str:
        leads = normpath(join(name, "..", found[3]))
        return found[0] if leads in pages or found[3].startswith("introduction/") else found[2]

    return _LINK.sub(kept, text)


def reference() -> str:
    """Return the page of all public names, which mkdocstrings fills in."""
    lines = ["# Reference", "", "Everything that `import polyseme as ps` has, by name.", ""]
    for name in sorted(ps.__all__):
        value = getattr(ps, name)
        if isclass(value) or isfunction(value):
            lines += [f"::: {value.__module__}.{value.__qualname__}", ""]
    return "\n".join(lines)


def constructions() -> str:
    """Return the page of all constructions, with the theorems of their docstrings."""
    lines = ["# Constructions", "", "Written from the docstrings of the constructions.", ""]
    for record in ps.constructions():
        theorem = sys.modules[type(CATALOGUE[record.name]).__module__].__doc__ or ""
        lines += [
            f"## {record.name}",
            "",
            f"Computes {typeset(record.problem, plain)}.",
            "",
            as_markdown(theorem),
            "",
        ]
        lines += [
            f"- *Neurons:* {typeset(record.neurons, plain)}",
            f"- *Error:* {typeset(record.error, plain)}",
        ]
        lines += [f"- *Assumes:* {typeset(assumption, plain)}" for assumption in record.assumptions]
        lines += [f"- *Source:* {source.short}, {source.title}" for source in record.sources]
        lines += [""]
    return "\n".join(lines)


def as_markdown(docstring: str) -> str:
    """Return a docstring as Markdown; its formulas, indented or in the text, are typeset."""
    found, lines = [], docstring.splitlines()
    for indented, group in groupby(lines, key=lambda line: line.startswith("    ")):
        block = list(group)
        formulas = displayed([line.strip() for line in block]) if indented else None
        text = "\n".join(block)
        if indented:
            found.append(text if formulas is None else formulas)
        else:
            found.append(typeset(text, plain))
    return "\n".join(found)


def with_formulas(page: str) -> str:
    """Return a page of Markdown whose formulas are typeset, but for its code and its headings."""
    found = []
    for part in _APART.split(page):
        indented = part.startswith("    ")
        formulas = displayed([line.strip() for line in part.splitlines()]) if indented else None
        code = indented or part.startswith(("```", "#"))
        found.append(f"{formulas}\n" if formulas else part if code else typeset(part))
    return "".join(found)


def plain(words: str) -> str:
    """Return words outside of backquotes with the signs of Markdown taken for themselves."""
    parts = words.split("`")
    parts[::2] = [re.sub(r"([*_<>\[\]|#])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)
