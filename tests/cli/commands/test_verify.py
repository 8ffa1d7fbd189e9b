"""`polyseme verify`: the numbers of the library, kinds of inputs, layers, another evaluator."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import evaluate_sparse
from polyseme.networks.saving.files import key_path
from polyseme.verification.layers import verify_layers
from support.cli import C17, PROBLEM, Bench, assert_refused, call, done, loaded_by_every_command

# What verify prints of readings beside what it prints of decisions.
READ = {
    *("epsilon", "epsilon_max", "epsilon_mean", "kappa_mean", "kappa_min", "computed"),
    *("bending_units", "nonlinearities", "thresholds", "per_layer"),
}


def decided(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields without those about readings, all of which must be there."""
    assert set(fields) >= READ
    return {name: value for name, value in fields.items() if name not in READ}


@pytest.mark.parametrize("inputs", ["satisfied", "near-miss", "uniform", "alone"])
def test_verify_tells_what_the_library_measures(bench: Bench, inputs: str) -> None:
    options = ["--inputs", inputs, "--samples", "700", "--seed", "5", "--error", "0.2"]
    fields = done("verify", bench.weak, *options, "--json").json()
    network = ps.load(bench.weak, key=key_path(bench.weak))
    wanted = ps.verify(network, samples=700, inputs=inputs, seed=5)
    assert decided(fields) == {
        "samples": wanted.samples,
        "wrong": wanted.wrong,
        "error": wanted.error,
        "error_interval": list(wanted.error_interval),
        "inputs": inputs,
        "active": 3,
        "evaluator": "circuit",
        "proved": None if inputs != "alone" or wanted.wrong else "every gate alone",
        "first_wrong": list(wanted.first_wrong),
        "seed": 5,
        "network_seed": network.provenance.seed,
        "problem_seed": 0,
    }
    read = ps.reading_error(network, samples=1000, seed=5)
    assert fields["epsilon"] == read.epsilon
    assert fields["computed"] is read.computed is False
    assert [kind["inputs"] for kind in fields["per_layer"][0]["inputs"]] == [
        "satisfied",
        "uniform",
        "one-short",
    ]


def test_verify_says_what_hidden_layers_compute(bench: Bench) -> None:
    words = done("verify", bench.weak, "--samples", "500", "--error", "0.2").stdout
    assert "\nthresholded  the thresholds" in words
    assert "no next layer could use the readings" in words
    table = done("verify", bench.weak, "--inputs", "all", "--samples", "500", status=1).stdout
    assert "readings of every hidden layer" in table
    assert " epsilon .999 " in table


def test_verify_names_the_seeds_of_inputs_network_and_problem(bench: Bench) -> None:
    options = ["--samples", "50", "--error", "0.99"]
    network = ps.load(bench.net).provenance.seed
    seeds = f"inputs 1 (--seed), network {network}, problem 0 (seed= in SOURCE)\n"
    assert f"seeds   {seeds}" in done("verify", bench.net, *options).stdout
    assert f"seeds: {seeds}" in done("verify", bench.net, *options, "--inputs", "all").stdout
    other = call(
        "verify", bench.net, f"{PROBLEM},seed=7", "--samples", "50", "--seed", "9", "--json"
    )
    fields = other.json()
    assert (fields["seed"], fields["network_seed"], fields["problem_seed"]) == (9, network, 7)


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
    assert {name: value for name, value in decided(fields).items() if name != "runs"} == worst
    for run in fields["runs"]:
        one = call(*options[:2], "--inputs", run["inputs"], "--samples", "1000", "--json")
        assert decided(one.json()) == run
    table = done(*options, status=1).stdout
    for run in fields["runs"]:
        assert f" {run['inputs']} " in table
        assert f" {run['wrong']:,} " in table


def test_verify_needs_a_circuit_that_fits(bench: Bench) -> None:
    assert_refused(call("verify", bench.keyless), "keyless.key.safetensors", "name the SOURCE")
    assert_refused(call("verify", bench.net, "and2:features=201,gates=200"), "201")
    assert_refused(call("verify", bench.net, "--active", "201"), "201", "200 features")
    assert_refused(call("verify", bench.net, "--active", "200", "--samples", "1000000"), "product")


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


def test_verify_of_very_many_layers_fits_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    network = ps.compile(ps.problems.layered(24, 40), construction="monosemantic")
    loaded_by_every_command(network, monkeypatch)
    options = ["verify", "any", "--layers", "--samples", "50"]
    said, everything = done(*options).stdout, done(*options, "--all").stdout
    assert len(said.splitlines()) < 30 < len(everything.splitlines())
    hidden = len(network.layers) - 12
    told = f"the first 6 and the 6 with most samples wrong; {hidden} more with --all, or --json"
    assert told in said
    assert "no layer ever misread a wire" in said
    kinds = ["verify", "any", "--inputs", "all", "--samples", "50"]
    assert "largest epsilon" in done(*kinds).stdout
    assert "largest epsilon" not in done(*kinds, "--all").stdout


def test_verify_of_layers_needs_several(bench: Bench) -> None:
    assert_refused(call("verify", bench.net, "--layers"), "one hidden layer", "nothing in between")
    assert_refused(call("verify", bench.keyless, "--layers"), "keyless.key.safetensors")


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose ReLUs do not bend, with its key; too small to be always right."""
    path = tmp_path_factory.mktemp("linear") / "net.safetensors"
    options = ("--construction", "tight-frames", "--neurons", "96")
    call("compile", PROBLEM, *options, "-o", path)
    return path


def test_verify_finds_the_worst_case_that_the_library_finds(linear: Path) -> None:
    network = ps.load(linear, key=key_path(linear))
    wanted = ps.worst_case(network)
    fields = done("verify", linear, "--worst", "--json", status=1).json()
    assert fields.pop("seconds") >= 0
    assert fields.pop("proved") is wanted.proved is False
    assert fields.pop("outputs") == 200
    assert wanted.counterexample is not None
    assert fields == {**asdict(wanted), "counterexample": list(wanted.counterexample)}
    assert fields["output"] in network.readout.outputs
    words = done("verify", linear, "--worst", status=1).stdout
    state = "on, and is off," if wanted.must_be_on else "off, and is on,"
    assert f"worst   {wanted.output} must be {state} with" in words
    assert f"{wanted.outputs_wrong} of 200 outputs are wrong on some input" in words


def test_verify_worst_is_done_where_no_input_is_wrong(linear: Path) -> None:
    options = ["verify", linear, PROBLEM, "--worst", "--active", "1"]
    fields = done(*options, "--json").json()
    assert (fields["proved"], fields["inputs"], fields["counterexample"]) == (True, 201, None)
    assert "worst" not in done(*options).stdout


def test_verify_worst_falls_short_where_relus_bend_first(linear: Path) -> None:
    most = done("verify", linear, "--worst", "--json", status=1).json()["linear_active"]
    beyond = ["verify", linear, "--worst", "--active", str(most + 1)]
    assert "nothing is said of those inputs" in done(*beyond, status=1).stdout


def test_verify_worst_has_no_infinity_in_json(
    linear: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = ps.load(linear, key=key_path(linear))
    never = np.full(200, np.inf, np.float32)
    network = replace(network, readout=replace(network.readout, thresholds=never))
    loaded_by_every_command(network, monkeypatch)
    assert done("verify", "any", "--worst", "--json", status=1).json()["margin"] is None


def test_verify_worst_needs_a_linear_network_and_nothing_else(deep: ps.Network) -> None:
    assert_refused(call("verify", "any", "--worst"), "only in one hidden layer of ReLUs")


def test_verify_of_all_inputs_leaves_options_out(bench: Bench, linear: Path) -> None:
    assert_refused(call("verify", bench.net, "--worst"), "whose ReLUs bend is not a sum")
    assert_refused(call("verify", bench.keyless, "--worst"), "name the SOURCE")
    for option in ("--worst", "--exhaustive"):
        options = ["verify", linear, option]
        assert_refused(call(*options, "--inputs", "uniform"), option, "leave --inputs out")
        assert_refused(call(*options, "--layers"), option, "leave --layers out")
        assert_refused(call(*options, "--active", "201"), "201", "200 features")
    assert_refused(call("verify", linear, "--worst", "--exhaustive"), "leave --worst out")
    independent = call("verify", linear, PROBLEM, "--worst", "--independent")
    assert_refused(independent, "leave --independent out")


def test_verify_exhaustively_counts_what_the_library_counts(linear: Path) -> None:
    wanted = ps.verify_exhaustively(ps.load(linear, key=key_path(linear)), active=2)
    assert wanted.wrong > 0
    options = ["verify", linear, "--exhaustive", "--active", "2"]
    assert done(*options, "--json", status=1).json() == {
        "samples": 20_101,
        "wrong": wanted.wrong,
        "error": wanted.error,
        "error_interval": [wanted.error, wanted.error],
        "inputs": "exhaustive",
        "active": 2,
        "evaluator": "circuit",
        "proved": None,
        "first_wrong": list(wanted.first_wrong),
        "seed": None,
        "network_seed": 0,
        "problem_seed": 0,
    }
    words = done(*options, status=1).stdout
    assert ", exact" in words
    assert f"first   wrong with {', '.join(wanted.first_wrong)} on" in words
    independent = done(
        "verify", linear, PROBLEM, *options[2:], "--independent", "--json", status=1
    ).json()
    assert (independent["wrong"], independent["evaluator"]) == (wanted.wrong, "aig")


def test_verify_exhaustively_proves_every_input(deep: ps.Network) -> None:
    fields = done("verify", "any", "--exhaustive", "--json").json()
    assert (fields["samples"], fields["wrong"], fields["proved"]) == (32, 0, "every input")
    assert "proved  every input" in done("verify", "any", "--exhaustive").stdout


def test_verify_exhaustively_says_how_many_inputs_are_too_many(linear: Path) -> None:
    many = call("verify", linear, "--exhaustive", "--active", "4")
    assert_refused(many, "66,018,451 inputs", "at most 2,000,000 are run")
