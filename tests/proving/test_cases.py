"""Cases of outputs, against the circuit evaluated on every input."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import Circuit, GateKind, build_circuit, evaluate_dense, problems
from polyseme.errors import OptionError
from polyseme.proving import cases as cases_module
from polyseme.proving.cases import cases_of
from support.shallow_circuits import shallow_circuits


@given(shallow_circuits(), st.none() | st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_cases_are_all_inputs_and_each_has_one_value(circuit: Circuit, most: int | None) -> None:
    cases = cases_of(circuit, most)
    bits = np.array(list(product([False, True], repeat=len(circuit.features))))
    if most is not None:
        bits = bits[bits.sum(axis=1) <= most]
    truth = evaluate_dense(circuit, bits)
    covered = np.zeros(truth.shape, bool)
    for case in range(len(cases)):
        on, off = cases.fixed(case)
        inside = bits[:, on].all(axis=1) & ~bits[:, off].any(axis=1)
        output = cases.output[case]
        assert (truth[inside, output] == cases.must_be_on[case]).all()
        covered[inside, output] = True
        assert most is None or cases.fixed_on[case] <= most
    assert covered.all()
    assert not len(cases.undecided)
    assert (np.diff(cases.output) >= 0).all()
    assert np.array_equal(np.diff(cases.first), np.bincount(cases.output, minlength=cases.outputs))


def test_an_and_of_k_is_off_in_k_cases() -> None:
    cases = cases_of(problems.k_and(12, 12, 3))
    assert np.array_equal(np.bincount(cases.output), np.full(12, 4))


def test_facts_are_off_in_a_case_per_set_of_relations() -> None:
    circuit = ps.read("example:capitals")
    cases = cases_of(circuit, 2)
    off = np.bincount(cases.output[~cases.must_be_on], minlength=cases.outputs)
    assert off.max() <= 4


def test_an_output_of_too_many_cases_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    gates = [(GateKind.AND, (0, 1)), (GateKind.AND, (2, 3)), (GateKind.OR, (4, 5))]
    circuit = build_circuit("abcd", gates, [6, 4])
    assert not len(cases_of(circuit).undecided)
    monkeypatch.setattr(cases_module, "MOST_SPLITS", 3)
    cases = cases_of(circuit)
    assert cases.undecided.tolist() == [0]
    assert set(cases.output.tolist()) == {1}


def test_outputs_that_lie_deeper_have_no_cases() -> None:
    gates = [(GateKind.OR, (0, 1)), (GateKind.AND, (2, 3))]
    with pytest.raises(OptionError, match=r"are not ORs of terms: .* gate 1 reads gate 0"):
        cases_of(build_circuit("abc", gates, [4]))
