"""`polyseme compile`: what it prints, writes and obeys."""

from __future__ import annotations

from pathlib import Path

import pytest

import polyseme as ps
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.task import Task
from polyseme.networks.saving.files import key_path, network_bytes
from polyseme.verification.intervals import clopper_pearson
from support.cli import EASY, PROBLEM, Bench, assert_refused, call, done

# What is read of every hidden layer, and of the worst.
READ = {
    *("epsilon", "epsilon_max", "epsilon_mean", "kappa_mean", "kappa_min", "computed"),
    "bending_units",
}


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
    held = ps.bounds(ps.read(PROBLEM), active=2, error=0.004, network=network)
    assert held.network is not None
    task = Task(ps.read(PROBLEM), 2, 0.004, seed=3)
    asked = {
        "features": 200,
        "outputs": 200,
        "gates": 200,
        "computed_features": 200,
        "layers": 1,
        "units": network.neurons,
        "neurons": network.layers[0].weights.shape[0],
        "neurons_total": network.neurons,
        "carried": 0,
        "state": network.neurons,
        "parameters": network.parameters,
        # Of the network by itself: beside a key its file names the key too.
        "bytes": network_bytes(ps.load(target, key=False)),
        "weight_bits": network.weight_bits(),
        "monosemantic_neurons": 200,
        "monosemantic_neurons_total": 200,
        "monosemantic_state": 200,
        "monosemantic_parameters": 200 * 201,
        "monosemantic_bytes": None,
        "monosemantic_carry": None,
        "lower_bound_neurons": possible.lower_bound_neurons,
        "lower_bound_neurons_ordered": possible.lower_bound_neurons_ordered,
        "lower_bound_neurons_family": possible.lower_bound_neurons_family,
        "lower_bound_neurons_own_bits": held.lower_bound_neurons_own_bits,
        "bits_per_weight": held.bits_per_weight,
        "bound_ratio": held.network.ratio,
        "bound_ratio_ordered": held.network.ratio_ordered,
        "bound_ratio_family": held.network.ratio_family,
        "predicted_neurons": CATALOGUE["three-channel"].candidate(task).declared.neurons,
        "construction": "three-channel",
        "active": 2,
        "samples": 20_000,
        "inputs": "satisfied",
        "certified_active": None,
        "certified_epsilon": None,
        "seed": 3,
        "problem_seed": 0,
        "gates_per_feature": {"least": 2, "mean": 2.0, "most": 2},
        "source": PROBLEM,
        "channels": {"output": 200, "input": 0, "mixed": 0, "own": 0},
        "dimensions": network.layers[0].weights.shape[1],
        "in_superposition": True,
        "bits": possible.bits,
        "weights_dtype": str(network.layers[0].weights.dtype),
        "note": network.provenance.note,
        "epsilon_asked": None,
        "nonlinearities": network.neurons + 200,
        "thresholds": 200,
    }
    assert {name: fields[name] for name in asked} == asked
    assert set(fields) - set(asked) == {"error", "error_interval", "seconds", *READ, "per_layer"}
    (layer,) = fields["per_layer"]
    assert {name: layer[name] for name in READ} == {name: fields[name] for name in READ}
    assert layer["nonlinearities"] == network.neurons
    assert [kind["samples"] for kind in layer["inputs"]] == [5000, 5000, 5000]
    assert fields["neurons"] < 200
    wrong = round(fields["error"] * fields["samples"])
    assert fields["error_interval"] == list(clopper_pearson(wrong, fields["samples"]))
    assert fields["seconds"] > 0


def test_compile_writes_the_same_bytes_as_the_library(bench: Bench, tmp_path: Path) -> None:
    options = {"active": 2, "error": 0.004, "epsilon": None, "construction": "three-channel"}
    ps.compile(ps.read(PROBLEM), **options).save(str(tmp_path / "b.safetensors"), key=True)
    assert (tmp_path / "b.safetensors").read_bytes() == bench.net.read_bytes()


def test_compile_reports_in_words(bench: Bench) -> None:
    report = done("compile", *EASY)
    neurons = ps.load(bench.net).neurons
    assert (
        f"{neurons} ReLUs decide 200 gates: {200 / neurons:.1f} gates per neuron" in report.stdout
    )
    assert "of 20,000 inputs" in report.stdout
    assert "circuit       every feature in exactly 2 gates\n" in report.stdout
    assert "seeds         network 0 (--seed), problem 0 (seed= in SOURCE)\n" in report.stdout
    assert "200 features in superposition in" in report.stdout
    assert f"superposition saves {1 - neurons / 200:.0%}" in report.stdout
    assert "saved         nothing" in report.stdout
    network = ps.load(bench.net)
    held = ps.bounds(ps.read(PROBLEM), active=2, network=network).network
    assert held is not None
    assert (
        f"at equal bits {held.ratio:.2f} times the counting bound, {held.ratio_ordered:.2f} times "
        f"with outputs in order, {held.ratio_family:.2f} times with its influences too; "
        f"{held.bits_per_weight:.2g} bits per weight\n"
    ) in report.stdout
    assert "times as many\n" in report.stdout
    # Where the size is given nothing was predicted.
    given = call("compile", *EASY, "--neurons", str(neurons))
    assert "predicted" not in given.stdout


def test_compile_counts_outputs_of_facts_and_of_permutations(bench: Bench) -> None:
    facts = done("compile", bench.facts).stdout
    assert "6 ReLUs compute 6 outputs: 1.0 outputs per neuron" in facts
    assert "superposition saves nothing" in facts
    assert "note " in facts
    assert "2 on at once: a query switches on a subject and a relation; --active S" in facts
    assert "on at once: " not in done("compile", bench.facts, "--active", "2").stdout
    permutation = done("compile", "permutation:features=30", "--neurons", "30").stdout
    assert "30 ReLUs pass on 30 outputs" in permutation


@pytest.mark.parametrize(
    ("options", "dimensions", "construction"),
    [
        (["--construction", "monosemantic"], 200, "monosemantic"),
        (["--neurons", "1000"], 200, "monosemantic"),
        (["--neurons", "150", "--encoder", "basis"], 200, "three-channel"),
        (["--neurons", "150", "--encoder", "superposed"], 150, "three-channel"),
        (["--neurons", "auto"], None, "three-channel"),
        (["--neurons", "150", "--construction", "auto"], 144, "tight-frames"),
        (["--neurons", "150", "--construction", "auto", "--epsilon", "0.2"], 150, "least-noise"),
        (["--encoder", "basis", "--construction", "auto"], 200, "reed-solomon"),
    ],
)
def test_compile_obeys_its_options(
    options: list[str], dimensions: int | None, construction: str
) -> None:
    fields = call("compile", *EASY, *options, "--json").json()
    assert fields["construction"] == construction
    assert fields["dimensions"] == (dimensions or fields["dimensions"])


def test_compile_of_too_few_neurons_falls_short_but_saves_what_it_made(
    bench: Bench, tmp_path: Path
) -> None:
    target = tmp_path / "weak.safetensors"
    options = ["--neurons", "150", "--epsilon", "none"]
    outcome = done("compile", PROBLEM, *options, "-o", target, "--json", status=1)
    fields = outcome.json()
    assert fields["neurons"] <= 150
    assert fields["error_interval"][1] > 1e-3
    assert "falls short" in outcome.stderr
    assert target.read_bytes() == bench.weak.read_bytes()


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
    exact = ps.compile_report(circuit, active=5).exact
    assert exact is not None
    assert f"exact, with a residual stream: {exact.neurons_total:,} ReLUs in all" in words
    assert "superposition saves nothing" in words
    assert "layers: superposed 0, monosemantic" in words


def test_compile_of_a_deep_problem_in_superposition() -> None:
    options = ["compile", "layered:width=400,depth=4", "--neurons", "300", "--carry", "gates"]
    outcome = done(*options, "--json", status=1)
    fields = outcome.json()
    assert (fields["layers"], fields["neurons"], fields["units"]) == (4, 300, 150)
    assert [layer["kind"] for layer in fields["per_layer"]] == ["superposed"] * 4
    assert "falls short" in outcome.stderr
    # A quarter of the gates are identities; each layer of 400 wires computes the others.
    assert (fields["gates"], fields["computed_features"]) == (1600, 1200)
    assert [layer["computed_features"] for layer in fields["per_layer"]] == [300] * 4


@pytest.mark.parametrize("carry", ["gates", "residual"])
def test_a_deep_network_is_compared_with_the_smaller_exact_one_however_wires_are_carried(
    carry: str,
) -> None:
    options = ["compile", "layered:width=400,depth=4,active=2", "--active", "2", "--carry"]
    fields, smaller = (
        done(*options, way, "--construction", "monosemantic", "--json").json()
        for way in (carry, "residual")
    )
    for ours, theirs in (
        ("monosemantic_neurons", "neurons"),
        ("monosemantic_neurons_total", "neurons_total"),
        ("monosemantic_state", "state"),
        ("monosemantic_parameters", "parameters"),
    ):
        assert fields[ours] == smaller[theirs]
    assert fields["monosemantic_carry"] == "residual"
    assert 0 < smaller["bytes"] - fields["monosemantic_bytes"] < 4000
    words = done(*options, carry, "--construction", "monosemantic").stdout
    assert "superposition saves nothing" in words
    assert "1,200 gates (400 identities not counted)" in words


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


def test_compile_says_whether_the_hidden_layer_computes() -> None:
    source = "and2:features=700,gates=700"
    given = ("compile", source, "--neurons", "560")
    computed = done(*given)
    assert "\ncomputed      by the hidden layer: a next one could use it\n" in computed.stdout
    assert "construction  least-noise" in computed.stdout
    assert "100% of the units bend within the promise" in computed.stdout
    linear = done(*given, "--epsilon", "none")
    assert "\nthresholded   no ReLU bends within the promise: a linear bottleneck" in linear.stdout
    assert "kappa 0.00 on average" in linear.stdout
    assert done(*given, "--json").json()["computed"] is True
    assert done(*given, "--epsilon", "none", "--json").json()["computed"] is False


def test_compile_of_too_few_neurons_for_what_is_promised_falls_short() -> None:
    short = done("compile", "and2:features=700,gates=700", "--neurons", "400", status=1)
    assert "its hidden layer reads gates within 0." in short.stderr
    assert "asked for was 0.25; more neurons may do, or epsilon none asks" in short.stderr


def test_a_construction_that_only_thresholds_implies_it_and_says_so() -> None:
    named = ("compile", "and2:features=700,gates=700", "--neurons", "400")
    report = done(*named, "--construction", "tight-frames")
    assert "tight-frames leaves the last step to the thresholds of the readout" in report.stderr
    assert "thresholded" in report.stdout


@pytest.mark.parametrize("epsilon", ["0", "0.3", "-1", "nan", "None", ""])
def test_a_reading_error_out_of_range_is_refused(epsilon: str) -> None:
    assert_refused(call("compile", PROBLEM, "--epsilon", epsilon), "above 1e-09 and at most 0.25")
