"""`polyseme bounds`: one table of all bounds, its JSON, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

import polyseme as ps
from polyseme.cli.main import main
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.errors import SourceError
from polyseme.limits.counting import CountingBound, counting_bits
from polyseme.limits.table import bounds
from polyseme.limits.tried import measured_row, network_bound
from polyseme.networks.network import Network

SMALL = "and2:features=120,gates=150"


@pytest.fixture(autouse=True)
def _only_quick_constructions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some declare their size only after a search of seconds, and have tests of their own."""
    for name in set(CATALOGUE) - {"monosemantic", "three-channel", "deep"}:
        monkeypatch.delitem(CATALOGUE, name)


@pytest.fixture(scope="module")
def network() -> Network:
    return ps.compile(ps.read(SMALL), neurons=120)


@pytest.fixture(scope="module")
def saved(network: Network, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("networks") / "net.safetensors"
    network.save(path)
    return str(path)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["bounds", *arguments]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["bounds", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("polyseme: ")
    return said.err


def test_one_table_has_every_kind_of_row(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, SMALL, "--all")
    assert "each feature in 2 to 3 gates, 2.5 on average; problem seed 0\n" in out
    possible = bounds(ps.read(SMALL))
    assert possible.capacity is not None
    assert out.count("┏") == 1
    lines = out.splitlines()
    for row in possible.rows:
        (line,) = [line for line in lines if f"│ {row.kind}, {row.name} " in line]
        assert f" {row.neurons:,} " in line
        assert row.source in line
        if row.parameters is not None:
            assert f" {row.parameters:,} " in line
    assert f"{possible.capacity.neurons} x {possible.capacity.neurons} weights of 1 bit" in out
    assert "no more numbers than neurons" in out
    assert "compiled" not in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("and2:features=10000,gates=10000", "--bits", "5.4"),
        ("and2:features=2000,gates=10000,influence=zipf", "--bits", "12.5"),
        ("uand:features=40", "--bits", "3"),
        ("permutation:features=3000", "--bits", "5.4"),
        ("layered:width=40,depth=3", "--bits", "5.4"),
        (SMALL, "--active", "2", "--error", "0.1", "--measure", "--network", "saved"),
    ],
)
def test_the_table_fits_a_screen(
    capsys: pytest.CaptureFixture[str], saved: str, arguments: tuple[str, ...]
) -> None:
    given = [saved if one == "saved" else one for one in arguments]
    lines = printed(capsys, *given).replace(saved, "net.safetensors").splitlines()
    assert len(lines) <= 24
    assert max(len(line.rstrip()) for line in lines) <= 100
    assert lines[-1] == "--all prints all bounds and their sources"


def test_the_screen_has_the_bounds_at_the_bits_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(capsys, "and2:features=10000,gates=10000", "--bits", "5.4")
    for name, *cells in (
        ("at least, order of outputs ignored", "137,293", "371", "160"),
        ("at least, outputs in order", "255,751", "506", "218"),
        ("at least, the circuit's influences, outputs in order", "236,908", "487", "210"),
        ("heuristic floor, computed to 0.25, drawn codes", "1,415"),
        ("declared, monosemantic, basis inputs", "10,000"),
    ):
        (line,) = [line for line in out.splitlines() if f"│ {name} " in line]
        assert [cell for part in line.split("│")[2:] if (cell := part.strip())] == cells
    assert "constant unknown" in out
    assert "storage rule" not in out


def test_the_json_is_that_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    fields = json.loads(printed(capsys, SMALL, "--active", "2", "--error", "0.01", "--json"))
    assert fields == bounds(ps.read(SMALL), active=2, error=0.01).as_json()
    assert fields["measured"] == []
    assert fields["network"] is None
    assert fields["capacity"]["outputs"] >= fields["outputs"]
    sizes = [row["neurons"] for row in fields["constructions"] if row["inputs"] != "basis"]
    assert fields["capacity"]["neurons"] == min(sizes)


def test_deep_circuits_are_counted_as_circuits_and_as_functions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = "layered:width=40,depth=3"
    out, possible = printed(capsys, source), bounds(ps.read(source))
    assert "bounds no network" in out
    assert "as circuits go, outputs in order" in out
    assert "at least, functions that differ by names" in out
    assert [row.kind for row in possible.lower].count("at least") == 1
    assert {row.name for row in possible.constructions} >= {"deep", "monosemantic"}
    assert possible.capacity is None
    assert "such outputs" not in printed(capsys, source, "--all")


def test_measuring_compiles(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (SMALL, "--measure", "--active", "2", "--error", "0.1")
    fields = json.loads(printed(capsys, *arguments, "--json"))
    (row,) = fields["measured"]
    steps: list[str] = []
    again = measured_row(ps.read(SMALL), 2, 0.1, steps.append)
    assert (row["name"], row["neurons"]) == (again.name, again.neurons)
    assert row["neurons"] >= fields["lower_bound_neurons"]
    assert row["kind"] == "compiled"
    assert steps
    assert f"compiled, {row['name']} " in printed(capsys, *arguments)


def test_a_network_is_held_against_its_own_entropy(
    capsys: pytest.CaptureFixture[str], network: Network, saved: str
) -> None:
    out = printed(capsys, SMALL, "--network", saved)
    own = json.loads(printed(capsys, SMALL, "--network", saved, "--json"))["network"]
    count = counting_bits(ps.read(SMALL))
    held = network_bound(network, ps.read(SMALL), count)
    assert own == asdict(held)
    assert held.weight_bits == network.weight_bits()
    assert held.weights == sum(layer.weights.size for layer in network.layers)
    least = (count.bits / held.bits_per_weight) ** 0.5
    assert held.lower_bound_neurons - 1 < least <= held.lower_bound_neurons <= network.neurons
    # That of a square layer with as many weights, at the same bits per weight.
    assert held.ratio == pytest.approx(held.weights**0.5 / least)
    assert held.ratio_ordered == pytest.approx((held.weight_bits / count.ordered_bits) ** 0.5)
    assert held.ratio_family == pytest.approx((held.weight_bits / count.tightest_bits) ** 0.5)
    assert held.ratio_ordered < held.ratio_family < held.ratio
    assert f"at {held.bits_per_weight:.3g} bits" in out
    assert f"{held.ratio:.2f} (order ignored), {held.ratio_ordered:.2f} (in order)" in out
    possible = bounds(ps.read(SMALL), network=network)
    assert possible.bits_per_weight == held.bits_per_weight
    assert possible.lower_bound_neurons_own_bits == held.lower_bound_neurons_family


def test_a_family_of_one_needs_no_network(network: Network) -> None:
    alone = CountingBound("one", 0.0, True)
    held = network_bound(network, ps.read(SMALL), alone)
    assert (held.lower_bound_neurons, held.lower_bound_neurons_ordered) == (0, 0)
    assert held.lower_bound_neurons_family is held.ratio is held.ratio_ordered is None


@pytest.mark.parametrize("source", ["and2:features=121,gates=150", "and2:features=120,gates=151"])
def test_another_circuits_network_is_refused(
    capsys: pytest.CaptureFixture[str], saved: str, network: Network, source: str
) -> None:
    assert "not its network" in refused(capsys, source, "--network", saved)
    with pytest.raises(SourceError, match="not its network"):
        network_bound(network, ps.read(source), counting_bits(ps.read(source)))


def test_what_is_no_network_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no network\n")
    assert "broken.safetensors" in refused(capsys, SMALL, "--network", str(broken))
    assert "absent" in refused(capsys, SMALL, "--network", str(tmp_path / "absent"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--active", "0"),
        ("--active", "121"),
        ("--active", "9" * 5000),
        ("--error", "0"),
        ("--error", "1e-7"),
        ("--error", "nan"),
        ("--error", "-1"),
        ("--measure=3",),
        ("--bits", "0"),
        ("--bits", "inf"),
        ("--bits", "many"),
        ("--layers", "2"),
        ("--width", "5"),
        ("--width", "0"),
        ("--network",),
    ],
)
def test_values_out_of_range_are_refused(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    refused(capsys, SMALL, *arguments)


def test_json_says_how_features_are_read_and_the_seed_of_the_problem(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fields = json.loads(printed(capsys, f"{SMALL},influence=zipf,seed=5", "--json"))
    assert fields["problem_seed"] == 5
    assert fields["gates_per_feature"]["mean"] == 2.5
    assert fields["gates_per_feature"]["least"] == 0
    assert "problem_seed" not in printed(capsys, "uand:features=9")
    assert json.loads(printed(capsys, "uand:features=9", "--json"))["problem_seed"] is None


def test_a_width_takes_the_place_of_a_source(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--width", "1300", "--layers", "2", "--active", "4", "--bits", "2.5")
    turned = ps.bounds_of_width(1300, layers=2, active=4, bits=2.5)
    assert json.loads(printed(capsys, *arguments, "--json")) == turned.as_json()
    lines = printed(capsys, *arguments).splitlines()
    assert "2 layers of 1,300 neurons" in lines[0]
    assert max(map(len, lines)) <= 100
    for row in turned.rows:
        (line,) = [line for line in lines if f" {row.name} " in line]
        assert f" {row.features:,} " in line
    assert "1 layer of 60 neurons" in printed(capsys, "--width", "60")


@pytest.mark.parametrize("beside", [("--network", "net"), ("--measure",), ("--all",)])
def test_a_width_has_no_circuit(
    capsys: pytest.CaptureFixture[str], beside: tuple[str, ...]
) -> None:
    assert beside[0] in refused(capsys, "--width", "60", *beside)
    assert "SOURCE" in refused(capsys)
