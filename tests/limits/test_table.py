"""The table of all bounds: its rows, its JSON and its promises."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from math import ceil, comb, isqrt, log2

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import GateKind, build_circuit, problems
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.staged.plan import make_staged_plan
from polyseme.compiler.constructions.three_channel.plan import make_plan
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.compiler.task import Task
from polyseme.errors import OptionError
from polyseme.limits.table import Bounds, bounds
from support.gates import AND, XOR, Gate, over


@pytest.fixture(autouse=True)
def _only_quick_constructions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some declare their size only after a search of seconds, and have tests of their own."""
    for name in set(CATALOGUE) - {"monosemantic", "three-channel", "deep"}:
        monkeypatch.delitem(CATALOGUE, name)


@pytest.fixture
def thousand() -> Bounds:
    return bounds(problems.pairwise_and(1000, 1000))


def test_the_report_of_a_thousand_gates(thousand: Bounds) -> None:
    exact = comb(comb(1000, 2), 1000)
    assert (thousand.features, thousand.gates, thousand.outputs) == (1000, 1000, 1000)
    assert thousand.bits == pytest.approx(log2(exact))
    assert (thousand.lower_bound_neurons - 1) ** 2 < log2(exact) <= thousand.lower_bound_neurons**2
    assert thousand.monosemantic_neurons == 1000
    assert thousand.layers == 1
    assert thousand.counts_functions
    assert [remark[:19] for remark in thousand.remarks] == ["Adler, Shavit 2024:"]
    assert "constant unknown" in thousand.remarks[0]


def test_the_rows_of_the_report(thousand: Bounds) -> None:
    lower = {row.name: row.neurons for row in thousand.lower}
    wrong = lower.pop("a share of 0.001 of the outputs wrong, order of outputs ignored")
    assert lower == {
        "order of outputs ignored": thousand.lower_bound_neurons,
        "outputs in order": thousand.lower_bound_neurons_ordered,
        "the circuit's influences, order of outputs ignored": 93,
        "the circuit's influences, outputs in order": thousand.lower_bound_neurons_family,
    }
    assert wrong <= thousand.lower_bound_neurons < thousand.lower_bound_neurons_ordered
    storage = {row.name: row.neurons for row in thousand.storage}
    willshaw = storage["0.69 bits per weight, clipped one-shot storage, sparse patterns"]
    dense = storage["2.00 bits per weight, the best real weights, dense patterns"]
    assert willshaw > thousand.lower_bound_neurons > dense
    sizes = {row.name: row.neurons for row in thousand.constructions}
    assert sizes["monosemantic"] == thousand.monosemantic_neurons
    assert thousand.lower_bound_neurons < sizes["three-channel"] < sizes["monosemantic"]
    assert all(row.source and row.kind for row in thousand.rows)
    # Nothing but counting claims to bound every network.
    assert {row.kind for row in thousand.lower} == {"at least"}
    assert {row.kind for row in thousand.storage} == {"storage rule"}
    assert [row.kind for row in thousand.floors] == ["floor"] * 2 + ["heuristic floor"] * 2
    assert [row.neurons for row in thousand.floors][2:] == [339, 586]


def test_the_bound_at_given_bits_per_weight(thousand: Bounds) -> None:
    circuit = problems.pairwise_and(1000, 1000)
    assert (thousand.bits_per_weight, thousand.lower_bound_neurons_own_bits) == (None, None)
    for bits in (1, 4.0, 0.25):
        found = bounds(circuit, bits=bits)
        assert found.bits_per_weight == bits
        assert found.bits_family is not None
        assert found.lower_bound_neurons_own_bits == ceil((found.bits_family / bits) ** 0.5)
    # Where the influences are not counted, it is that of all circuits in order.
    uneven = bounds(problems.k_and(300, 400, 3, "zipf"), bits=4)
    assert uneven.bits_family is uneven.lower_bound_neurons_family is None
    assert uneven.lower_bound_neurons_own_bits == ceil((uneven.bits_ordered / 4) ** 0.5)
    assert "influences are not counted" in uneven.remarks[0]
    for wrong in (0, -1, float("nan"), float("inf"), "4"):
        with pytest.raises(OptionError, match="bits is"):
            bounds(circuit, bits=wrong)  # type: ignore[arg-type]


def test_the_report_is_json(thousand: Bounds) -> None:
    plain = thousand.as_json()
    assert json.loads(json.dumps(plain)) == plain
    assert {"lower", "representation", "constructions", "capacity"} <= set(plain)
    assert {"monosemantic_neurons", "measured", "network"} <= set(plain)
    assert plain["lower"][0] == {
        "name": "order of outputs ignored",
        "neurons": 102,
        "source": "counting",
        "parameters": ceil(thousand.bits),
        "inputs": "",
        "kind": "at least",
        "bits": thousand.bits,
    }
    groups = ("lower", "floors", "storage", "representation", "constructions", "measured")
    assert plain["rows"] == [row for name in groups for row in plain[name]]


def test_the_report_is_a_public_name() -> None:
    assert ps.bounds is bounds


def three_channel(report: Bounds) -> int:
    (row,) = (row for row in report.constructions if row.name == "three-channel")
    return row.neurons


def test_more_gates_need_more_neurons() -> None:
    reports = [bounds(problems.pairwise_and(400, gates)) for gates in (50, 200, 800, 3200)]
    for fewer, more in itertools.pairwise(reports):
        assert fewer.lower_bound_neurons < more.lower_bound_neurons
        assert three_channel(fewer) < three_channel(more)
        assert more.lower_bound_neurons <= three_channel(more)


def test_more_active_features_or_less_error_need_no_fewer_neurons() -> None:
    circuit = problems.pairwise_and(3000, 3000)
    sizes = [three_channel(bounds(circuit, active=active)) for active in (2, 3, 4, 6)]
    assert sizes == sorted(set(sizes))
    sizes = [three_channel(bounds(circuit, error=error)) for error in (1e-1, 1e-3, 1e-5)]
    assert sizes == sorted(set(sizes))


def test_a_deep_circuit_is_sized_by_its_widest_layer() -> None:
    gates: list[Gate] = [(AND, (0, 1)), (XOR, (3, 2)), (AND, (4, 0))]
    report = bounds(over(3, gates, [5]), active=2)
    assert {"deep", "monosemantic"} <= {row.name for row in report.constructions}
    plan = make_staged_plan(Task(over(3, gates, [5]), 2))
    assert report.monosemantic_neurons == plan.monosemantic_neurons
    assert report.layers == len(plan.schedule.stages) > 1
    assert report.lower_bound_neurons == (isqrt(int(report.bits / report.layers)) + 1)
    assert any(f"widest of {report.layers} hidden layers" in said for said in report.remarks)
    assert not report.counts_functions
    assert "bounds no network" in report.remarks[0]
    assert not report.floors


def test_universal_and_is_bounded_by_nothing() -> None:
    report = bounds(problems.universal_and(20))
    assert report.lower_bound_neurons == 0
    assert (report.lower, report.storage, report.floors, report.capacity) == ((), (), (), None)
    assert report.monosemantic_neurons == 190
    (remark,) = report.remarks
    assert "only one such circuit" in remark
    assert f"{report.lower_bound_neurons_ordered:,} neurons at 1 bit" in remark
    assert min(row.neurons for row in report.rows) > 0


def test_more_than_is_needed_is_no_capacity() -> None:
    # In superposition this takes more neurons than one per gate.
    small = bounds(problems.layered(16, 1))
    assert small.capacity is None
    assert bounds(problems.pairwise_and(1000, 1000)).capacity is not None


@pytest.mark.parametrize("active", [0, -1, 11])
def test_active_must_be_possible(active: int) -> None:
    circuit = problems.pairwise_and(10, 10)
    with pytest.raises(OptionError, match=f"active is {active}; it must be 1 to the 10 features"):
        bounds(circuit, active=active)
    assert bounds(circuit, active=10).active == 10


@pytest.mark.parametrize("error", [0.0, 1.0, 1e-7, float("nan")])
def test_error_must_be_a_rate(error: float) -> None:
    circuit = problems.pairwise_and(10, 10)
    with pytest.raises(OptionError, match="error is"):
        bounds(circuit, error=error)
    assert bounds(circuit, error=1e-6).error == 1e-6


EXPONENTS = (0.45, 0.6)


def growth(sizes: Sequence[int], neurons: Sequence[float]) -> float:
    """The exponent e of the best fit neurons = constant x sizes^e."""
    return float(np.polyfit(np.log(sizes), np.log(neurons), 1)[0])


def test_the_three_channel_construction_grows_with_the_square_root() -> None:
    # From 2^12 on: below, the number of dimensions is cut short by that of features.
    sizes = [2**power for power in range(12, 18)]
    plans = [make_plan(Task(problems.pairwise_and(m, m), 3, 1e-3)) for m in sizes]
    neurons = [predicted_neurons(plan) for plan in plans]
    assert EXPONENTS[0] <= growth(sizes, neurons) <= EXPONENTS[1]
    # The same numbers growing as m^(2/3), m^(2/5) or m would not pass.
    for wrong in (2 / 3, 2 / 5, 1):
        spoilt = [n * m ** (wrong - 1 / 2) for n, m in zip(neurons, sizes, strict=True)]
        assert not EXPONENTS[0] <= growth(sizes, spoilt) <= EXPONENTS[1]


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


def test_floors_are_of_promises_that_switch_gates_on() -> None:
    circuit = problems.k_and(300, 300, 4)
    assert not bounds(circuit, active=3).floors
    assert len(bounds(circuit, active=4).floors) == 4
    # A feature in very many gates: one floor would be a single neuron.
    uneven = bounds(problems.pairwise_and(2000, 10_000, "zipf")).floors
    assert [row.kind for row in uneven].count("floor") == 1
    assert all(row.neurons > 1 for row in uneven)
