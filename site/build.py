"""The site out of committed results: `make site`, or `python site/build.py`.

`build/site` gets the documentation (`documentation.py`), and `build/site/introduction` the
introduction: its page with numbers and terms filled in, the JavaScript as it is, the runner of the
explorer, and the airports networks, which are compiled here.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

from documentation import build_documentation
from measure.airports import compiled_for_one, compiled_for_two, places
from measure.shared import DATA, ROOT
from polyseme.explorer.view import network_data, view_data

SOURCE = ROOT / "site" / "introduction"
SHARED = ROOT / "src" / "polyseme" / "explorer" / "static"
TARGET = ROOT / "build" / "site"
_NUMBER = re.compile(r"\{\{([\w.]+)(?::([^}]*))?\}\}")
_TERM = re.compile(r"\[\[([^|\]]+)\|([^\]]+)\]\]")


def main() -> None:
    """Build the documentation, and the introduction into it."""
    build_documentation(TARGET)
    build_introduction(TARGET / "introduction")
    print(f"wrote {TARGET / 'index.html'} and {TARGET / 'introduction' / 'index.html'}")


def build_introduction(target: Path) -> None:
    """Write the page, its scripts and the networks that it runs."""
    shutil.rmtree(target, ignore_errors=True)
    ignored = shutil.ignore_patterns("data", "terms.json", "index.html")
    shutil.copytree(SOURCE, target, ignore=ignored)
    for name in ("runner.js", "draw.js", "look.css"):
        shutil.copy(SHARED / name, target)
    data = measured()
    terms = json.loads((SOURCE / "terms.json").read_text(encoding="utf-8"))
    page = (SOURCE / "index.html").read_text(encoding="utf-8")
    (target / "index.html").write_text(filled(page, data, terms), encoding="utf-8")
    text = json.dumps(data, ensure_ascii=False)
    (target / "data.js").write_text(f"export const data = {text};\n", encoding="utf-8")
    write_airports(target / "airports")


def measured() -> dict[str, Any]:
    """Return all results by the name of their part."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in DATA.glob("*.json")}


def filled(page: str, data: dict[str, Any], terms: dict[str, str]) -> str:
    """Return a page with its numbers, `{{part.name:format}}`, and its terms, `[[words|term]]`."""

    def number(found: re.Match[str]) -> str:
        value: Any = data
        for name in found[1].split("."):
            value = value[name]
        return html.escape(format(value, found[2] or ""))

    def term(found: re.Match[str]) -> str:
        meaning = html.escape(terms[found[2]])
        return f'<dfn tabindex="0">{found[1]}<span role="tooltip">{meaning}</span></dfn>'

    return _TERM.sub(term, _NUMBER.sub(number, page))


def write_airports(folder: Path) -> None:
    """Compile the airports networks; write them, what is told of their keys, and the places."""
    folder.mkdir()
    for name, network in (("proved", compiled_for_one()), ("larger", compiled_for_two())):
        (folder / f"{name}.network.bin").write_bytes(network_data(network))
        (folder / f"{name}.view.bin").write_bytes(view_data(network))
    text = json.dumps(places(), ensure_ascii=False)
    (folder / "places.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
