"""Small supports against a gate-by-gate oracle, and inputs drawn from them for deep circuits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyseme.circuits import Circuit, GateKind, build_circuit, wires_on
from polyseme.circuits.problems import k_and, layered
from polyseme.circuits.supports import draw_supported, guess_supports, small_supports
from polyseme.errors import OptionError
from polyseme.verification.inputs import DEEP_DESCRIPTIONS, draw_deep_inputs
from support.circuits import circuits, gate_value


def inputs_of(circuit: Circuit, gate: int) -> list[int]:
    begin, end = circuit.fan_in_offsets[gate : gate + 2]
    return [int(wire) for wire in circuit.fan_in[begin:end]]


def guessed(circuit: Circuit, active: int) -> list[set[int]]:
    """What every wire's support should be before it is checked; empty where there is none."""
    known: list[set[int]] = [{feature} for feature in range(len(circuit.features))]
    for gate, kind in enumerate(circuit.kinds.tolist()):
        read = [known[wire] for wire in inputs_of(circuit, gate)]
        if kind == GateKind.AND:
            union = set().union(*read)
            known.append(union if all(read) and len(union) <= active else set())
        elif kind in (GateKind.IDENTITY, GateKind.AND_NOT):
            known.append(read[0])
        else:
            known.append(min(filter(None, read), key=len, default=set()))
    return known


def values_of(circuit: Circuit, on: set[int]) -> list[bool]:
    values = [feature in on for feature in range(len(circuit.features))]
    for gate, kind in enumerate(circuit.kinds.tolist()):
        read = [values[wire] for wire in inputs_of(circuit, gate)]
        values.append(gate_value(kind, read))
    return values


def as_sets(rows: NDArray[np.int32]) -> list[set[int]]:
    """Rows as sets, having checked that members are distinct and stand before the padding."""
    sets = []
    for row in rows.tolist():
        members = [feature for feature in row if feature >= 0]
        assert row == members + [-1] * (len(row) - len(members))
        assert len(set(members)) == len(members)
        sets.append(set(members))
    return sets


@given(circuits(), st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_supports_are_the_guesses_that_hold(circuit: Circuit, active: int) -> None:
    expected = guessed(circuit, active)
    assert as_sets(guess_supports(circuit, active)) == expected
    found = small_supports(circuit, active)
    assert found.dtype == np.int32
    assert found.shape == (circuit.wires, active)
    assert as_sets(found) == [
        on if on and values_of(circuit, on)[wire] else set() for wire, on in enumerate(expected)
    ]


def test_every_support_of_a_deep_circuit_holds_and_most_gates_have_one() -> None:
    circuit = layered(200, 30)
    supports = small_supports(circuit, 3)
    found = np.flatnonzero(supports[:, 0] >= 0)
    on = wires_on(circuit, supports[found]).toarray()
    assert on[np.arange(len(found)), found].all()
    by_level = np.bincount(circuit.levels[found], minlength=31) / 200
    assert by_level[0] == 1
    assert by_level.min() > 0.6


# Gate 6 reads a and not a, so that its guess is wrong; gate 8 needs more than three features.
TRICKY = build_circuit(
    ["a", "b", "c", "d", "e"],
    [
        (GateKind.IDENTITY, [0]),
        (GateKind.AND_NOT, [0, 5]),
        (GateKind.XOR, [1, 2]),
        (GateKind.AND, [0, 1, 2, 3]),
    ],
    [8],
)


def test_what_is_found_and_what_is_not() -> None:
    assert as_sets(small_supports(TRICKY, 3))[5:] == [{0}, set(), {1}, set()]
    assert as_sets(small_supports(TRICKY, 4))[5:] == [{0}, set(), {1}, {0, 1, 2, 3}]
    assert not guess_supports(TRICKY, 3).flags.writeable


def some_gate_on(circuit: Circuit, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = wires_on(circuit, rows).toarray()[:, len(circuit.features) :].any(1)
    return found


def test_drawn_rows_switch_gates_on_even_where_guesses_are_wrong() -> None:
    guesses = guess_supports(TRICKY, 3)
    rows = draw_supported(TRICKY, guesses, 200, np.random.default_rng(0), lambda some: some)
    assert {tuple(row) for row in rows.tolist()} == {(0, -1, -1), (1, -1, -1)}
    wrong = build_circuit(["a"], [(GateKind.IDENTITY, [0]), (GateKind.AND_NOT, [0, 1])], [2])
    supports = guess_supports(wrong, 1).copy()
    supports[1] = -1
    rows = draw_supported(wrong, supports, 5, np.random.default_rng(0), lambda some: some)
    assert (rows == -1).all()


def test_levels_are_drawn_evenly_however_many_gates_they_have() -> None:
    gates = [(GateKind.IDENTITY, [0])] * 99 + [(GateKind.AND, [1, 3])]
    circuit = build_circuit(["a", "b"], gates, [101])
    supports = small_supports(circuit, 2)
    rows = draw_supported(circuit, supports, 1000, np.random.default_rng(0), lambda some: some)
    assert 420 < (rows[:, 1] >= 0).sum() < 580


@pytest.mark.parametrize("name", DEEP_DESCRIPTIONS)
@pytest.mark.parametrize("given_supports", [False, True])
def test_deep_inputs_are_what_they_are_called(name: str, given_supports: bool) -> None:
    circuit = layered(400, 20)
    supports = small_supports(circuit, 3) if given_supports else None
    rows = draw_deep_inputs(name, circuit, 3, 300, np.random.default_rng(2), supports)
    again = draw_deep_inputs(name, circuit, 3, 300, np.random.default_rng(2), supports)
    assert rows.dtype == np.int32
    assert rows.shape == (300, 3)
    assert np.array_equal(rows, again)
    sizes = np.array([len(members) for members in as_sets(rows)])
    assert set(sizes) == ({1, 2, 3} if name == "alone" else {3})
    values = wires_on(circuit, rows).toarray()
    kinds = np.concatenate((np.full(400, 255), circuit.kinds))
    ands = (values & (kinds == GateKind.AND)).any(axis=1)
    # Random features are hardly ever together in an AND.
    least, most = {"uniform": (0, 0.2), "mixed": (0.2, 0.5)}.get(name, (0.45, 1))
    assert least <= ands.mean() <= most
    if name == "mixed":
        assert ands[::2].mean() > 0.45 > 0.2 > ands[1::2].mean()


@given(circuits(), st.integers(1, 8), st.sampled_from(list(DEEP_DESCRIPTIONS)))
@settings(max_examples=60, deadline=None)
def test_deep_inputs_of_any_circuit(circuit: Circuit, active: int, name: str) -> None:
    rows = draw_deep_inputs(name, circuit, active, 7, np.random.default_rng(0))
    width = min(active, len(circuit.features))
    assert rows.shape == (7, width)
    sets = as_sets(rows)
    assert all(sets)
    if name in ("satisfied", "alone") and (small_supports(circuit, width)[-1] >= 0).any():
        on = [any(values_of(circuit, members)) for members in sets]
        assert all(on)


def test_where_no_gate_can_be_switched_on_inputs_are_uniform() -> None:
    circuit = k_and(50, 40, 4)
    for name in DEEP_DESCRIPTIONS:
        rows = draw_deep_inputs(name, circuit, 3, 60, np.random.default_rng(0))
        assert all(len(members) == 3 for members in as_sets(rows))
        assert not some_gate_on(circuit, rows).any()
        rows = draw_deep_inputs(name, circuit, 4, 60, np.random.default_rng(0))
        assert some_gate_on(circuit, rows).all() == (name in ("satisfied", "alone"))


@pytest.mark.parametrize("name", ["one-short", "near-miss"])
def test_inputs_of_shallow_circuits_are_refused(name: str) -> None:
    with pytest.raises(OptionError, match="are for circuits of one hidden layer; deeper ones"):
        draw_deep_inputs(name, TRICKY, 3, 5, np.random.default_rng(0))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(OptionError, match="no inputs named 'dense'; there are satisfied, uni"):
        draw_deep_inputs("dense", TRICKY, 3, 5, np.random.default_rng(0))
