"""Does a method of verification notice when a network is wrong? Mutants of one that is proved.

A mutant is the network with one small change. Its truth is found by running all inputs, with none
of the library's code, and each method is asked the same question.
"""

from __future__ import annotations

import importlib.util
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import polyseme as ps
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell

TOOL = Path(__file__).resolve().parents[2] / "tools" / "check_certificate.py"
FEATURES, NEURONS, ACTIVE, SEED, MUTANTS, SAMPLES = 160, 80, 2, 0, 1000, 20_000
QUICK = 70
Draw = np.random.Generator


def _nudged(network: ps.Network, draw: Draw) -> ps.Network:
    return _with_weight(network, draw, lambda weight: weight + int(draw.choice([-1, 1])))


def _zeroed(network: ps.Network, draw: Draw) -> ps.Network:
    return _with_weight(network, draw, lambda weight: 0)


def _flipped(network: ps.Network, draw: Draw) -> ps.Network:
    return _with_weight(network, draw, lambda weight: -weight)


def _with_weight(network: ps.Network, draw: Draw, change: Callable[[int], int]) -> ps.Network:
    """Return the network with another weight in the place of one that is not 0."""
    layer = network.layers[0]
    weights = layer.weights.copy()
    places = np.argwhere(weights)
    unit, number = places[draw.integers(len(places))]
    weights[unit, number] = change(int(weights[unit, number]))
    return replace(network, layers=(replace(layer, weights=weights),), key=None)


def _swapped(network: ps.Network, draw: Draw) -> ps.Network:
    """Return the network with the readouts of two outputs exchanged, but not their thresholds."""
    readout = network.readout
    one, other = (
        slice(*readout.offsets[output : output + 2])
        for output in draw.permutation(len(readout.outputs))[:2]
    )
    neurons, weights = readout.neurons.copy(), readout.weights.copy()
    for kept in (neurons, weights):
        kept[one], kept[other] = kept[other].copy(), kept[one].copy()
    return replace(network, readout=replace(readout, neurons=neurons, weights=weights), key=None)


def _dropped(network: ps.Network, draw: Draw) -> ps.Network:
    """Return the network in which one output reads weights of 0."""
    readout = network.readout
    weights, output = readout.weights.copy(), int(draw.integers(len(readout.outputs)))
    weights[slice(*readout.offsets[output : output + 2])] = 0
    return replace(network, readout=replace(readout, weights=weights), key=None)


def _biased(network: ps.Network, draw: Draw) -> ps.Network:
    """Return the network with another bias: up to as much higher or lower as the bias is."""
    layer = network.layers[0]
    bias, unit = layer.bias.copy(), int(draw.integers(layer.bias.size))
    bias[unit] += int(draw.integers(-bias[unit], bias[unit] + 1))
    return replace(network, layers=(replace(layer, bias=bias),), key=None)


def _sign(network: ps.Network, draw: Draw) -> ps.Network:
    """Return the network with one sign of a feature's code changed."""
    code = network.encoder.code
    signs = code.signs.copy()
    feature, place = (int(draw.integers(size)) for size in signs.shape)
    signs[feature, place] *= -1
    encoder = replace(network.encoder, code=replace(code, signs=signs))
    return replace(network, encoder=encoder, key=None)


KINDS: dict[str, Callable[[ps.Network, Draw], ps.Network]] = {
    "nudge": _nudged,
    "zero": _zeroed,
    "flip": _flipped,
    "swap words": _swapped,
    "drop gate": _dropped,
    "bias": _biased,
    "encoder sign": _sign,
}
METHODS = ("linear", "branch-and-bound", "checker", "satisfied", "uniform")


def proved_network(circuit: ps.Circuit) -> ps.Network:
    """Return a network that is right on every input, its thresholds midway between readings."""
    network = ps.compile(
        circuit,
        construction="tight-frames",
        neurons=NEURONS,
        active=ACTIVE,
        epsilon=None,
        seed=SEED,
    )
    margins = ps.prove(network, active=ACTIVE).margins
    assert margins is not None
    middle = np.floor((margins.lowest_on + margins.highest_off) / 2) + 0.5
    thresholds = (middle * margins.scale).astype(np.float32)
    return replace(network, readout=replace(network.readout, thresholds=thresholds))


@dataclass(frozen=True)
class Inputs:
    """Inputs as a matrix (inputs, features) of 0 and 1, and what outputs must be on."""

    bits: NDArray[np.float32]
    must: NDArray[np.bool_]

    @classmethod
    def of(cls, circuit: ps.Circuit, rows: list[tuple[int, ...]]) -> Inputs:
        """Return inputs given by the features that are on, of a circuit of ANDs of two."""
        bits = np.zeros((len(rows), len(circuit.features)), np.float32)
        for row, on in enumerate(rows):
            bits[row, list(on)] = 1
        first, second = circuit.fan_in.reshape(-1, 2).T
        values = np.concatenate((bits, bits[:, first] * bits[:, second]), axis=1) > 0
        return cls(bits, values[:, circuit.outputs])

    def wrong(self, network: ps.Network) -> int:
        """Return how many inputs some output is wrong on; every sum is exact in float32."""
        layer, code, readout = network.layers[0], network.encoder.code, network.readout
        encoder = np.zeros((code.features, code.neurons), np.float32)
        np.put_along_axis(encoder, code.positions.astype(np.int64), code.signs, axis=1)
        reader = np.zeros((len(readout.outputs), layer.bias.size), np.float32)
        output = np.repeat(np.arange(len(reader)), np.diff(readout.offsets))
        np.add.at(reader, (output, readout.neurons), readout.weights)
        hidden = np.maximum(self.bits @ (encoder @ layer.weights.T) + layer.bias, 0)
        found = hidden @ reader.T * layer.scale >= readout.thresholds
        return int((found != self.must).any(axis=1).sum())


def samples(circuit: ps.Circuit) -> dict[str, Inputs]:
    """Return all inputs, and those that two kinds of sampling draw."""
    features = range(len(circuit.features))
    every = [on for size in range(ACTIVE + 1) for on in combinations(features, size)]
    draw, pairs = random.Random(SEED), circuit.fan_in.reshape(-1, 2).tolist()
    satisfied = [tuple(draw.choice(pairs)) for _ in range(SAMPLES)]
    uniform = [tuple(draw.sample(features, ACTIVE)) for _ in range(SAMPLES)]
    named = {"all": every, "satisfied": satisfied, "uniform": uniform}
    return {name: Inputs.of(circuit, rows) for name, rows in named.items()}


def checker() -> ModuleType:
    """Return the stand-alone checker as a module; it is no part of the package."""
    spec = importlib.util.spec_from_file_location("check_certificate", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def says_right(network: ps.Network, circuit: ps.Circuit, method: str) -> bool | None:
    """Return whether a method proves a mutant right; None if it does not serve, or cannot say."""
    try:
        return ps.prove(network, circuit, active=ACTIVE, method=method).proved
    except ps.OptionError:
        return None


class Checked:
    """The stand-alone checker, asked to accept that a mutant is what the first network was."""

    def __init__(self, circuit: ps.Circuit) -> None:
        """Keep the circuit's file."""
        self.tool, self.circuit = checker(), circuit

    def accepts(self, network: ps.Network) -> bool:
        """Return whether a certificate for up to two features on is accepted."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("n.safetensors", "c.json", "p.json")]
            network.save(paths[0])
            ps.write(self.circuit, paths[1])
            inputs = _inputs(len(self.circuit.features))
            claim = ps.Proof(
                True, ACTIVE, "branch-and-bound", inputs, None, None, ACTIVE, None, 0.0
            )
            ps.certificate(claim, paths[0], paths[1]).save(paths[2])
            given = (paths[2], paths[0], paths[1])
            status, _ = self.tool.verdict(*(path.read_bytes() for path in given))
            return bool(status == 0)


def _inputs(features: int) -> int:
    return 1 + features + features * (features - 1) // 2


def tried(count: int, tell: Tell) -> Iterator[dict[str, Any]]:
    """Yield what was found of each mutant: its kind, the wrong inputs, and what methods say."""
    circuit = ps.read(f"and2:features={FEATURES},gates={FEATURES}")
    network, inputs, checked = proved_network(circuit), samples(circuit), Checked(circuit)
    assert inputs["all"].wrong(network) == 0
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        mutant = KINDS[kind](network, np.random.default_rng([SEED, number]))
        found: dict[str, Any] = {"kind": kind, "wrong": inputs["all"].wrong(mutant)}
        for method in METHODS:
            started = time.process_time()
            if method == "checker":
                found[method] = checked.accepts(mutant)
            elif method in inputs:
                found[method] = inputs[method].wrong(mutant) == 0
            else:
                found[method] = says_right(mutant, circuit, method)
            found[f"{method} seconds"] = time.process_time() - started
        if not number % 50:
            tell(f"{number} of {count} mutants: {json.dumps(found)}")
        yield found


def tallied(found: list[dict[str, Any]]) -> Row:
    """Return the counts by kind, and for each method what it caught and where it was mistaken."""
    rows: list[Row] = []
    for kind in KINDS:
        some = [one for one in found if one["kind"] == kind]
        wrong = [one for one in some if one["wrong"]]
        row: Row = {"kind": kind, "mutants": len(some), "wrong": len(wrong)}
        for method in METHODS:
            row[method] = {
                "caught": sum(one[method] is False for one in wrong),
                "open": sum(one[method] is None for one in wrong),
                "false alarms": sum(one[method] is False for one in some if not one["wrong"]),
            }
        rows.append(row)
    seconds = {
        method: round(sum(one[f"{method} seconds"] for one in found), 1) for method in METHODS
    }
    return {"rows": rows, "cpu_seconds": seconds}


class Mutants(Part):
    """The share of wrong mutants that each method of verification notices."""

    name = "mutants"
    title = "Does the checker check?"
    measures = "mutants of a proved network, and which of them each method of verification catches"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Try mutants one after another."""
        return tallied(list(tried(QUICK if size is Size.QUICK else MUTANTS, tell)))

    def section(self, results: Results) -> list[str]:
        """Return the table of what was caught."""
        rows, seconds = results[self.name]["rows"], results[self.name]["cpu_seconds"]
        many = sum(row["mutants"] for row in rows)
        cells = [
            (row["kind"], row["mutants"], row["wrong"], *(row[m]["caught"] for m in METHODS))
            for row in (*rows, _total(rows))
        ]
        last = _total(rows)
        alarms = {method: last[method]["false alarms"] for method in METHODS}
        return [
            f"A network of {NEURONS} neurons for `and2:features={FEATURES},gates={FEATURES}`",
            f"(`tight-frames`, seed {SEED}, each threshold midway between the readings that",
            f"decide) is right on all {_inputs(FEATURES):,} inputs with at most {ACTIVE} features",
            f"on. Of it {many:,} mutants were made, seed {SEED}: *nudge* adds 1 to a weight or",
            "takes it away, *zero* and *flip* set a weight to 0 or to its negative, *swap words*",
            "exchanges what two outputs read, *drop gate* lets an output read nothing, *bias*",
            "moves a bias by up to itself, and *encoder sign* changes a sign of a feature's code.",
            "A mutant is *wrong* if any input is, which is found by running all of them with numpy",
            "and none of the library's code. Then come, of the wrong ones, those caught by the",
            "methods `linear` and `branch-and-bound` of `polyseme prove`, by",
            "`tools/check_certificate.py`, given a certificate that claims they are right, and by",
            f"{SAMPLES:,} samples: satisfied, each with the two features of a gate on, and",
            "uniform.",
            "",
            *table(("kind", "mutants", "wrong", *METHODS), cells),
            "`linear` says nothing where a ReLU may bend, as it may in",
            f"{last['linear']['open']} of the wrong mutants: these are for branch and bound.",
            "False alarms, right mutants that a method calls",
            "wrong: " + ", ".join(f"{alarms[method]} by {method}" for method in METHODS) + ".",
            "CPU seconds for all mutants: "
            + ", ".join(f"{seconds[method]:,.0f} for {method}" for method in METHODS)
            + ".",
        ]

    def finding(self, results: Results) -> str:
        """Return what was caught of the wrong ones."""
        last = _total(results[self.name]["rows"])
        return (
            f"{last['checker']['caught']} of {last['wrong']} wrong mutants caught by the checker, "
            f"{last['satisfied']['caught']} by {SAMPLES:,} satisfied samples"
        )


def _total(rows: list[Row]) -> Row:
    total: Row = {"kind": "all"}
    for name in ("mutants", "wrong"):
        total[name] = sum(row[name] for row in rows)
    for method in METHODS:
        total[method] = {name: sum(row[method][name] for row in rows) for name in rows[0][method]}
    return total
