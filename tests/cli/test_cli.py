"""The command line: what each command prints and writes, and what every bad one is told."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
import os
import string
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

import polyseme as ps
from polyseme.circuits import evaluate_dense, evaluate_sparse, problems
from polyseme.cli.main import main
from polyseme.cli.output.compile_report import Compiled, emit_compiled
from polyseme.cli.output.text import one_line
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.report import Compilation, LayerDecision
from polyseme.compiler.task import Task
from polyseme.limits.counting import counting_bits
from polyseme.networks.deep_key import DeepKey
from polyseme.networks.saving.files import key_path
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.layers import verify_layers

PROBLEM = "and2:features=200,gates=200"
EASY = [PROBLEM, "--active", "2", "--error", "0.004", "--construction", "three-channel"]
COMMANDS = (
    "compile",
    "verify",
    "run",
    "inspect",
    "bounds",
    "constructions",
    "counting",
    "reproduce",
    "export",
    "convert",
)
FACTS = [
    ["country", "capital", "continent"],
    ["France", "Paris", "Europe"],
    ["Korea, South", "Seoul", "Asia"],
    ["Peru", "Lima", ""],
    ["[bold]Italy", "Rome", "Europe"],
]


@dataclass(frozen=True)
class Outcome:
    """What one command line left behind."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> dict[str, Any]:
        """The one object on standard output, which must hold nothing else."""
        assert self.stdout.count("\n") == 1
        value = json.loads(self.stdout, parse_constant=lambda word: pytest.fail(word))
        assert isinstance(value, dict)
        return value


def call(*arguments: str | Path) -> Outcome:
    """Run one command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return Outcome(status, out.getvalue(), err.getvalue())


def done(*arguments: str | Path, status: int = 0) -> Outcome:
    outcome = call(*arguments)
    assert outcome.status == status, outcome.stderr
    return outcome


def assert_refused(outcome: Outcome, *parts: str) -> None:
    """Bad input: status 2, one line on standard error, nothing on standard output."""
    assert (outcome.status, outcome.stdout) == (2, ""), outcome
    assert outcome.stderr.startswith("polyseme: ")
    assert outcome.stderr.endswith("\n")
    assert len(outcome.stderr.splitlines()) == 1, outcome.stderr
    assert "Traceback" not in outcome.stderr
    for part in parts:
        assert part in outcome.stderr


@dataclass(frozen=True)
class Bench:
    """A folder with networks and things that are none."""

    folder: Path
    net: Path
    weak: Path
    facts_net: Path
    facts: Path
    keyless: Path
    spoilt: tuple[Path, ...]

    def contents(self) -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in sorted(self.folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("cli")
    net, weak, facts_net = (folder / f"{x}.safetensors" for x in ("net", "weak", "facts"))
    facts, keyless = folder / "facts.csv", folder / "keyless.safetensors"
    with facts.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(FACTS)
    done("compile", *EASY, "-o", net)
    done("compile", PROBLEM, "--neurons", "150", "-o", weak, status=1)
    done("compile", facts, "-o", facts_net)
    keyless.write_bytes(net.read_bytes())
    spoilt = {
        "empty.safetensors": b"",
        "junk.safetensors": bytes(range(256)) * 9,
        "cut.safetensors": net.read_bytes()[:-5],
        "bare.safetensors": b"\x02\x00\x00\x00\x00\x00\x00\x00{}",
        "other.safetensors": key_path(net).read_bytes(),
        "broken.csv": b"country,capital\nFrance\n",
    }
    for name, content in spoilt.items():
        (folder / name).write_bytes(content)
    (folder / "folder.csv").mkdir()
    paths = (*(folder / name for name in spoilt), folder / "folder.csv", folder / "missing.csv")
    return Bench(folder, net, weak, facts_net, facts, keyless, paths)


# compile


def test_compile_writes_a_network_and_its_answer_key_and_says_what_they_are(
    bench: Bench, tmp_path: Path
) -> None:
    target = tmp_path / "a.safetensors"
    fields = done("compile", *EASY, "--seed", "3", "-o", target, "--json").json()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.key.safetensors",
        "a.safetensors",
    ]
    network = ps.load(target, key=key_path(target))
    possible = ps.bounds(ps.read(PROBLEM), active=2, error=0.004)
    task = Task(ps.read(PROBLEM), 2, 0.004, seed=3)
    asked = {
        "features": 200,
        "outputs": 200,
        "gates": 200,
        "layers": 1,
        "units": network.neurons,
        "neurons": network.layers[0].weights.shape[0],
        "neurons_total": network.neurons,
        "carried": 0,
        "parameters": network.parameters,
        "weight_bits": network.weight_bits(),
        "monosemantic_neurons": 200,
        "lower_bound_neurons": possible.lower_bound_neurons,
        "predicted_neurons": CATALOGUE["three-channel"].candidate(task).declared.neurons,
        "construction": "three-channel",
        "active": 2,
        "samples": 20_000,
        "inputs": "satisfied",
        "seed": 3,
        "source": PROBLEM,
        "channels": {"output": 200, "input": 0, "mixed": 0, "own": 0},
        "dimensions": network.layers[0].weights.shape[1],
        "in_superposition": True,
        "bits": possible.bits,
        "weights_dtype": str(network.layers[0].weights.dtype),
        "note": network.provenance.note,
        "per_layer": [],
    }
    assert {name: fields[name] for name in asked} == asked
    assert set(fields) - set(asked) == {"error", "error_interval", "seconds"}
    assert fields["neurons"] < 200
    wrong = round(fields["error"] * fields["samples"])
    assert fields["error_interval"] == list(clopper_pearson(wrong, fields["samples"]))
    assert fields["seconds"] > 0


def test_compile_writes_the_same_bytes_as_the_library(bench: Bench, tmp_path: Path) -> None:
    ps.compile(ps.read(PROBLEM), active=2, error=0.004, construction="three-channel").save(
        str(tmp_path / "b.safetensors")
    )
    assert (tmp_path / "b.safetensors").read_bytes() == bench.net.read_bytes()


def test_compile_reports_in_words(bench: Bench) -> None:
    report = done("compile", *EASY)
    neurons = ps.load(bench.net).neurons
    assert f"{neurons} ReLUs compute 200 gates: {200 / neurons:.1f} gates a neuron" in report.stdout
    assert "of 20,000 inputs" in report.stdout
    assert "200 features in superposition in" in report.stdout
    assert f"superposition saves {1 - neurons / 200:.0%}" in report.stdout
    assert "saved         nothing" in report.stdout
    assert "times as many\n" in report.stdout
    assert "probe" in report.stderr
    # Where the size is given nothing was predicted.
    given = call("compile", *EASY, "--neurons", str(neurons))
    assert "predicted" not in given.stdout


def test_compile_counts_facts_as_facts_and_permutations_as_outputs(bench: Bench) -> None:
    facts = done("compile", bench.facts).stdout
    assert "7 ReLUs compute 7 facts: 1.0 facts a neuron" in facts
    assert "superposition saves nothing" in facts
    assert "note " in facts
    permutation = done("compile", "permutation:features=30", "--neurons", "30").stdout
    assert "30 ReLUs compute 30 outputs" in permutation


@pytest.mark.parametrize(
    ("options", "dimensions", "construction"),
    [
        (["--construction", "monosemantic"], 200, "monosemantic"),
        (["--neurons", "1000"], 200, "monosemantic"),
        (["--neurons", "150", "--encoder", "basis"], 200, "three-channel"),
        (["--neurons", "150", "--encoder", "superposed"], 150, "three-channel"),
        (["--neurons", "auto"], None, "three-channel"),
        (["--neurons", "150", "--construction", "auto"], 144, "tight-frames"),
        (["--encoder", "basis", "--construction", "auto"], 200, "reed-solomon"),
    ],
)
def test_compile_obeys_its_options(
    options: list[str], dimensions: int | None, construction: str
) -> None:
    fields = done("compile", *EASY, *options, "--json").json()
    assert fields["construction"] == construction
    assert fields["dimensions"] == (dimensions or fields["dimensions"])


def test_compile_of_too_few_neurons_falls_short_but_saves_what_it_made(
    bench: Bench, tmp_path: Path
) -> None:
    target = tmp_path / "weak.safetensors"
    outcome = done("compile", PROBLEM, "--neurons", "150", "-o", target, "--json", status=1)
    fields = outcome.json()
    assert fields["neurons"] <= 150
    assert fields["error_interval"][1] > 1e-3
    assert "falls short" in outcome.stderr
    assert target.read_bytes() == bench.weak.read_bytes()


def test_compile_never_writes_over_its_source(bench: Bench, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(bench.facts.read_bytes())
    as_key = tmp_path / "net.key.safetensors"
    as_key.write_bytes(bench.facts.read_bytes())
    (tmp_path / "again.csv").symlink_to(table)
    for source, target in (
        (table, table),
        (f"facts:{table}", table),
        (table, tmp_path / "again.csv"),
        (table, tmp_path / ".." / tmp_path.name / "table.csv"),
        (f"facts:{as_key}", tmp_path / "net.safetensors"),
    ):
        assert_refused(call("compile", source, "-o", target), "overwritten")
    assert table.read_bytes() == as_key.read_bytes() == bench.facts.read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_compile_looks_at_its_output_before_it_works(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "polyseme.cli.commands.compile.read", lambda source: pytest.fail("has begun")
    )
    for target, rule in (
        (bench.folder / "absent" / "net", "there is no directory"),
        (bench.facts / "net", "there is no directory"),
        (bench.folder, "is a directory"),
        (bench.folder / ("x" * 300), "File name too long"),
        (bench.folder / ("x" * 245), "File name too long"),
        ("", "not the name of a file"),
        ("..", "not the name of a file"),
        (f"{bench.folder}/absent/", "not the name of a file"),
    ):
        assert_refused(call("compile", PROBLEM, "-o", target), rule)


# verify


@pytest.mark.parametrize("inputs", ["satisfied", "near-miss", "uniform", "alone"])
def test_verify_tells_what_the_library_measures(bench: Bench, inputs: str) -> None:
    options = ["--inputs", inputs, "--samples", "700", "--seed", "5", "--error", "0.2"]
    fields = done("verify", bench.weak, *options, "--json").json()
    network = ps.load(bench.weak, key=key_path(bench.weak))
    wanted = ps.verify(network, samples=700, inputs=inputs, seed=5)
    assert fields == {
        "samples": wanted.samples,
        "wrong": wanted.wrong,
        "error": wanted.error,
        "error_interval": list(wanted.error_interval),
        "inputs": inputs,
        "active": 3,
        "evaluator": "circuit",
        "proved": None if inputs != "alone" or wanted.wrong else "every gate alone",
        "first_wrong": list(wanted.first_wrong),
    }


def test_verify_tells_an_input_that_is_truly_wrong(bench: Bench) -> None:
    fields = done("verify", bench.weak, "--samples", "2000", "--json", status=1).json()
    on = fields["first_wrong"]
    circuit = ps.read(PROBLEM)
    truth = evaluate_sparse(circuit, np.array([[circuit.features.position(name) for name in on]]))
    assert 1 <= len(on) <= 3
    assert set(ps.load(bench.weak).run(on)) != {circuit.output_names[i] for i in truth.indices}


def test_verify_falls_short_only_where_the_error_surely_is_above_the_one_asked_for(
    bench: Bench,
) -> None:
    options = ["verify", bench.weak, "--samples", "2000", "--json"]
    low, high = done(*options, status=1).json()["error_interval"]
    assert "falls short on satisfied inputs" in call(*options).stderr
    assert done(*options, "--error", str((low + high) / 2)).stderr == ""
    assert done(*options, "--error", str(low * 0.99), status=1).stdout != ""


def test_verify_compares_with_the_source_that_is_named(bench: Bench) -> None:
    for net in (bench.net, bench.keyless):
        done("verify", net, PROBLEM, "--samples", "500", "--error", "0.02")
        other = done("verify", net, f"{PROBLEM},seed=1", "--samples", "500", "--json", status=1)
        assert other.json()["wrong"] > 400


def test_verify_proves_every_gate_alone_only_when_none_is_left_out(bench: Bench) -> None:
    alone = ["verify", bench.net, "--inputs", "alone", "--json", "--samples"]
    complete = done(*alone, "200").json()
    assert (complete["samples"], complete["proved"]) == (200, "every gate alone")
    partial = done(*alone, "199").json()
    assert (partial["samples"], partial["proved"]) == (199, None)
    words = done("verify", bench.net, "--inputs", "alone").stdout
    assert "proved  every gate alone" in words
    assert "error   0, exact" in words


def test_verify_all_runs_everything_and_leads_with_the_worst(bench: Bench) -> None:
    options = ["verify", bench.weak, "--inputs", "all", "--samples", "1000"]
    fields = done(*options, "--json", status=1).json()
    assert [run["inputs"] for run in fields["runs"]] == [
        "satisfied",
        "one-short",
        "near-miss",
        "uniform",
        "alone",
    ]
    worst = max(fields["runs"], key=lambda run: run["error"])
    assert {name: value for name, value in fields.items() if name != "runs"} == worst
    for run in fields["runs"]:
        one = call(*options[:2], "--inputs", run["inputs"], "--samples", "1000", "--json")
        assert one.json() == run
    table = done(*options, status=1).stdout
    for run in fields["runs"]:
        assert f" {run['inputs']} " in table
        assert f" {run['wrong']:,} " in table


def test_verify_needs_a_circuit_that_fits(bench: Bench) -> None:
    assert_refused(call("verify", bench.keyless), "keyless.key.safetensors", "name the SOURCE")
    assert_refused(call("verify", bench.net, "and2:features=201,gates=200"), "201")
    assert_refused(call("verify", bench.net, "--active", "201"), "201", "200 features")
    assert_refused(call("verify", bench.net, "--active", "200", "--samples", "1000000"), "product")


# run


def test_run_prints_the_outputs_that_are_on_one_a_line(bench: Bench) -> None:
    circuit = ps.read(PROBLEM)
    pairs = circuit.fan_in.reshape(-1, 2)
    for gate in (0, 7, 199):
        on = [circuit.features[int(feature)] for feature in pairs[gate]]
        both = done("run", bench.net, "--on", ",".join(on))
        apart = done("run", bench.net, "--on", on[1], "--on", on[0], "--on", on[1])
        assert both == apart == Outcome(0, f"g{gate}\n", "")
        fields = done("run", bench.net, "--on", ", ".join(on), "--json").json()
        assert fields == {"on": on, "outputs": [f"g{gate}"]}


def test_run_takes_a_name_with_a_comma_whole(bench: Bench) -> None:
    said = done("run", bench.facts_net, "--on", "Korea, South", "--on", "capital,continent")
    assert set(said.stdout.splitlines()) == {"capital=Seoul", "continent=Asia"}
    assert said.stderr == ""
    odd = done("run", bench.facts_net, "--on", "[bold]Italy", "--on", "capital")
    assert odd.stdout == "capital=Rome\n"


def test_run_with_nothing_to_say_prints_nothing(bench: Bench) -> None:
    said = done("run", bench.facts_net, "--on", "Peru,continent")
    assert (said.stdout, said.stderr) == ("", "no output is on\n")
    fields = done("run", bench.facts_net, "--on", "Peru,continent", "--json").json()
    assert fields == {"on": ["Peru", "continent"], "outputs": []}


def test_run_warns_of_a_broken_promise(bench: Bench) -> None:
    kept = done("run", bench.facts_net, "--on", "Peru,France,Peru,capital")
    assert kept.stderr == ""
    broken = done("run", bench.facts_net, "--on", "Peru,France,capital,continent")
    assert "4 features are on, more than the 3" in broken.stderr
    assert len(broken.stderr.splitlines()) == 1


def test_run_names_the_feature_it_does_not_know(bench: Bench) -> None:
    assert_refused(call("run", bench.facts_net, "--on", "france"), "did you mean 'France'")
    assert_refused(call("run", bench.facts_net, "--on", "Korea, South,capital"), "'Korea'")
    assert_refused(call("run", bench.net, "--on", "x0,x200"), "'x200'")
    assert_refused(call("run", bench.net, "--on", ""), "''")
    assert_refused(call("run", bench.net), "--on")


# inspect


def test_inspect_tells_what_is_in_the_file(bench: Bench) -> None:
    fields = done("inspect", bench.weak, "--json").json()
    network = ps.load(bench.weak, key=key_path(bench.weak))
    weights = network.layers[0].weights
    share = float((weights != 0).mean())
    assert fields["layers"] == [
        {
            "neurons": weights.shape[0],
            "units": weights.shape[0],
            "cap": 0,
            "squared": False,
            "carried": 0,
            "inputs": weights.shape[1],
            "weights_dtype": str(weights.dtype),
            "stored": "dense",
            "nonzero_share": pytest.approx(share),
        }
    ]
    assert (fields["source"], fields["construction"]) == (PROBLEM, "three-channel")
    served = _terms_of_each_neuron(network)
    spread = fields["terms_a_neuron"]
    assert spread["min"] == min(map(len, served))
    assert spread["max"] == max(map(len, served))
    assert spread["median"] == np.median([len(terms) for terms in served])
    for bar in spread["histogram"]:
        inside = [terms for terms in served if bar["from"] <= len(terms) <= bar["to"]]
        assert bar["neurons"] == len(inside)
    assert sum(bar["neurons"] for bar in spread["histogram"]) == len(served)


def _terms_of_each_neuron(network: ps.Network) -> list[list[str]]:
    key = network.key
    assert key is not None
    served: list[list[str]] = [[] for _ in range(network.neurons)]
    for term in range(len(key.terms)):
        for neuron in key.term_neurons[key.term_offsets[term] : key.term_offsets[term + 1]]:
            served[neuron].append(key.describe_term(term))
    return served


def test_inspect_tells_in_words(bench: Bench) -> None:
    said = done("inspect", bench.weak).stdout
    assert PROBLEM in said
    assert "200 in 150 dimensions, in superposition" in said
    assert "terms a neuron  min" in said
    assert "bits of entropy a weight" in said
    assert "terms a neuron" not in done("inspect", bench.keyless).stdout
    assert done("inspect", bench.keyless, "--json").json()["terms_a_neuron"] is None


@pytest.mark.parametrize("neuron", [0, 77, 149])
def test_inspect_tells_what_one_neuron_serves(bench: Bench, neuron: int) -> None:
    served = _terms_of_each_neuron(ps.load(bench.weak, key=key_path(bench.weak)))[neuron]
    fields = done("inspect", bench.weak, "--neuron", str(neuron), "--json").json()
    assert fields["neuron"] == {"number": neuron, "terms": served}
    said = done("inspect", bench.weak, "--neuron", str(neuron)).stdout.splitlines()
    assert said[-len(served) - 1 :] == [
        f"neuron {neuron} serves {len(served)} terms",
        *(f"  {term}" for term in served),
    ]


def test_inspect_of_a_neuron_needs_one_that_is_there_and_the_key(bench: Bench) -> None:
    assert_refused(call("inspect", bench.weak, "--neuron", "150"), "0 to 149")
    assert_refused(call("inspect", bench.keyless, "--neuron", "0"), "keyless.key.safetensors")


def test_a_key_of_another_network_is_refused(bench: Bench, tmp_path: Path) -> None:
    net = tmp_path / "net.safetensors"
    net.write_bytes(bench.net.read_bytes())
    key_path(net).write_bytes(key_path(bench.weak).read_bytes())
    assert_refused(call("inspect", net), "net.key.safetensors")
    assert_refused(call("verify", net), "net.key.safetensors")
    key_path(net).write_bytes(b"junk")
    assert_refused(call("inspect", net), "net.key.safetensors")


# bounds


def test_bounds_tells_what_the_library_knows(bench: Bench) -> None:
    fields = done("bounds", PROBLEM, "--active", "2", "--error", "0.01", "--json").json()
    assert fields == ps.bounds(ps.read(PROBLEM), active=2, error=0.01).as_json()
    assert {"lower", "constructions", "monosemantic_neurons"} <= set(fields)
    said = done("bounds", PROBLEM, "--active", "2", "--error", "0.01").stdout
    for row in [*fields["lower"], *fields["constructions"]]:
        assert any(
            row["name"] in line and f" {row['neurons']:,} " in line for line in said.splitlines()
        )
    assert "monosemantic" in done("bounds", bench.facts).stdout


def test_bounds_refuses_promises_out_of_range() -> None:
    assert_refused(call("bounds", PROBLEM, "--active", "201"), "201")
    assert_refused(call("bounds", PROBLEM, "--error", "0"), "1e-6")


# export


def test_export_to_torch_is_a_state_dict_that_loads_into_the_same_layers(
    bench: Bench, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    target = tmp_path / "torch.safetensors"
    fields = done("export", bench.net, "--to", "torch", "-o", target, "--json").json()
    assert fields == {"file": str(target), "format": "torch", "bytes": target.stat().st_size}
    wanted = ps.load(bench.net).to_torch().state_dict()
    saved = load_file(target)
    assert set(saved) == set(wanted)
    for name, tensor in saved.items():
        assert torch.equal(torch.from_numpy(tensor), wanted[name])


def test_export_to_onnx_runs_elsewhere(bench: Bench, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    target = tmp_path / "net.onnx"
    said = done("export", bench.facts_net, "--to", "onnx", "-o", target)
    assert said.stdout == f"{target}: {target.stat().st_size:,} bytes written\n"
    network = ps.load(bench.facts_net)
    row = np.zeros((1, len(network.encoder.features)), np.float32)
    row[0, [network.encoder.features.position(x) for x in ("Peru", "capital")]] = 1
    on = runtime.InferenceSession(target).run(["on"], {"features": row})[0]
    assert [network.readout.outputs[int(i)] for i in np.flatnonzero(on[0])] == ["capital=Lima"]


@pytest.mark.parametrize("extra", ["torch", "onnx"])
def test_export_names_the_extra_that_is_missing(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, extra, None)
    outcome = call("export", bench.net, "--to", extra, "-o", tmp_path / "out")
    assert_refused(outcome, f"polyseme[{extra}]")
    assert not list(tmp_path.iterdir())


def test_export_never_writes_over_the_network_or_its_key(bench: Bench) -> None:
    before = bench.contents()
    for target in (bench.net, key_path(bench.net)):
        assert_refused(call("export", bench.net, "--to", "onnx", "-o", target), "overwritten")
    assert bench.contents() == before


# deep circuits

# ISCAS-85 c17 with one output more, which is on at rest.
C17 = """
INPUT(a)
INPUT(b)
INPUT(c)
INPUT(d)
INPUT(e)
OUTPUT(x)
OUTPUT(y)
OUTPUT(z)
p = NAND(a, c)
q = NAND(c, d)
r = NAND(b, q)
s = NAND(q, e)
x = NAND(p, r)
y = NAND(r, s)
z = NOR(x, y)
"""


@pytest.fixture(scope="module")
def c17(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logic") / "c17.bench"
    path.write_text(C17, encoding="utf-8")
    return path


@pytest.fixture
def deep(c17: Path, monkeypatch: pytest.MonkeyPatch) -> ps.Network:
    """The network of c17, which every command is made to load, whatever file is named."""
    network = ps.compile(ps.read(str(c17)), active=5)
    return _loaded(network, monkeypatch)


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> ps.Network:
    """A deep network with far too few neurons, in superposition and loaded like `deep`."""
    return _loaded(ps.compile(problems.layered(400, 4), neurons=300, carry="gates"), monkeypatch)


def _loaded(network: ps.Network, monkeypatch: pytest.MonkeyPatch) -> ps.Network:
    for command in ("verify", "run", "inspect"):
        monkeypatch.setattr(f"polyseme.cli.commands.{command}.load", lambda *paths: network)
    return network


def test_compile_of_logic_tells_layers(c17: Path) -> None:
    fields = done("compile", c17, "--active", "5", "--json").json()
    circuit = ps.read(str(c17))
    network = ps.compile(circuit, active=5)
    assert fields["layers"] == len(network.layers) > 1
    assert (fields["units"], fields["neurons"]) == (network.units, network.neurons)
    assert fields["gates"] == circuit.gates
    assert fields["error"] == 0
    told = fields["per_layer"]
    assert [layer["neurons"] for layer in told] == [layer.neurons for layer in network.layers]
    assert {layer["kind"] for layer in told} == {"monosemantic"}
    words = done("compile", c17, "--active", "5").stdout
    assert f"ReLUs in {len(network.layers)} layers, at most {network.neurons} in one" in words
    assert "one neuron a wire takes" in words
    assert "layers: superposed 0, monosemantic" in words


def test_compile_of_a_deep_problem_in_superposition() -> None:
    options = ["compile", "layered:width=400,depth=4", "--neurons", "300", "--carry", "gates"]
    outcome = done(*options, "--json", status=1)
    fields = outcome.json()
    assert (fields["layers"], fields["neurons"], fields["units"]) == (4, 300, 150)
    assert [layer["kind"] for layer in fields["per_layer"]] == ["superposed"] * 4
    assert "falls short" in outcome.stderr


@pytest.mark.parametrize(("layers", "rows"), [(3, 3), (12, 12), (13, 12), (48, 12)])
def test_compile_shows_a_row_a_layer_but_not_too_many(
    capsys: pytest.CaptureFixture[str], layers: int, rows: int
) -> None:
    network = ps.compile(problems.permutation(9))
    per_layer = tuple(
        LayerDecision(
            layer=number,
            columns=1000 + number,
            neurons=500,
            carried=0,
            kind="superposed",
            share_on=0.0031,
            mean_on=3.1,
            predicted_superposed=490,
            why=f"[reason {number}]",
        )
        for number in range(layers)
    )
    circuit = problems.permutation(9)
    measured, count = ps.verify(network, samples=10), counting_bits(circuit)
    report = Compilation(network, 0.1, measured, layers=per_layer)
    compiled = Compiled(report, circuit, count, 1.0)
    emit_compiled(compiled, None, as_json=False)
    table = capsys.readouterr().out.partition("layer by layer")[2]
    shown = [row for row in table.splitlines()[4:] if row.startswith("│")]
    assert len(shown) == rows
    assert "[reason 0]" in shown[0]
    assert f"[reason {layers - 1}]" in shown[-1]
    assert (f"{layers - 11} layers not shown" in table) == (layers > 12)
    emit_compiled(compiled, None, as_json=True)
    assert json.loads(capsys.readouterr().out)["per_layer"] == list(map(asdict, per_layer))


def test_compile_rewrites_logic_and_nothing_else(c17: Path, tmp_path: Path) -> None:
    assert_refused(call("compile", PROBLEM, "--rewrite"), "files of logic", ".bench")
    assert_refused(call("compile", "facts:a.bench", "--rewrite"), "files of logic")
    pytest.importorskip("aigverse")
    twice = tmp_path / "twice.bench"
    twice.write_text(
        "INPUT(a)\nINPUT(b)\nINPUT(c)\nOUTPUT(y)\np = AND(a, b)\nq = AND(a, c)\ny = OR(p, q)\n",
        encoding="utf-8",
    )
    plain = done("compile", twice, "--active", "3", "--json").json()
    smaller = done("compile", twice, "--active", "3", "--rewrite", "--json").json()
    assert (plain["gates"], smaller["gates"]) == (3, 2)
    assert smaller["error"] == 0


def test_verify_of_a_deep_network_has_inputs_of_its_own(deep: ps.Network, c17: Path) -> None:
    options = ["verify", "any", c17, "--samples", "300", "--json"]
    fields = done(*options, "--inputs", "all").json()
    assert [run["inputs"] for run in fields["runs"]] == ["satisfied", "uniform", "alone"]
    assert all((run["wrong"], run["proved"]) == (0, None) for run in fields["runs"])
    assert done(*options, "--inputs", "mixed").json()["inputs"] == "mixed"
    assert_refused(call(*options, "--inputs", "near-miss"), "one hidden layer")
    assert_refused(call("verify", "any", "--inputs", "odd"), "mixed or all")


def test_mixed_inputs_are_only_for_deep_networks(bench: Bench) -> None:
    assert_refused(call("verify", bench.net, "--inputs", "mixed"), "no inputs named 'mixed'")


def test_verify_independently_of_the_compiler(
    deep: ps.Network, c17: Path, tmp_path: Path, bench: Bench
) -> None:
    options = ["--independent", "--samples", "300", "--json"]
    fields = done("verify", "any", c17, *options).json()
    assert (fields["evaluator"], fields["wrong"]) == ("aig", 0)
    assert "simulated as an AIG" in done("verify", "any", c17, *options[:-1]).stdout
    other = tmp_path / "other.bench"
    other.write_text(C17.replace("NAND(a, c)", "AND(a, c)"), encoding="utf-8")
    wrong = done("verify", "any", other, *options, status=1).json()
    assert wrong["wrong"] > 0
    assert wrong["wrong"] == done("verify", "any", other, *options[1:], status=1).json()["wrong"]
    assert_refused(call("verify", "any", "--independent"), "SOURCE")


def test_verify_of_a_problem_independently(bench: Bench) -> None:
    options = ["verify", bench.weak, PROBLEM, "--samples", "500", "--json"]
    one, other = call(*options).json(), call(*options, "--independent").json()
    assert (one.pop("evaluator"), other.pop("evaluator")) == ("circuit", "aig")
    assert one == other


def test_verify_looks_at_layers(
    crowded: ps.Network, monkeypatch: pytest.MonkeyPatch, bench: Bench
) -> None:
    options = ["verify", "any", "--layers", "--samples", "50"]
    fields = done(*options, "--json", status=1).json()
    report = verify_layers(crowded, samples=50)
    assert fields["layers"] == [{**asdict(one), "samples": 50} for one in report.layers]
    words = done(*options, status=1).stdout
    first = report.first_wrong
    assert first is not None
    assert f"the first wrong wire is {first.first_wrong}, in layer {first.layer}" in words
    assert_refused(call(*options, "--inputs", "all"), "one kind of inputs")
    assert_refused(call("verify", "any", PROBLEM, "--layers"), "leave SOURCE out")


def test_verify_finds_nothing_wrong_in_layers_that_are_right(deep: ps.Network) -> None:
    said = done("verify", "any", "--layers", "--samples", "50").stdout
    assert "no layer ever misread a wire" in said


def test_verify_of_layers_needs_several(bench: Bench) -> None:
    assert_refused(call("verify", bench.net, "--layers"), "one hidden layer", "nothing in between")
    assert_refused(call("verify", bench.keyless, "--layers"), "keyless.key.safetensors")


def test_run_prints_outputs_that_rest_on(deep: ps.Network) -> None:
    # z is on while x and y are off; a and c switch x on.
    assert done("run", "any", "--on", "a").stdout == "z\n"
    assert done("run", "any", "--on", "a,c").stdout == "x\n"
    assert done("run", "any", "--on", "a", "--json").json()["outputs"] == ["z"]


def test_inspect_of_a_deep_network_tells_layers_and_wires(crowded: ps.Network) -> None:
    fields = done("inspect", "any", "--neuron", "2:7", "--json").json()
    key = crowded.key
    assert isinstance(key, DeepKey)
    for layer, told in zip(crowded.layers, fields["layers"], strict=True):
        assert (told["units"], told["neurons"]) == (layer.units, 2 * layer.units)
        assert told["cap"] == layer.cap > 0
    held = key.layers[2]
    wires = [
        key.circuit.wire_name(int(wire))
        for wire, units in zip(held.wires, held.positions.tolist(), strict=True)
        if 7 in units
    ]
    assert fields["neuron"] == {"layer": 2, "number": 7, "wires": wires}
    assert fields["layers"][2]["wires_a_unit"]["max"] >= len(wires)
    assert fields["terms_a_neuron"] is None
    said = done("inspect", "any", "--neuron", "2:7").stdout
    assert f"unit 7 of layer 2 carries {len(wires)} wires" in said
    assert f"units clipped at {crowded.layers[0].cap}" in said


def test_inspect_of_a_sparse_network(deep: ps.Network) -> None:
    fields = done("inspect", "any", "--json").json()
    for layer, told in zip(deep.layers, fields["layers"], strict=True):
        full = layer.weights.toarray()
        assert told["stored"] == "sparse"
        assert told["nonzero_share"] == pytest.approx(float((full != 0).mean()))
    assert "wires a unit: min 1, median 1, max 1" in done("inspect", "any").stdout


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ("7", "name its layer, 0 to 3"),
        ("4:0", "0 to 3"),
        ("0:150", "0 to 149"),
        (":7", "whole number"),
        ("1:", "whole number"),
        ("1:2:3", "whole number"),
    ],
)
def test_inspect_of_a_unit_needs_one_that_is_there(
    crowded: ps.Network, asked: str, rule: str
) -> None:
    assert_refused(call("inspect", "any", "--neuron", asked), rule)
    done("inspect", "any", "--neuron", "3:149")


# convert


@pytest.mark.parametrize("ending", [".aig", ".aag", ".json", ".AAG"])
def test_convert_writes_what_reads_back_the_same(c17: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"out{ending}"
    fields = done("convert", c17, "-o", target, "--json").json()
    circuit, back = ps.read(str(c17)), ps.read(str(target))
    assert fields["gates"] == circuit.gates
    bits = np.array(list(itertools.product((False, True), repeat=5)))
    assert np.array_equal(evaluate_dense(circuit, bits), evaluate_dense(back, bits))
    assert (back.features, back.output_names) == (circuit.features, circuit.output_names)
    assert f"gates {circuit.gates}" in done("convert", c17, "-o", target).stdout


@pytest.mark.parametrize("name", ["out.blif", "out", "out.aig.txt", "aig"])
def test_convert_refuses_other_endings(c17: Path, tmp_path: Path, name: str) -> None:
    assert_refused(call("convert", c17, "-o", tmp_path / name), ".aig, .aag, .json")
    assert not list(tmp_path.iterdir())


def test_convert_never_writes_over_its_source(c17: Path, tmp_path: Path) -> None:
    target = tmp_path / "net.aag"
    done("convert", c17, "-o", target)
    before = target.read_bytes()
    assert_refused(call("convert", target, "-o", target), "overwritten")
    assert target.read_bytes() == before


# the whole


def test_version_and_help() -> None:
    assert done("--version").stdout == f"polyseme {ps.__version__}\n"
    top = done("--help").stdout
    for command in COMMANDS:
        assert f"polyseme {command} " in top
        assert f"Example: polyseme {command} " in done(command, "--help").stdout


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (MemoryError(), 2, "polyseme: this needs more memory than there is\n"),
        (ps.SourceError("line\none"), 2, "polyseme: line one\n"),
    ],
)
def test_what_may_happen_on_the_way(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, status: int, said: str
) -> None:
    def fail(source: str) -> None:
        raise raised

    monkeypatch.setattr("polyseme.cli.commands.compile.read", fail)
    assert call("compile", PROBLEM) == Outcome(status, "", said)


def test_a_defect_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyseme.cli.commands.bounds.read", lambda source: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        call("bounds", PROBLEM)


@pytest.mark.parametrize("arguments", [["--version"], ["bounds", PROBLEM], ["--help"]])
def test_a_reader_that_has_gone_is_no_error(arguments: list[str]) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    err = io.StringIO()
    with os.fdopen(write_end, "w") as gone, contextlib.redirect_stdout(gone):
        with contextlib.redirect_stderr(err):
            assert main(arguments) == 0
        gone.flush()
    assert err.getvalue() == ""


def test_a_full_disk_is_one_line() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs a device that is always full")
    err = io.StringIO()
    with full.open("w") as out, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert main(["--version"]) == 2
    assert (
        err.getvalue() == "polyseme: standard output cannot be written: No space left on device\n"
    )


def test_names_beyond_the_encoding_of_the_terminal_are_escaped(
    bench: Bench, tmp_path: Path
) -> None:
    table, net = tmp_path / "table.csv", tmp_path / "net.safetensors"
    table.write_text("who,city\nJosé,Łódź\n", encoding="utf-8")
    done("compile", table, "--active", "2", "-o", net)
    out = io.BytesIO()
    terminal = io.TextIOWrapper(out, encoding="ascii")
    with contextlib.redirect_stdout(terminal):
        assert main(["run", str(net), "--on", "José,city"]) == 0
    assert out.getvalue() == rb"city=\u0141\xf3d\u017a" + b"\n"


@given(st.text())
def test_one_line_is_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()
    if text.isprintable() and text == " ".join(text.split()):
        assert one_line(text) == text[:2000]


# malformed invocations

NOT_WHOLE = [
    "nan",
    "inf",
    "-1",
    "1e400",
    "0x10",
    "1.5",
    "",
    " 3",
    "1_0",
    "٣",
    "9" * 400,
    "²",
    "1e3",
]
NOT_A_SHARE = ["nan", "inf", "-inf", "-1", "1", "1e400", "0x10", "1e-3x", "", "9" * 400, "--json"]
NOT_A_PROBLEM = [
    *(f"and2:features={number}" for number in NOT_WHOLE),
    *(f"uand:features={number}" for number in ("0", "1", "10000", "9" * 30)),
    "and2",
    "and2:",
    "and2:features",
    "and2:features=4,gates=100",
    "and2:features=4,features=4",
    "and2:features=4,colour=red",
    "and2:features=4,,",
    "and:features=4",
    "and:k=9,features=4",
    "and2:features=9,influence=odd",
    "permutation:features=0",
    "AND2:features=4",
    "nothing:features=4",
    "facts:",
    "facts:nowhere.csv",
    "nowhere.aig",
    "",
    ":",
]
# Text as a command line can carry it: anything but NUL, undecodable bytes too. Without digits and
# colons it is by chance neither a number nor a problem nor a numbered feature.
JUNK = st.text(st.characters(exclude_characters="\0:" + string.digits), max_size=30).filter(
    lambda text: not text.startswith("-")
) | st.sampled_from(["\udcff", "🙂", "a\nb", "\x1b[31m", "x" * 5000, "[/bold]", "%s", "\u202e"])


def _whole_numbers(lowest: int) -> st.SearchStrategy[str]:
    return st.sampled_from([*NOT_WHOLE, *(["0"] if lowest else [])])


def _names_but(*known: str) -> st.SearchStrategy[str]:
    return JUNK.filter(lambda text: text not in known)


@dataclass(frozen=True)
class Place:
    """Where a command line can be broken: how to write it there, and what not to write."""

    command: str
    written: Callable[[Bench, str], list[str | Path]]
    wrong: st.SearchStrategy[str]


def _option(command: str, option: str, wrong: st.SearchStrategy[str]) -> Place:
    return Place(command, lambda bench, value: [*_valid(command, bench), option, value], wrong)


def _valid(command: str, bench: Bench) -> list[str | Path]:
    """A command line that would do its work, were nothing added."""
    return {
        "compile": [PROBLEM, "-o", bench.folder / "new.safetensors"],
        "verify": [bench.net],
        "run": [bench.net, "--on", "x0"],
        "inspect": [bench.net],
        "bounds": [PROBLEM],
        "constructions": ["tight-frames"],
        "counting": ["permutation:features=40", "--neurons", "40"],
        "reproduce": ["--only", "reed-solomon"],
        "export": [bench.net, "--to", "onnx", "-o", bench.folder / "new.onnx"],
        "convert": [PROBLEM, "-o", bench.folder / "new.aag"],
    }[command]


def _bad_file(bench: Bench, value: str) -> str | Path:
    """One of the spoilt files for a number; anything else as it is, a path that is not there."""
    return bench.spoilt[int(value)] if value in tuple("01234567") else value


FILES = st.sampled_from(list("01234567")) | JUNK
OUTPUTS = st.sampled_from(["", ".", "..", "/", "absent/net", "absent/", "x" * 300])

PLACES = [
    Place("compile", lambda bench, value: [value, *_valid("compile", bench)[1:]], JUNK),
    Place(
        "compile",
        lambda bench, value: [value, *_valid("compile", bench)[1:]],
        st.sampled_from(NOT_A_PROBLEM),
    ),
    Place(
        "compile", lambda bench, value: [_bad_file(bench, value), "-o", bench.folder / "n"], FILES
    ),
    Place("compile", lambda bench, value: [PROBLEM, "-o", f"{bench.folder}/{value}"], OUTPUTS),
    _option("compile", "--active", _whole_numbers(1) | JUNK | st.just("201")),
    _option("compile", "--error", st.sampled_from([*NOT_A_SHARE, "0", "1e-7"])),
    _option("compile", "--neurons", _whole_numbers(1) | _names_but("auto") | st.just("2")),
    _option("compile", "--construction", _names_but("auto", *CATALOGUE)),
    _option("compile", "--encoder", _names_but("auto", "superposed", "basis")),
    _option("compile", "--seed", _whole_numbers(0) | st.just(str(2**63))),
    Place("verify", lambda bench, value: [_bad_file(bench, value)], FILES),
    Place("verify", lambda bench, value: [_bad_file(bench, value), PROBLEM], FILES),
    Place("verify", lambda bench, value: [bench.net, value], st.sampled_from(NOT_A_PROBLEM) | JUNK),
    Place("verify", lambda bench, value: [bench.net, _bad_file(bench, value)], FILES),
    _option("verify", "--active", _whole_numbers(1) | st.just("201")),
    _option("verify", "--samples", _whole_numbers(1) | st.just("10000001")),
    _option("verify", "--error", st.sampled_from(NOT_A_SHARE)),
    _option("verify", "--seed", _whole_numbers(0)),
    _option("verify", "--inputs", _names_but("satisfied", "near-miss", "uniform", "alone", "all")),
    Place("run", lambda bench, value: [_bad_file(bench, value), "--on", "x0"], FILES),
    _option("run", "--on", JUNK | st.sampled_from(["x200", "x00", "X0", "x0,", ",", "x-1", "x²"])),
    Place("inspect", lambda bench, value: [_bad_file(bench, value)], FILES),
    _option("inspect", "--neuron", _whole_numbers(0) | st.just("200")),
    Place("bounds", lambda bench, value: [value], st.sampled_from(NOT_A_PROBLEM) | JUNK),
    Place("bounds", lambda bench, value: [_bad_file(bench, value)], FILES),
    _option("bounds", "--active", _whole_numbers(1) | st.just("201")),
    _option("bounds", "--error", st.sampled_from([*NOT_A_SHARE, "0"])),
    Place(
        "export",
        lambda bench, value: [_bad_file(bench, value), "--to", "onnx", "-o", bench.folder / "n"],
        FILES,
    ),
    _option("export", "--to", _names_but("torch", "onnx")),
    Place(
        "export",
        lambda bench, value: [bench.net, "--to", "onnx", "-o", f"{bench.folder}/{value}"],
        OUTPUTS,
    ),
    Place(
        "convert",
        lambda bench, value: [value, "-o", bench.folder / "n.aig"],
        st.sampled_from(NOT_A_PROBLEM) | JUNK,
    ),
    Place(
        "convert",
        lambda bench, value: [_bad_file(bench, value), "-o", bench.folder / "n.aig"],
        FILES,
    ),
    Place("convert", lambda bench, value: [PROBLEM, "-o", f"{bench.folder}/{value}"], OUTPUTS),
    *(
        _option(command, "--json", JUNK.filter(bool))
        for command in ("compile", "inspect", "bounds")
    ),
    *(
        Place(
            command,
            lambda bench, value, command=command: [*_valid(command, bench), f"--{value}"],
            st.text(string.ascii_lowercase, min_size=12, max_size=14),
        )
        for command in COMMANDS
    ),
]


@given(data=st.data())
@settings(max_examples=1000, deadline=None)
def test_whatever_is_wrong_is_told_in_one_line(bench: Bench, data: st.DataObject) -> None:
    place = PLACES[data.draw(st.integers(0, len(PLACES) - 1))]
    arguments = place.written(bench, data.draw(place.wrong))
    before = bench.contents()
    outcome = call(place.command, *arguments)
    assert_refused(outcome)
    assert bench.contents() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_broken_above_was_whole(bench: Bench, command: str) -> None:
    before = bench.contents()
    outcome = call(command, *_valid(command, bench))
    written = set(bench.contents()) - set(before)
    for path in written:
        Path(path).unlink()
    assert (outcome.status, bool(written)) == (0, command in ("compile", "export", "convert"))


@given(
    command=JUNK | st.text(string.ascii_lowercase, min_size=1).filter(lambda x: x not in COMMANDS)
)
@settings(max_examples=50, deadline=None)
def test_unknown_commands_are_told_in_one_line(command: str) -> None:
    assert_refused(call(command))


def test_no_command_is_told_in_one_line() -> None:
    assert_refused(call(), "polyseme --help")
    assert_refused(call("--nope"), "--nope")
    assert_refused(call("compil"), "'compile'")
    assert_refused(call("compile", "--nope"), "polyseme compile --help")
