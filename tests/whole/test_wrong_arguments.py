"""Wrong arguments of the public Python interface: one line that says what is wrong, never a crash.

Each function is called with valid arguments of which one or two are replaced by wrong ones. It must
raise a PolysemeError, or do what it is for all the same, as where a number of numpy stands for one
of Python.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial, wraps
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import problems

# Some of the calls are right and ask for too little, which they warn of.
pytestmark = pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning")

NAMES = [
    "compile",
    "compile, deep",
    "compile_report",
    "verify",
    "verify_exhaustively",
    "verify_layers",
    "reading_error",
    "worst_case",
    "prove",
    "certificate",
    "to_vnnlib",
    "wrong_pairs",
    "bounds",
    "bounds_of_width",
    "constructions",
    "input_kinds",
    "polysemanticity",
    "reference_as_read",
    "reproduce_figures",
    "run_counting_argument",
    "decompile",
    "agreement",
    "units_of",
    "about_unit",
    "about_feature",
    "interference",
    "effective_features",
    "strangest_company",
    "rows_of",
    "draw_gate",
    "draw_neuron",
    "run_study",
    "bench",
    "suite.names",
    "suite.load",
    "suite.subject",
    "edit",
    "served_by",
    "write",
    "citation",
    "circuit",
    "truth_table",
    "all_of",
    "any_of",
    "at_least",
    "load",
    "load_key",
    "read",
    "refine",
    "compile_refined",
    "train_twin",
    "build_circuit",
    "Circuit",
    "Names",
    "Names, numbered",
    "Names.position",
    "problems.pairwise_and",
    "problems.k_and",
    "problems.permutation",
    "problems.universal_and",
    "problems.layered",
    "problems.facts",
    "Network.run",
    "Network.activations",
    "Network.sample",
    "export_suite",
    "Network.activation_batches",
    "Network.save",
    "AnswerKey.save",
    "AnswerKey.belongs_to",
    "AnswerKey.columns_of",
    "AnswerKey.describe",
    "AnswerKey.neurons_of",
    "AnswerKey.terms_of",
    "AnswerKey.directions",
    "AnswerKey.labels",
    "LayerKey.readings",
]

WRONG: dict[str, Any] = {
    "None": None,
    "True": True,
    "empty text": "",
    "text": "three",
    "a number as text": "3",
    "two lines": "a\nb",
    "a NUL": "a\0b",
    "long text": "x" * 2000,
    "a lone surrogate": "\udcff",
    "bytes": b"3",
    "zero": 0,
    "minus one": -1,
    "a huge number": 10**30,
    "a huge negative number": -(10**30),
    "a whole float": 3.0,
    "a fraction": 1.5,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "a complex number": 2j,
    "int64": np.int64(2),
    "float32": np.float32(0.5),
    "NaN of numpy": np.float64("nan"),
    "an empty list": [],
    "a list of numbers": [1, 2],
    "a list of texts": ["x0", "nowhere"],
    "a nested list": [["x0"]],
    "a tuple": (0, 1),
    "a set": {"x0"},
    "a dictionary": {"x0": 1},
    "an array": np.arange(3),
    "a matrix": np.zeros((2, 2)),
    "an array of texts": np.array(["x0"]),
    "an object": object(),
    "a class": int,
    "a path": Path("nowhere") / "net.safetensors",
    "a folder": Path(),
}

# These stand for no argument of any function; None does where it is the default.
NEVER_RIGHT = (
    "an object",
    "a class",
    "not a number",
    "NaN of numpy",
    "infinity",
    "a complex number",
    "minus one",
    "a huge negative number",
    "a matrix",
)


@dataclass(frozen=True)
class Call:
    """A function, arguments with which it works, and how what it returns is seen to be right."""

    function: Callable[..., Any]
    valid: dict[str, Any]
    is_right: Callable[[Any], bool]


@wraps(ps.bench)
def _bench_one(**given: Any) -> ps.BenchRun:
    """Run the benchmark on one method; None stands for all, and takes minutes."""
    if given["method"] is None:
        raise ps.OptionError("method is None, which is all of them")
    return ps.bench(**given)


@cache
def shallow() -> ps.Network:
    return ps.compile(problems.pairwise_and(12, 12), neurons=12)


@cache
def tabular() -> ps.Network:
    facts = {f"s{i}": {"r": f"o{i % 3}"} for i in range(8)}
    return ps.compile(problems.facts(facts), active=2)


@cache
def deep() -> ps.Network:
    return ps.compile(problems.layered(12, 3, 2), active=2, neurons=80)


@cache
def linear() -> ps.Network:
    circuit = problems.pairwise_and(64, 64)
    return ps.compile(circuit, neurons=64, construction="tight-frames", active=2)


@cache
def refinable() -> ps.Network:
    circuit = problems.pairwise_and(300, 300)
    return ps.compile(circuit, neurons=256, construction="tight-frames")


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


def _is_table(value: Any) -> bool:
    return len(ps.rows_of(value)) > 0


def _gates(text: str) -> Call:
    gates = [(ps.GateKind.AND, (0, 1)), (ps.GateKind.OR, (2, 1))]
    valid = {"features": ["a", "b"], "gates": gates, "outputs": [2, 3], "output_names": ["p", "q"]}
    return Call(
        ps.build_circuit,
        valid | {"name": text, "inverted": [False, True], "gate_names": ["g", ""]},
        _is(ps.Circuit),
    )


def calls(folder: Path) -> dict[str, Call]:
    """Every function and method by the name under which a user calls it."""
    network, several = shallow(), deep()
    path, key = folder / "net.safetensors", folder / "net.key.safetensors"
    several_key = folder / "deep.key.safetensors"
    network.save(path)
    assert network.key is not None
    assert several.key is not None
    network.key.save(key)
    several.key.save(several_key)
    circuit = problems.pairwise_and(12, 12)
    arrays = {
        "kinds": circuit.kinds,
        "fan_in_offsets": circuit.fan_in_offsets,
        "fan_in": circuit.fan_in,
        "outputs": circuit.outputs,
        "output_names": circuit.output_names,
        "name": "small",
        "inverted": np.zeros(12, bool),
    }
    compiled = {
        "circuit": circuit,
        "active": 3,
        "error": 0.01,
        "epsilon": 0.25,
        "guarantee": "average",
        "neurons": 12,
        "construction": "auto",
        "encoder": "auto",
        "seed": 0,
        "note": lambda line: None,
        "progress": lambda headway: None,
    }
    tried = {
        "active": 2,
        "samples": 50,
        "inputs": "satisfied",
        "seed": 1,
        "progress": lambda headway: None,
    }
    drawn = {"features": 9, "gates": 8, "influence": "regular", "seed": 0}
    made = _is(ps.Circuit)
    target = folder / "out.safetensors"
    return {
        "compile": Call(ps.compile, compiled, _is(ps.Network)),
        "compile, deep": Call(
            ps.compile,
            {**compiled, "circuit": several.key.circuit, "neurons": 80, "carry": "auto"},
            _is(ps.Network),
        ),
        "compile_report": Call(ps.compile_report, compiled, _is(ps.Compilation)),
        "verify": Call(
            ps.verify,
            {"network": network, "circuit": circuit, "reference": None, **tried},
            _is(ps.Verification),
        ),
        "verify_exhaustively": Call(
            ps.verify_exhaustively,
            {"network": network, "circuit": circuit, "active": 2, "most_inputs": 99}
            | {"progress": lambda headway: None, "reference": None},
            _is(ps.Verification),
        ),
        "verify_layers": Call(
            ps.verify_layers, {"network": several, **tried}, lambda found: len(found.layers) > 1
        ),
        "reading_error": Call(
            ps.reading_error,
            {"network": network, "circuit": circuit, "active": 2, "samples": 1000, "seed": 1}
            | {"progress": lambda headway: None},
            _is(ps.ReadingError),
        ),
        "worst_case": Call(
            ps.worst_case,
            {"network": linear(), "circuit": problems.pairwise_and(64, 64), "active": 2}
            | {"progress": lambda headway: None},
            _is(ps.WorstCase),
        ),
        "prove": Call(
            ps.prove,
            {"network": linear(), "circuit": problems.pairwise_and(64, 64), "active": 2}
            | {"time_limit": 60.0, "method": "auto", "state": None}
            | {"progress": lambda headway: None},
            _is(ps.Proof),
        ),
        "certificate": Call(
            ps.certificate,
            {"proof": ps.prove(network), "network_file": path, "circuit_file": key},
            _is(ps.Certificate),
        ),
        "to_vnnlib": Call(
            ps.to_vnnlib,
            {"network": linear(), "outputs": ["g0"], "circuit": problems.pairwise_and(64, 64)}
            | {"active": 2, "version": "1.0"},
            _is(str),
        ),
        "wrong_pairs": Call(
            ps.wrong_pairs,
            {"network": linear(), "circuit": problems.pairwise_and(64, 64), "beside": ["x0"]}
            | {"progress": lambda headway: None},
            lambda found: found.inputs == 63 * 62 // 2,
        ),
        "bounds": Call(
            ps.bounds,
            {"circuit": circuit, "active": 3, "error": 0.01, "network": network}
            | {
                "bits": 4,
                "measure": False,
                "note": lambda line: None,
                "progress": lambda headway: None,
            },
            lambda found: found.gates == 12,
        ),
        "bounds_of_width": Call(
            ps.bounds_of_width,
            {"width": 20, "layers": 1, "active": 3, "error": 0.01, "bits": 1.0},
            lambda found: len(found.rows) >= 1,
        ),
        "constructions": Call(ps.constructions, {"name": "quadratic"}, _is(tuple)),
        "input_kinds": Call(ps.input_kinds, {"network": network, "circuit": circuit}, _is(dict)),
        "polysemanticity": Call(ps.polysemanticity, {"network": network}, _is(ps.Polysemanticity)),
        "reference_as_read": Call(
            ps.reference_as_read, {"source": "and2:features=4"}, lambda found: found is not None
        ),
        "reproduce_figures": Call(
            partial(ps.reproduce_figures, "reed-solomon"),
            {"seed": 0, "note": lambda line: None, "progress": lambda headway: None},
            lambda found: found.explained,
        ),
        "run_counting_argument": Call(
            ps.run_counting_argument,
            {
                "circuit": circuit,
                "active": 2,
                "seed": 0,
                "neurons": 12,
                "note": lambda line: None,
                "progress": lambda headway: None,
            },
            lambda found: found.outputs == 12,
        ),
        "decompile": Call(
            ps.decompile, {"network": network, "active": 2, "blind": False}, _is(ps.Decompiled)
        ),
        "agreement": Call(
            ps.agreement, {"found": circuit, "truth": circuit, "active": 2}, _is(ps.Agreement)
        ),
        "units_of": Call(ps.units_of, {"network": network, "name": "g0"}, _is_table),
        "about_unit": Call(
            ps.about_unit, {"network": several, "unit": 0, "layer": 1, "most": 5}, _is_table
        ),
        "about_feature": Call(ps.about_feature, {"network": network, "name": "x0"}, _is_table),
        "interference": Call(
            ps.interference, {"network": network, "one": "x0", "other": "x1"}, _is(dict)
        ),
        "effective_features": Call(
            ps.effective_features, {"network": several, "layer": 1}, _is(np.ndarray)
        ),
        "strangest_company": Call(
            ps.strangest_company,
            {"network": network, "unit": 0, "layer": 0},
            _is(tuple, type(None)),
        ),
        "rows_of": Call(ps.rows_of, {"table": {"unit": [0]}}, _is(list)),
        "draw_gate": Call(
            ps.draw_gate,
            {"network": network, "name": "g0", "path": folder / "gate.png"},
            _is(type(None)),
        ),
        "draw_neuron": Call(
            ps.draw_neuron,
            {"network": network, "unit": 0, "path": folder / "neuron.png", "layer": 0},
            _is(type(None)),
        ),
        "run_study": Call(
            ps.run_study,
            {
                "study": {"task": "builtins:dict", "grid": {"seed": [0]}},
                "folder": folder / "study",
                "jobs": 1,
            },
            _is(ps.StudyRun),
        ),
        "bench": Call(
            _bench_one,
            {"suite": "small", "method": "random-directions", "folder": folder / "bench"}
            | {"jobs": 1, "progress": lambda headway: None},
            _is(ps.BenchRun),
        ),
        "suite.names": Call(ps.suite.names, {"suite": "small"}, _is(tuple)),
        "suite.load": Call(ps.suite.load, {"name": "and2-64-load1"}, _is(ps.Network)),
        "suite.subject": Call(
            ps.suite.subject, {"name": "and2-64-load1"}, lambda found: len(found.code) == 64
        ),
        "edit": Call(
            ps.edit,
            {"network": tabular(), "set": ["s0: r=o1"], "remove": ["s1: r"]},
            _is(ps.Edited),
        ),
        "served_by": Call(ps.served_by, {"network": several, "unit": 0, "layer": 1}, _is(tuple)),
        "write": Call(
            ps.write,
            {"circuit": circuit, "path": folder / "out.aig"},
            lambda nothing: nothing is None,
        ),
        "citation": Call(ps.citation, {"network": network}, _is(str)),
        "circuit": Call(
            ps.circuit,
            {"function": lambda a, b: ps.all_of(a) | b, "widths": {"a": 2}, "name": "small"},
            made,
        ),
        "truth_table": Call(
            ps.truth_table,
            {"table": {"0": "1", "1": "0"}, "inputs": ["a"], "outputs": ["y"], "name": "small"},
            made,
        ),
        "all_of": Call(lambda bits: ps.all_of(bits), {"bits": [True, False]}, _is(bool)),
        "any_of": Call(lambda bits: ps.any_of(bits), {"bits": [True, False]}, _is(bool)),
        "at_least": Call(
            lambda count, bits: ps.at_least(count, bits), {"count": 1, "bits": [True]}, _is(bool)
        ),
        "load": Call(ps.load, {"path": path, "key": key}, _is(ps.Network)),
        "load_key": Call(ps.load_key, {"path": key}, lambda found: found is not None),
        "read": Call(ps.read, {"source": "and2:features=4"}, made),
        "refine": Call(
            ps.refine,
            {"network": refinable(), "passes": 1, "error": 0.01, "seed": 0, "state": None}
            | {"note": lambda line: None, "progress": lambda headway: None},
            _is(ps.Refined),
        ),
        "compile_refined": Call(
            ps.compile_refined,
            {"circuit": problems.pairwise_and(300, 300), "passes": 1, "neurons": 228}
            | {
                "error": 0.01,
                "epsilon": 0.25,
                "seed": 0,
                "note": lambda line: None,
                "progress": lambda headway: None,
            },
            _is(ps.Compilation),
        ),
        "train_twin": Call(
            ps.train_twin,
            {"circuit": circuit, "neurons": 9, "active": 3, "encoder": "fixed"}
            | {"readout": "free", "loss": "band", "steps": 2, "rate": 0.01, "batch": 9}
            | {"hard": 1, "samples": 1000, "seed": 0, "state": None, "device": "cpu"}
            | {"progress": lambda headway: None},
            _is(ps.Twin),
        ),
        "build_circuit": _gates("small"),
        "Circuit": Call(ps.Circuit, {"features": circuit.features, **arrays}, made),
        "Names": Call(ps.Names, {"listed": ["a", "b"]}, lambda names: len(names) >= 0),
        "Names, numbered": Call(
            ps.Names, {"prefix": "x", "count": 3}, lambda names: len(names) >= 0
        ),
        "Names.position": Call(circuit.features.position, {"name": "x3"}, _is(int)),
        "problems.pairwise_and": Call(problems.pairwise_and, drawn, made),
        "problems.k_and": Call(problems.k_and, {**drawn, "inputs": 3}, made),
        "problems.permutation": Call(problems.permutation, {"features": 9, "seed": 0}, made),
        "problems.universal_and": Call(problems.universal_and, {"features": 9}, made),
        "problems.layered": Call(
            problems.layered, {"width": 9, "depth": 2, "active": 2, "seed": 0}, made
        ),
        "problems.facts": Call(problems.facts, {"table": {"a": {"is": "b"}}}, made),
        "Network.run": Call(network.run, {"on": ["x0", "x1"]}, _is(list)),
        "Network.activations": Call(network.activations, {"on": [["x0"], ["x1"]]}, _is(dict)),
        "Network.sample": Call(
            network.sample,
            {"inputs": "satisfied", "samples": 9, "active": 2, "seed": 1, "sparse": False},
            lambda found: found.shape[1] == 12,
        ),
        "export_suite": Call(
            export_anew,
            {"networks": {"a": network}, "folder": folder / "set", "licence": "mit", "title": "A"},
            lambda place: place.is_dir(),
        ),
        "Network.activation_batches": Call(
            network.activation_batches,
            {"site": 0, "samples": 9, "batch": 4, "inputs": "satisfied", "active": 2, "seed": 1},
            lambda found: next(found).shape[0] >= 1,
        ),
        "Network.save": Call(network.save, {"path": target}, lambda nothing: nothing is None),
        "AnswerKey.save": Call(network.key.save, {"path": target}, lambda nothing: nothing is None),
        "AnswerKey.belongs_to": Call(network.key.belongs_to, {"network": network}, _is(bool)),
        "AnswerKey.columns_of": Call(
            network.key.columns_of, {"unit": 0, "layer": 0}, _is(np.ndarray)
        ),
        "AnswerKey.describe": Call(network.key.describe, {"column": 0, "layer": 0}, _is(str)),
        "AnswerKey.neurons_of": Call(
            several.key.neurons_of, {"name": "x0", "layer": 0}, _is(np.ndarray)
        ),
        "AnswerKey.terms_of": Call(network.key.terms_of, {"unit": 0, "layer": 0}, _is(tuple)),
        "AnswerKey.directions": Call(
            network.key.directions, {"site": 0}, lambda found: found.shape[0] == 12
        ),
        "AnswerKey.labels": Call(
            network.key.labels, {"on": [["x0"]], "site": 0}, lambda found: found.shape[1] == 12
        ),
        "LayerKey.readings": Call(
            several.key.layers[0].readings,
            {"activations": np.zeros((2, several.layers[0].width), np.float32)},
            _is(np.ndarray),
        ),
    }


@dataclass(frozen=True)
class Fault:
    """What came of wrong arguments that should not have."""

    arguments: str
    outcome: str


def fault_of(call: Call, replaced: dict[str, str]) -> Fault | None:
    """Call with some arguments replaced by wrong ones; nothing where it takes that well."""
    arguments = call.valid | {name: WRONG[wrong] for name, wrong in replaced.items()}
    said = ", ".join(f"{name}: {wrong}" for name, wrong in replaced.items())
    try:
        right = call.is_right(call.function(**arguments))
    except ps.PolysemeError as error:
        message = str(error)
        one_line = bool(message) and len(message.splitlines()) == 1
        return None if one_line else Fault(said, f"a message of several lines, {message[:80]!r}")
    except Exception as error:
        return Fault(said, f"{type(error).__name__}: {str(error)[:80]}")
    if not right:
        return Fault(said, "returned what is not right")
    took = [name for name, wrong in replaced.items() if wrong in NEVER_RIGHT]
    took += [
        name for name, wrong in replaced.items() if wrong == "None" and not may_be_none(call, name)
    ]
    return Fault(said, f"{took[0]} was taken") if took else None


def may_be_none(call: Call, name: str) -> bool:
    parameter = inspect.signature(call.function).parameters[name]
    return parameter.default is None or "None" in str(parameter.annotation)


def export_anew(networks: Any, folder: Any, licence: Any, title: Any) -> Path:
    """Export to a folder that an earlier call may have made."""
    with suppress(TypeError, ValueError, OSError):
        if Path(folder).name == "set":
            rmtree(folder)
    return ps.export_suite(networks, folder, licence=licence, title=title)


def faults(call: Call, examples: int) -> list[Fault]:
    """Faults among so many wrong calls, drawn the same in every run."""
    found: dict[str, Fault] = {}
    names = st.lists(st.sampled_from(sorted(call.valid)), min_size=1, max_size=2, unique=True)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(names.flatmap(lambda chosen: st.fixed_dictionaries(dict.fromkeys(chosen, WRONGS))))
    def attempt(replaced: dict[str, str]) -> None:
        fault = fault_of(call, replaced)
        if fault is not None:
            found[fault.arguments] = fault

    attempt()
    return list(found.values())


WRONGS = st.sampled_from(list(WRONG))
# A wrong call of these that is taken for a right one descends for a second.
EXAMPLES, FEW = 200, 40


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Call]:
    # Some wrong arguments are paths for all that, and files appear there.
    monkeypatch.chdir(tmp_path)
    return calls(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_arguments_are_told_in_one_line_or_do_no_harm(
    table: dict[str, Call], name: str
) -> None:
    if name == "refine":
        pytest.importorskip("torch")
    slow = name in ("refine", "compile_refined")
    found = faults(table[name], FEW if slow else EXAMPLES)
    for fault in found:
        print(f"{name}({fault.arguments}): {fault.outcome}")
    assert not found, f"{len(found)} wrong calls, such as {name}({found[0].arguments})"


def test_the_table_is_whole(table: dict[str, Call]) -> None:
    assert list(table) == NAMES
    functions = {name for name in ps.__all__ if callable(getattr(ps, name))}
    results = {"AnswerKey", "Bit", "Compilation", "GateKind", "LayerKey", "Network"}
    results |= {"Headway", "Polysemanticity", "Refined", "Verification", "WorstCase"}
    results |= {"Certificate", "Margins", "Proof", "WrongPairs"}
    results |= {"Agreement", "BenchRun", "Decompiled", "Edited", "StudyRun", "Twin"}
    errors = {name for name in functions if name.endswith(("Error", "Warning"))}
    assert functions - results - errors <= {name.partition(",")[0] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_the_arguments_that_are_replaced_were_right(table: dict[str, Call], name: str) -> None:
    if name == "refine":
        pytest.importorskip("torch")
    assert fault_of(table[name], {}) is None
    assert table[name].is_right(table[name].function(**table[name].valid))
