"""The same circuit from a Python function, expressions, BLIF, JSON and others is the same network.

Networks are compared byte for byte but for the name of their source; a truth table, which has no
gates inside, gives an equivalent one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import evaluate_dense


def decide(a: Any, b: Any, c: Any, d: Any) -> dict[str, Any]:
    both = a & b
    odd = both ^ c
    return {"y": odd | ~d, "z": ps.all_of(a, odd, ~b)}


EXPRESSIONS = "both = a & b\nodd = both ^ c\ny = odd | ~d\nz = all(a, odd, ~b)\n"
BLIF = """.model decide
.inputs a b c d
.outputs y z
.names a b both
11 1
.names both c odd
10 1
01 1
.names odd d y
1- 1
-0 1
.names a odd b z
110 1
.end
"""
BENCH = """INPUT(a)\nINPUT(b)\nINPUT(c)\nINPUT(d)\nOUTPUT(y)\nOUTPUT(z)
both = AND(a, b)\nodd = XOR(both, c)\nn = NOT(d)\nm = NOT(b)
y = OR(odd, n)\nz = AND(a, odd, m)\n"""
VERILOG = """module decide(input a, b, c, d, output y, z);
wire both, odd;
and (both, a, b);
xor (odd, both, c);
assign y = odd | ~d;
assign z = a & odd & ~b;
endmodule
"""
JSON = """{"format": "polyseme-circuit", "version": 1, "name": "decide",
"features": ["a", "b", "c", "d"],
"gates": {"both": ["and", "a", "b"], "odd": ["xor", "both", "c"], "~y": ["and_not", "d", "odd"],
"a and odd": ["and", "a", "odd"], "z": ["and_not", "a and odd", "b"]},
"outputs": [{"name": "y", "wire": "~y", "inverted": true}, {"name": "z", "wire": "z"}]}
"""


def from_file(ending: str, text: str) -> Callable[[Path], ps.Circuit]:
    def made(folder: Path) -> ps.Circuit:
        path = folder / f"decide{ending}"
        path.write_text(text)
        return ps.read(path)

    return made


WAYS: dict[str, Callable[[Path], ps.Circuit]] = {
    "function": lambda folder: ps.circuit(decide),
    "expressions": lambda folder: ps.read(EXPRESSIONS),
    "file of expressions": from_file(".eqn", EXPRESSIONS),
    "BLIF": from_file(".blif", BLIF),
    "JSON": from_file(".json", JSON),
    "BENCH": from_file(".bench", BENCH),
    "Verilog": from_file(".v", VERILOG),
}


def renamed(circuit: ps.Circuit) -> ps.Circuit:
    """The circuit under one name, so that provenance is the same too."""
    return ps.Circuit(
        circuit.features,
        circuit.kinds,
        circuit.fan_in_offsets,
        circuit.fan_in,
        circuit.outputs,
        circuit.output_names,
        "same",
        circuit.inverted,
        circuit.gate_names,
    )


def saved(circuit: ps.Circuit, folder: Path) -> tuple[bytes, bytes]:
    network = ps.compile(circuit, active=3, seed=5)
    network.save(folder / "net.safetensors")
    assert network.key is not None
    network.key.save(folder / "net.key.safetensors")
    return (folder / "net.safetensors").read_bytes(), (folder / "net.key.safetensors").read_bytes()


@pytest.fixture(scope="module")
def by_function(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    return saved(renamed(ps.circuit(decide)), tmp_path_factory.mktemp("function"))


@pytest.mark.parametrize("way", [way for way in WAYS if way != "function"])
def test_networks_and_keys_have_the_same_bytes(
    way: str, tmp_path: Path, by_function: tuple[bytes, bytes]
) -> None:
    circuit = WAYS[way](tmp_path)
    network, key = saved(renamed(circuit), tmp_path)
    assert network == by_function[0]
    # JSON names a gate that the others leave without a name.
    if way != "JSON":
        assert key == by_function[1]


def test_a_truth_table_gives_an_equivalent_network(tmp_path: Path) -> None:
    circuit = ps.circuit(decide)
    rows = np.array([[number >> bit & 1 for bit in range(4)] for number in range(16)], bool)
    values = evaluate_dense(circuit, rows)
    table = ps.truth_table(np.hstack((rows, values)), "abcd", ["y", "z"])
    network = ps.compile(table, active=3)
    assert ps.verify_exhaustively(network, circuit).wrong == 0


@pytest.mark.parametrize("way", WAYS)
def test_names_of_gates_are_in_the_key_and_the_reports(way: str, tmp_path: Path) -> None:
    network = ps.compile(WAYS[way](tmp_path), active=3)
    network.save(tmp_path / "net.safetensors")
    assert network.key is not None
    network.key.save(tmp_path / "net.key.safetensors")
    key = ps.load_key(tmp_path / "net.key.safetensors")
    names = key.circuit.gate_names
    assert names == network.key.circuit.gate_names
    assert {"both", "odd", "z"} <= set(names)
    told = [
        key.describe(column, number)
        for number, layer in enumerate(key.layers)
        for column in range(len(layer.wires))
    ]
    assert f"gate {names.index('both')} 'both'" in told


def test_a_circuit_written_as_json_keeps_the_names_of_its_gates(tmp_path: Path) -> None:
    circuit = ps.circuit(decide)
    ps.write(circuit, tmp_path / "c.json")
    again = ps.read(tmp_path / "c.json")
    assert again.gate_names == circuit.gate_names
    assert "" in circuit.gate_names
