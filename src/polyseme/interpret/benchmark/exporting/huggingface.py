"""The page of the folder: a card with the header that Hugging Face reads, in YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from polyseme.interpret.benchmark.exporting.facts import Fact
from polyseme.interpret.benchmark.exporting.licences import Licence

# Sizes as Hugging Face names them, each with the number of rows that it ends before.
_SIZES = (
    ("n<1K", 10**3),
    ("1K<n<10K", 10**4),
    ("10K<n<100K", 10**5),
)
_LARGEST = "100K<n<1M"
_MOST_ROWS = 200
_SHOWN = ("name", "construction", "active", "features", "gates", "relus", "exact_relus")


def page(
    title: str, about: str, licence: Licence, rows: Sequence[Mapping[str, Fact]], table: str
) -> str:
    """Return the README of a folder of networks."""
    return f"{_header(title, licence, len(rows), table)}\n{_body(title, about, rows, table)}"


def size_category(rows: int) -> str:
    """Return the name that Hugging Face has for a data set of so many rows."""
    return next((name for name, end in _SIZES if rows < end), _LARGEST)


def _header(title: str, licence: Licence, rows: int, table: str) -> str:
    lines = [
        "---",
        f"license: {licence.name}",
        # JSON is YAML, and quotes whatever a title has.
        f"pretty_name: {_quoted(title)}",
        "size_categories:",
        f"- {size_category(rows)}",
        "tags:",
        "- interpretability",
        "- superposition",
        "- polyseme",
        "configs:",
        "- config_name: networks",
        "  default: true",
        f"  data_files: {table}",
        "---",
        "",
    ]
    return "\n".join(lines)


def _body(title: str, about: str, rows: Sequence[Mapping[str, Fact]], table: str) -> str:
    first = rows[0]
    heads = " | ".join(column.replace("_", " ") for column in _SHOWN)
    lines = [
        f"# {title}",
        "",
        about,
        "",
        "```python",
        "import polyseme as ps",
        "",
        f'network = ps.load("{first["network_file"]}", key="{first["key_file"]}")',
        'inputs = network.sample("uniform", 100)',
        'truth = network.key.labels(inputs, "layers.0.hook_post")',
        "module = network.to_torch()",
        "```",
        "",
        f"- `{table}`: a row per network, with the SHA-256 of its files",
        "- `networks/NAME/network.safetensors`: weights, encoder and readout",
        "- `networks/NAME/key.safetensors`: the answer key: the circuit, and which units serve "
        "which part of it",
        "- `networks/NAME/card.json`: the row of the table, and a page about the network",
        "- `croissant.json`: this folder in the Croissant format, with the SHA-256 of every file",
        "",
        f"| {heads} |",
        f"|{'---|' * len(_SHOWN)}",
        *(
            "| " + " | ".join(_cell(row[column]) for column in _SHOWN) + " |"
            for row in rows[:_MOST_ROWS]
        ),
    ]
    if len(rows) > _MOST_ROWS:
        lines += ["", f"{len(rows) - _MOST_ROWS:,} more are in `{table}`."]
    return "\n".join([*lines, ""])


def _cell(fact: Fact) -> str:
    return f"{fact:,}" if isinstance(fact, int) else fact


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
