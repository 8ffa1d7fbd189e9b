"""`polyseme bounds`: one table of all bounds, its JSON, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import polyseme as ps
from polyseme.circuits import GateKind, build_circuit, problems
from polyseme.cli.main import main
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Inputs, Size
from polyseme.compiler.constructions.monosemantic import Monosemantic
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, SourceError
from polyseme.limits.declared import declared_rows
from polyseme.limits.table import bounds
from polyseme.limits.tried import measured_row, network_bound
from polyseme.networks.network import Network

PROBLEM = "and2:features=120,gates=150"
WHOLE_CATALOGUE = dict(CATALOGUE)


@pytest.fixture(autouse=True)
def _only_quick_constructions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some declare their size only after a search of seconds, and have tests of their own."""
    for name in set(CATALOGUE) - {"monosemantic", "three-channel", "deep"}:
        monkeypatch.delitem(CATALOGUE, name)


@pytest.fixture(scope="module")
def network() -> Network:
    return ps.compile(ps.read(PROBLEM), neurons=120)


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
    out = printed(capsys, PROBLEM)
    possible = bounds(ps.read(PROBLEM))
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
    fields = json.loads(printed(capsys, PROBLEM, "--active", "2", "--error", "0.01", "--json"))
    assert fields == bounds(ps.read(PROBLEM), active=2, error=0.01).as_json()
    assert fields["measured"] == []
    assert fields["network"] is None
    assert fields["capacity"]["outputs"] >= fields["outputs"]
    sizes = [row["neurons"] for row in fields["constructions"] if row["inputs"] != "basis"]
    assert fields["capacity"]["neurons"] == min(sizes)


class Fake(Monosemantic):
    """A construction that declares what it is told to; without a size no neurons are enough."""

    sources = ("welch1974lower", "polyseme")

    def __init__(
        self, name: str, inputs: Inputs, size: Size | None, why: str | None = None
    ) -> None:
        self.name, self.inputs, self._size, self._why = name, inputs, size, why
        super().__init__()

    def refusal(self, task: Task) -> str | None:
        return self._why

    def neurons(self, plan: Any, error: float) -> int:
        if self._size is None:
            raise CapacityError("no number is enough")
        return self._size.neurons

    def parameters(self, plan: Any, neurons: int) -> int:
        assert self._size is not None
        return self._size.parameters


def test_a_row_for_every_construction_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    made = (
        Fake("wide", Inputs.EITHER, Size(70, 70 * 121)),
        Fake("narrow", Inputs.EITHER, Size(80, 80 * 119)),
        Fake("unwilling", Inputs.BASIS, Size(5, 5), "it does not feel like it"),
        Fake("failing", Inputs.BASIS, None),
        Fake("small", Inputs.BASIS, Size(60, 6)),
    )
    for construction in made:
        monkeypatch.setitem(CATALOGUE, construction.name, construction)
    possible = bounds(ps.read(PROBLEM))
    rows = {row.name: row for row in possible.constructions}
    assert set(rows) == {"wide", "narrow", "small", "three-channel", "monosemantic"}
    assert (rows["wide"].neurons, rows["wide"].parameters) == (70, 70 * 121)
    assert rows["wide"].source == "Welch 1974; polyseme"
    # A number for every feature and neuron can only be a dimension a feature.
    assert (rows["wide"].inputs, rows["narrow"].inputs) == ("basis", "superposed")
    assert possible.constructions[-1].name == "monosemantic"
    # Smaller ones have basis inputs, of which the bound for n x n weights says nothing.
    assert possible.capacity is not None
    assert possible.capacity.neurons == min(80, rows["three-channel"].neurons)


@pytest.mark.parametrize("source", ["and2:features=40,gates=45", "permutation:features=30"])
def test_every_construction_there_is_can_be_asked(source: str) -> None:
    circuit = ps.read(source)
    with pytest.MonkeyPatch.context() as patch:
        for name, construction in WHOLE_CATALOGUE.items():
            patch.setitem(CATALOGUE, name, construction)
        rows, layers = declared_rows(Task(circuit, 3, 1e-2))
    assert layers == 1
    assert {row.name for row in rows} <= {"three-channel", *WHOLE_CATALOGUE}
    assert all(row.neurons > 0 and row.source for row in rows)
    assert rows[-1].neurons == circuit.gates


def test_deep_circuits_are_counted_as_circuits_and_as_functions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = "layered:width=40,depth=3"
    out, possible = printed(capsys, source), bounds(ps.read(source))
    assert "bounds no network" in out
    assert "as circuits go, 1 bit a weight" in out
    assert "at least, 1 bit a weight, functions that differ by names" in out
    assert [row.indicative for row in possible.lower].count(False) == 1
    assert {row.name for row in possible.constructions} >= {"deep", "monosemantic"}
    assert possible.capacity is None
    assert "at most, 1" not in out


def test_measuring_compiles(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (PROBLEM, "--measure", "--active", "2", "--error", "0.1")
    fields = json.loads(printed(capsys, *arguments, "--json"))
    (row,) = fields["measured"]
    steps: list[str] = []
    again = measured_row(ps.read(PROBLEM), 2, 0.1, steps.append)
    assert (row["name"], row["neurons"]) == (again.name, again.neurons)
    assert row["neurons"] >= fields["lower_bound_neurons"]
    assert row["name"].startswith("compiled, ")
    assert steps
    assert row["name"] in printed(capsys, *arguments)


def test_a_network_is_held_against_its_own_entropy(
    capsys: pytest.CaptureFixture[str], network: Network, saved: str
) -> None:
    out = printed(capsys, PROBLEM, "--network", saved)
    own = json.loads(printed(capsys, PROBLEM, "--network", saved, "--json"))["network"]
    held = network_bound(network, ps.read(PROBLEM), bounds(ps.read(PROBLEM)).bits)
    assert own == asdict(held)
    assert held.weight_bits == network.weight_bits()
    assert held.weights == sum(layer.weights.size for layer in network.layers)
    least = (bounds(ps.read(PROBLEM)).bits / held.bits_per_weight) ** 0.5
    assert held.lower_bound_neurons - 1 < least <= held.lower_bound_neurons <= network.neurons
    assert f"{held.bits_per_weight:.3g} bits a weight, as {saved} has" in out
    assert f"its weights hold {held.weight_bits:,.0f} bits" in out


def test_a_family_of_one_needs_no_network(network: Network) -> None:
    assert network_bound(network, ps.read(PROBLEM), 0).lower_bound_neurons == 0


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
    assert "broken.safetensors" in refused(capsys, PROBLEM, "--network", str(broken))
    assert "absent" in refused(capsys, PROBLEM, "--network", str(tmp_path / "absent"))


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
    refused(capsys, PROBLEM, *arguments)


def test_promises_at_their_limits() -> None:
    for features, active in ((1, 1), (2, 2), (3, 2), (120, 120), (120, 119)):
        possible = bounds(problems.permutation(features), active=active)
        assert all(0 <= row.neurons <= features for row in possible.representation)
        assert json.loads(json.dumps(possible.as_json(), allow_nan=False))


def test_circuits_that_compute_next_to_nothing() -> None:
    constant = build_circuit(["a", "b"], [], [-1])
    resting_on = build_circuit(["a", "b"], [(GateKind.AND, (0, 1))], [2], inverted=[True])
    twice = build_circuit(["a", "b"], [(GateKind.AND, (0, 1))] * 2, [2, 3])
    for circuit in (constant, resting_on, twice):
        possible = bounds(circuit, active=2)
        assert json.loads(json.dumps(possible.as_json(), allow_nan=False))
        assert all(row.neurons >= 0 for row in possible.lower)
