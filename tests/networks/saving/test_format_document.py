"""docs/format.md: its program runs saved networks with numpy alone, its tables are complete."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.names import Names
from polyseme.circuits.terms import terms_of
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.networks.network import TRAINED, Network
from polyseme.networks.saving.files import key_path, save_key, save_network
from support.places import ROOT
from support.small_networks import (
    KINDS,
    draw_bits,
    network_of,
    superposed_network,
    with_output_never_on,
)

DOCUMENT = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
# Whatever of these the program imported would raise ImportError.
WITHOUT = "import sys\nfor name in ('polyseme', 'safetensors', 'scipy'): sys.modules[name] = None\n"


def _program() -> str:
    _, program = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    return program


@pytest.mark.parametrize("kind", ["pairwise", "deep", "stream"])
def test_the_digest_is_what_the_document_says(kind, tmp_path):
    function, _ = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    names: dict = {"json": json}
    exec(function, names)
    network = network_of(kind)
    network.save(tmp_path / "net", key=network.key is not None)
    network.save(tmp_path / "alone")
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        begin = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:begin])
        claimed = json.loads(header["__metadata__"]["polyseme"])
        assert names["digest"](header, content[begin:]) == claimed["digest"]
    if network.key is not None:
        _, key = _header(key_path(tmp_path / "net"))
        assert key["network"] == _header(tmp_path / "net")[1]["digest"]


def _run(path: Path, on: list[str]) -> list[str]:
    command = [sys.executable, "-I", "-X", "utf8", "-c", WITHOUT + _program(), str(path), *on]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    return done.stdout.splitlines()


def _header(path: Path) -> tuple[dict, dict]:
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return header, json.loads(header.pop("__metadata__")["polyseme"])


# Draws of many features break the promise on purpose.
@pytest.mark.filterwarnings("ignore:.* on, more than the")
@pytest.mark.parametrize("kind", [*KINDS, "never on"])
def test_the_program_runs_a_saved_network_as_we_do(kind, tmp_path):
    network = network_of("monosemantic" if kind == "never on" else kind)
    if kind == "never on":
        network = with_output_never_on(network, 4)
    path = tmp_path / "net.safetensors"
    network.save(path)
    features = network.encoder.features
    # All off, all on, and the draw of a few features that switches the most outputs on.
    draws = [[features[int(i)] for i in np.flatnonzero(row)] for row in draw_bits(network, 60)]
    few = [draw for draw in draws if 2 <= len(draw) <= len(features) // 5]
    busiest = max(few, key=lambda draw: len(network.run(draw)), default=draws[1])
    for on in (draws[0], draws[1], busiest):
        assert _run(path, on) == network.run(on)
    assert network.run(busiest)


def test_the_program_needs_no_more_than_numpy_and_a_few_lines():
    assert set(re.findall(r"^(?:import|from) (\w+)", _program(), re.MULTILINE)) == {
        "json",
        "sys",
        "numpy",
    }
    assert len([line for line in _program().splitlines() if line]) <= 38


def test_a_program_that_needs_polyseme_would_be_found_out():
    command = [sys.executable, "-I", "-c", WITHOUT + "import polyseme"]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 1
    assert "import of polyseme halted" in done.stderr


@pytest.mark.parametrize("kind", ["network", "key"])
def test_the_document_lists_every_tensor_with_its_type_and_every_metadata_key(kind, tmp_path):
    path = tmp_path / "file.safetensors"
    section = DOCUMENT.split(f"## The {kind} file\n")[1].split("\n## ")[0]
    described, seen, keys = _rows(section), set(), set()
    # No one network has a tensor of every kind.
    for network in _networks_for(kind):
        save_network(network, path) if kind == "network" else save_key(network.key, path)
        header, metadata = _header(path)
        for name, entry in header.items():
            seen.add(re.sub(r"\.\d+\.", ".l.", name))
            types, shape = described[re.sub(r"\.\d+\.", ".l.", name)]
            assert entry["dtype"] in types.split(" or ")
            assert shape.count(",") == len(entry["shape"]) - 1
        keys |= metadata.keys() | metadata.get("provenance", {}).keys()
        keys.update(*metadata.get("layers", []))
    assert seen == described.keys()
    for key in keys - {"format", "version"}:
        assert re.search(rf"^\|.*`{key}`.*\|", section, re.MULTILINE), key


def test_the_document_lists_every_construction_and_no_other():
    (listed,) = re.findall(r"^\| `construction` \| one of (.*?) \(", DOCUMENT, re.MULTILINE)
    assert sorted(re.findall(r'`"([^"]+)"`', listed)) == sorted([*CATALOGUE, TRAINED])


def _networks_for(kind: str) -> list[Network]:
    if kind == "network":
        return [network_of(name) for name in ("facts", "mixed", "stream")]
    network = superposed_network(300)
    listed = replace(network.key, circuit=_listed(network.key.circuit))
    return [
        network_of("facts"),
        network_of("universal"),
        replace(network, key=listed),
        superposed_network(10_000),
    ]


def _listed(circuit: Circuit) -> Circuit:
    """The same circuit with names that a file must list."""
    features, outputs = (
        Names([f"{what} {number * number}" for number in range(count)])
        for what, count in (("in", len(circuit.features)), ("out", len(circuit.output_names)))
    )
    gates = ("first", *[""] * (circuit.gates - 1))
    return replace(circuit, features=features, output_names=outputs, gate_names=gates)


def _rows(section: str) -> dict[str, tuple[str, str]]:
    """Tensor -> (types, shape) from the tables of four columns."""
    rows = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and cells[1].split(" ")[0] in (
            "I8",
            "U8",
            "I16",
            "I32",
            "I64",
            "F32",
        ):
            for name in re.findall(r"`([^`]+)`", cells[0]):
                rows[name] = (cells[1], cells[2])
    return rows


def test_terms_are_those_that_the_document_describes():
    gates = [
        (GateKind.AND, (1, 0)),
        (GateKind.AND_NOT, (2, 3, 4)),
        (GateKind.XOR, (1, 2)),
        (GateKind.XOR, (0, 3, 2)),
        (GateKind.IDENTITY, (3,)),
        (GateKind.XOR, (2, 4)),
        (GateKind.OR, (7, 6, 10, 9, 5)),
        (GateKind.OR, (11, 8, 1, 0)),
    ]
    circuit = build_circuit("abcde", gates, [12, 6, 8])
    terms, told = terms_of(circuit), _terms(circuit, gates)
    found = [
        (int(output), terms.literals[begin:end].tolist(), terms.signs[begin:end].tolist())
        for output, begin, end in zip(
            terms.output, terms.offsets[:-1], terms.offsets[1:], strict=True
        )
    ]
    assert found == told


def _terms(circuit: Circuit, gates: list) -> list[tuple[int, list[int], list[int]]]:
    """Terms as the document has them: an output, literals, and their signs."""
    found = []
    for output, wire in enumerate(circuit.outputs.tolist()):
        closed, waiting = set(), [wire]
        while waiting:
            wire = waiting.pop()
            kind, inputs = gates[wire - 5] if wire >= 5 else (None, ())
            if kind in (GateKind.OR, GateKind.IDENTITY):
                waiting += inputs
            else:
                closed.add(wire)
        found += [(output, [wire], [1]) for wire in sorted(closed) if wire < 5]
        of_kind = {
            kind: [
                gates[wire - 5][1]
                for wire in sorted(closed)
                if wire >= 5 and gates[wire - 5][0] == kind
            ]
            for kind in GateKind
        }
        for inputs in of_kind[GateKind.AND]:
            found.append((output, list(inputs), [1] * len(inputs)))
        for inputs in of_kind[GateKind.AND_NOT]:
            found.append((output, list(inputs), [1] + [-1] * (len(inputs) - 1)))
        patterns = [
            (len(inputs), pattern, place)
            for place, inputs in enumerate(of_kind[GateKind.XOR])
            for pattern in range(1, 1 << len(inputs))
            if pattern.bit_count() % 2
        ]
        for width, pattern, place in sorted(patterns):
            signs = [1 if pattern >> i & 1 else -1 for i in range(width)]
            found.append((output, list(of_kind[GateKind.XOR][place]), signs))
    return found
