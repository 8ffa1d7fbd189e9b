"""Artefacts that stay the same, byte for byte, however the code that makes them is arranged.

Each is built at a given size from its source, and hashed as it would be saved. A change that alters
bytes on purpose writes the hashes again (`python tests/whole/test_golden.py`) and says so in its
commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import polyseme as ps
from polyseme.compiler.constructions.catalogue import THREE_CHANNEL
from polyseme.compiler.task import Task

HASHES = Path(__file__).with_name("golden_hashes.json")
FACTS = "\n".join(
    ["place,country,continent"]
    + [f"place{i},country{i % 23},continent{i % 5}" for i in range(1200)]
)
ADDER = """.model adder
.inputs a0 a1 a2 b0 b1 b2
.outputs s0 s1 s2 c2
.names a0 b0 s0
10 1
01 1
.names a0 b0 c0
11 1
.names a1 b1 c0 s1
100 1
010 1
001 1
111 1
.names a1 b1 c0 c1
11- 1
1-1 1
-11 1
.names a2 b2 c1 s2
100 1
010 1
001 1
111 1
.names a2 b2 c1 c2
11- 1
1-1 1
-11 1
.end
"""

# For three channels where the exact network is smaller, which the compiler would take instead.
BUILT = "three-channel, as built"

# Name: (source, what `compile` is given).
ARTEFACTS: dict[str, tuple[str, dict[str, object]]] = {
    "tight-frames, seed 0": (
        "and2:features=1000,gates=1000",
        {"neurons": 440, "construction": "tight-frames"},
    ),
    "tight-frames, seed 1": (
        "and2:features=1000,gates=1000",
        {"neurons": 440, "seed": 1, "construction": "tight-frames"},
    ),
    "tight-frames of a permutation": (
        "permutation:features=600",
        {"neurons": 400, "construction": "tight-frames"},
    ),
    "least-noise": (
        "and2:features=600,gates=600",
        {"neurons": 500, "construction": "least-noise"},
    ),
    "one-bit": ("and2:features=2000,gates=2000", {"neurons": 900, "construction": "one-bit"}),
    "three-channel, codes": (
        "and2:features=1000,gates=1000",
        {"neurons": 560, "construction": "three-channel"},
    ),
    "three-channel, input channel": ("uand:features=60", {"neurons": 500}),
    "three-channel, pools": (
        "and2:features=400,gates=2000,influence=zipf",
        {"neurons": 1200, "construction": "three-channel"},
    ),
    "three-channel, one-short": (
        "and:k=4,features=500,gates=400",
        {"neurons": 300, "active": 5, "construction": "three-channel", "seed": 3},
    ),
    "facts, territories": ("facts.csv", {"neurons": 300, "construction": BUILT, "active": 3}),
    "monosemantic": ("and2:features=300,gates=300", {"construction": "monosemantic"}),
    "monosemantic, factored": ("facts.csv", {"construction": "monosemantic", "active": 3}),
    "k-and": ("and:k=3,features=600,gates=500", {"construction": "k-and", "neurons": 450}),
    "mixed-channel": (
        "heavy",
        {"construction": "mixed-channel", "neurons": 500},
    ),
    "single-use": (
        "and2:features=1000,gates=400",
        {"construction": "single-use", "neurons": 350},
    ),
    "input-channel": ("uand:features=50", {"construction": "input-channel", "neurons": 400}),
    "permutation": ("permutation:features=500", {"construction": "permutation", "neurons": 420}),
    "universal-and, basis": (
        "uand:features=20",
        {"construction": "universal-and", "neurons": 900},
    ),
    "universal-and, superposed": (
        "and2:features=1500,gates=300",
        {"construction": "universal-and", "encoder": "superposed", "error": 0.1, "neurons": 1500},
    ),
    "reed-solomon": (
        "and2:features=500,gates=500",
        {"construction": "reed-solomon", "neurons": 200},
    ),
    "gaussian-products": (
        "uand:features=15",
        {"construction": "gaussian-products", "neurons": 700},
    ),
    "targeted-pairs": (
        "and2:features=400,gates=400",
        {"construction": "targeted-pairs", "neurons": 900},
    ),
    "quadratic": ("uand:features=30", {"construction": "quadratic", "neurons": 900}),
    "and-tree": (
        "and:k=4,features=500,gates=500",
        {"construction": "and-tree", "neurons": 800, "active": 4},
    ),
    "adler-shavit": (
        "and2:features=400,gates=2000,influence=zipf",
        {"construction": "adler-shavit", "neurons": 700},
    ),
    "error-correction": (
        "layered:width=300,depth=2,active=2",
        {"construction": "error-correction", "neurons": 500, "active": 2},
    ),
    "deep, in superposition": (
        "layered:width=1200,depth=3,active=2",
        {"neurons": 900, "active": 2},
    ),
    "deep, exact": ("adder.blif", {"neurons": 60}),
    "deep, exact, without a stream": ("adder.blif", {"neurons": 60, "carry": "gates"}),
}


def source(name: str, folder: Path) -> ps.Circuit:
    """The circuit of an artefact; files are written first."""
    if name == "facts.csv":
        (folder / name).write_text(FACTS)
    if name == "adder.blif":
        (folder / name).write_text(ADDER)
    if name == "heavy":
        return heavy()
    return ps.read(str(folder / name) if "." in name else name)


def heavy() -> ps.Circuit:
    """Forty heavy features, each of whose 25 gates reads a light one beside it."""
    names = [f"heavy{i}" for i in range(40)] + [f"light{i}" for i in range(1000)]
    gates = [(ps.GateKind.AND, (i % 40, 40 + i)) for i in range(1000)]
    return ps.build_circuit(
        names, gates, list(range(1040, 2040)), [f"out{i}" for i in range(1000)], "heavy"
    )


def hashes_of(name: str, folder: Path) -> dict[str, str]:
    """SHA-256 of the network file of an artefact, and of its answer key's."""
    spec, options = ARTEFACTS[name]
    circuit = source(spec, folder)
    if options.get("construction") == BUILT:
        network = THREE_CHANNEL.candidate(Task(circuit)).build(options["neurons"])
    else:
        network = ps.compile(circuit, **options)
    network.save(folder / "net.safetensors")
    found = {"network": _hash(folder / "net.safetensors")}
    if network.key is not None:
        network.key.save(folder / "net.key.safetensors")
        found["key"] = _hash(folder / "net.key.safetensors")
    return found


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ARTEFACTS)
def test_an_artefact_is_what_it_was(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert hashes_of(name, Path()) == json.loads(HASHES.read_text())[name]


def test_every_hash_is_of_an_artefact():
    assert set(json.loads(HASHES.read_text())) == set(ARTEFACTS)


def write_hashes(tell: Callable[[str], None] = print) -> None:
    """Write the hashes of everything as it is built now."""
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        found = {}
        for name in ARTEFACTS:
            found[name] = hashes_of(name, Path())
            tell(name)
    HASHES.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    write_hashes()
