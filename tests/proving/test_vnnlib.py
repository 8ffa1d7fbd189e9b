"""VNN-LIB: parsed as the formulas they are, and true of exactly the inputs that are wrong."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import Circuit
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.network import Network
from polyseme.proving import vnnlib
from polyseme.proving.vnnlib import VERSIONS, to_vnnlib
from support.linear_networks import drawn_network
from support.small_networks import oracle

TOKEN = re.compile(r'[()]|"[^"]*"|[^\s()]+')


def parsed(content: str) -> list:
    """The commands of a file as nested lists; comments begin with a semicolon."""
    stack: list[list] = [[]]
    for line in content.splitlines():
        for token in TOKEN.findall(line.split(";")[0]):
            if token == "(":
                stack.append([])
            elif token == ")":
                done = stack.pop()
                stack[-1].append(done)
            else:
                stack[-1].append(token)
    assert len(stack) == 1
    return stack[0]


def value(term, numbers: dict[str, float]):
    if isinstance(term, str):
        return numbers[term] if term in numbers else float(term)
    head, *rest = term
    values = [value(part, numbers) for part in rest]
    match head:
        case "and":
            return all(values)
        case "or":
            return any(values)
        case "+":
            return sum(values)
        case "<=":
            return values[0] <= values[1]
        case ">=":
            return values[0] >= values[1]
    raise AssertionError(head)


def holds(commands: list, x: np.ndarray, y: np.ndarray, version: str) -> bool:
    name = "{}_{}" if version == "1.0" else "{}[0,{}]"
    numbers = {name.format("X", i): float(one) for i, one in enumerate(x)}
    numbers |= {name.format("Y", i): float(one) for i, one in enumerate(y)}
    return all(value(command[1], numbers) for command in commands if command[0] == "assert")


def readings(network: Network, bits: np.ndarray) -> np.ndarray:
    return np.where(oracle(network, bits), 1.0, -1.0)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", range(12))
def test_a_property_is_true_of_the_wrong_inputs_alone(seed, version):
    network, circuit = drawn_network(seed)
    outputs = [str(circuit.output_names[seed % len(circuit.outputs)])]
    commands = parsed(to_vnnlib(network, outputs, circuit, active=2, version=version))
    every = parsed(to_vnnlib(network, None, circuit, active=2, version=version))
    bits = np.array(list(product([False, True], repeat=len(circuit.features))))
    wrong = oracle(network, bits) != ps.circuits.evaluate_dense(circuit, bits)
    output = circuit.output_names.index(outputs[0])
    for sample, y, errs in zip(bits, readings(network, bits), wrong, strict=True):
        kept = sample.sum() <= 2
        assert holds(commands, sample, y, version) == (kept and errs[output])
        assert holds(every, sample, y, version) == (kept and errs.any())


def small() -> tuple[Network, Circuit]:
    return drawn_network(0)


def test_everything_is_declared_once():
    network, circuit = small()
    features, outputs = len(circuit.features), len(circuit.outputs)
    one = parsed(to_vnnlib(network, None, circuit, active=2))
    declared = [command[1] for command in one if command[0] == "declare-const"]
    assert declared == [f"X_{i}" for i in range(features)] + [f"Y_{i}" for i in range(outputs)]
    two = parsed(to_vnnlib(network, None, circuit, active=2, version="2.0"))
    assert two[0] == ["vnnlib-version", "<2.0>"]
    assert two[1] == [
        "declare-network",
        "N",
        ["declare-input", "X", "float32", f"[1,{features}]", '"features"'],
        ["declare-output", "Y", "float32", f"[1,{outputs}]", '"outputs"'],
    ]


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"outputs": ["none"]}, "no output 'none'"),
        ({"outputs": []}, "list of names"),
        ({"outputs": "g0"}, "list of names"),
        ({"version": "3.0"}, "version"),
        ({"active": 0}, "active"),
    ],
)
def test_what_cannot_be_written_is_refused(given, rule):
    network, circuit = small()
    with pytest.raises(OptionError, match=rule):
        to_vnnlib(network, circuit=circuit, **given)


def test_a_network_of_very_many_numbers_is_refused(monkeypatch):
    network, circuit = small()
    monkeypatch.setattr(vnnlib, "MOST_NUMBERS", 5)
    with pytest.raises(CapacityError, match="a property may have 5"):
        to_vnnlib(network, circuit=circuit)
