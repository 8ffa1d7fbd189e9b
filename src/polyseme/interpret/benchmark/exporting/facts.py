"""Facts about a network in a folder, for its `card.json` and for the table of all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from polyseme.interpret.benchmark.suite.building import hash_of
from polyseme.networks.network import Network

Fact: TypeAlias = str | int

# Columns of the table, each in words for whoever reads its description.
COLUMNS: Mapping[str, str] = {
    "name": "The name of the network",
    "source": "The circuit that it computes",
    "construction": "The construction that compiled it",
    "seed": "The seed that it was compiled with",
    "active": "The most features on at once that it was made for",
    "features": "The number of features",
    "gates": "The number of gates",
    "outputs": "The number of outputs",
    "layers": "The number of hidden layers",
    "relus": "The number of ReLUs in all layers",
    "exact_relus": "The number of ReLUs of the exact network, in its widest layer",
    "parameters": "The number of parameters",
    "content_sha256": "The SHA-256 of all numbers and names, which a suite publishes",
    "network_file": "The file of weights, encoder and readout",
    "network_sha256": "The SHA-256 of that file",
    "key_file": "The file of the answer key",
    "key_sha256": "The SHA-256 of that file",
}
# The columns that are text; all others are whole numbers.
TEXTS = frozenset(
    column
    for column in COLUMNS
    if column in {"name", "source", "construction"} or column.endswith(("_file", "_sha256"))
)


@dataclass(frozen=True)
class FileFacts:
    """A file in the folder: its path there with slashes, its bytes and their SHA-256."""

    path: str
    size: int
    digest: str


def facts_of_file(folder: Path, path: str) -> FileFacts:
    """Return the facts about a file in a folder."""
    content = (folder / path).read_bytes()
    return FileFacts(path, len(content), sha256(content).hexdigest())


def facts_of(
    name: str, network: Network, network_file: FileFacts, key_file: FileFacts
) -> dict[str, Fact]:
    """Return the row of a network in the table."""
    made = network.provenance
    return {
        "name": name,
        "source": made.source,
        "construction": made.construction,
        "seed": made.seed,
        "active": made.active,
        "features": len(network.encoder.features),
        "gates": made.gates,
        "outputs": len(network.readout.outputs),
        "layers": len(network.layers),
        "relus": network.neurons_total,
        "exact_relus": made.monosemantic_neurons,
        "parameters": network.parameters,
        "content_sha256": hash_of(network),
        "network_file": network_file.path,
        "network_sha256": network_file.digest,
        "key_file": key_file.path,
        "key_sha256": key_file.digest,
    }


def table(rows: Sequence[Mapping[str, Fact]]) -> bytes:
    """Return the rows as CSV in UTF-8."""
    written = io.StringIO()
    writer = csv.DictWriter(written, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def as_json(content: object) -> bytes:
    """Return content as JSON for people and programs."""
    return f"{json.dumps(content, indent=1, ensure_ascii=False)}\n".encode()
