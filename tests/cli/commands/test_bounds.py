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
    out = printed(capsys, SMALL)
    assert "each feature in 2 to 3 gates, 2.5 on average; problem seed 0\n" in out
    possible = bounds(ps.read(SMALL))
    assert possible.capacity is not None
    assert out.count("┏") == 1
    lines = out.splitlines()
    for kind, rows in (
        ("at least, ", possible.lower),
        ("to hold the features, ", possible.representation),
        ("│ ", possible.constructions),
    ):
        for row in rows:
            (line,) = [line for line in lines if f"{kind}{row.name} " in line]
            assert f" {row.neurons:,} " in line
            assert row.source in line
            if row.parameters is not None:
                assert f" {row.parameters:,} " in line
    assert f"at most, {possible.capacity.neurons} x {possible.capacity.neurons} weights" in out
    assert "no more numbers than they have neurons" in out
    assert "compiled" not in out


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
    assert "as circuits go, 1 bit per weight" in out
    assert "at least, 1 bit per weight, functions that differ by names" in out
    assert [row.indicative for row in possible.lower].count(False) == 1
    assert {row.name for row in possible.constructions} >= {"deep", "monosemantic"}
    assert possible.capacity is None
    assert "at most, 1" not in out


def test_measuring_compiles(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (SMALL, "--measure", "--active", "2", "--error", "0.1")
    fields = json.loads(printed(capsys, *arguments, "--json"))
    (row,) = fields["measured"]
    steps: list[str] = []
    again = measured_row(ps.read(SMALL), 2, 0.1, steps.append)
    assert (row["name"], row["neurons"]) == (again.name, again.neurons)
    assert row["neurons"] >= fields["lower_bound_neurons"]
    assert row["name"].startswith("compiled, ")
    assert steps
    assert row["name"] in printed(capsys, *arguments)


def test_a_network_is_held_against_its_own_entropy(
    capsys: pytest.CaptureFixture[str], network: Network, saved: str
) -> None:
    out = printed(capsys, SMALL, "--network", saved)
    own = json.loads(printed(capsys, SMALL, "--network", saved, "--json"))["network"]
    held = network_bound(network, ps.read(SMALL), bounds(ps.read(SMALL)).bits)
    assert own == asdict(held)
    assert held.weight_bits == network.weight_bits()
    assert held.weights == sum(layer.weights.size for layer in network.layers)
    least = (bounds(ps.read(SMALL)).bits / held.bits_per_weight) ** 0.5
    assert held.lower_bound_neurons - 1 < least <= held.lower_bound_neurons <= network.neurons
    assert f"{held.bits_per_weight:.3g} bits per weight, as {saved} has" in out
    assert f"its weights hold {held.weight_bits:,.0f} bits" in out


def test_a_family_of_one_needs_no_network(network: Network) -> None:
    assert network_bound(network, ps.read(SMALL), 0).lower_bound_neurons == 0


@pytest.mark.parametrize("source", ["and2:features=121,gates=150", "and2:features=120,gates=151"])
def test_another_circuits_network_is_refused(
    capsys: pytest.CaptureFixture[str], saved: str, network: Network, source: str
) -> None:
    assert "not its network" in refused(capsys, source, "--network", saved)
    with pytest.raises(SourceError, match="not its network"):
        network_bound(network, ps.read(source), 5.0)


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
