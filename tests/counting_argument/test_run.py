"""The argument run whole: small circuits come back, others are refused."""

from __future__ import annotations

from math import factorial, log2

import pytest

import polyseme as ps
from polyseme.circuits import Circuit, GateKind, build_circuit, problems
from polyseme.counting_argument import round_trips
from polyseme.counting_argument.run import run_counting_argument
from polyseme.errors import OptionError, SourceError


@pytest.mark.parametrize(
    ("circuit", "bits", "ordered"),
    [
        (problems.permutation(50), log2(factorial(50)), log2(factorial(50))),
        (problems.permutation(150), log2(factorial(150)), log2(factorial(150))),
        (problems.pairwise_and(60, 60), 373.78, 373.78 + log2(factorial(60))),
    ],
    ids=lambda value: value.name if isinstance(value, Circuit) else "",
)
def test_small_circuits_come_back(circuit: Circuit, bits: float, ordered: float) -> None:
    run = run_counting_argument(circuit, seed=1)
    assert run.exact
    assert (run.bits_bound, run.bits_ordered) == pytest.approx((bits, ordered), rel=1e-4)
    assert run.bytes_message > run.bytes_ordered >= run.bytes_bound
    assert run.parts["hidden weights"] * 8 > run.weight_bits
    assert run == run_counting_argument(circuit, seed=1)


def test_networks_that_have_no_message_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = ps.compile(problems.layered(20, 2), active=3)
    monkeypatch.setattr(round_trips, "compile", lambda *_, **__: deep)
    with pytest.raises(OptionError, match=r"^permutation:\S+: [^\n]* one hidden layer [^\n]*$"):
        run_counting_argument(problems.permutation(50))


@pytest.mark.parametrize(
    "circuit",
    [
        problems.k_and(20, 20, 3),
        build_circuit(["a", "b"], [(GateKind.OR, [0, 1])], [2]),
        build_circuit(["a", "b"], [(GateKind.AND_NOT, [0, 1])], [2]),
        build_circuit(["a", "b"], [(GateKind.AND, [0, 1])], [2, 0]),
        build_circuit(["a", "b"], [(GateKind.AND, [0, 1]), (GateKind.AND, [1, 0])], [2, 3]),
        build_circuit(["a", "b"], [(GateKind.AND, [0, 1])], [2, -1]),
        build_circuit(["a", "b"], [(GateKind.AND, [0, 1])], [2], inverted=[True]),
        build_circuit(["a", "b"], [], [0, 0]),
    ],
)
def test_other_circuits_are_refused(circuit: Circuit) -> None:
    with pytest.raises(SourceError, match=r"permutations and for distinct ANDs [^\n]*$"):
        run_counting_argument(circuit)


def test_a_promise_below_a_gates_inputs_is_refused() -> None:
    with pytest.raises(OptionError, match="active is 1; gates of 2 inputs need at least 2"):
        run_counting_argument(problems.pairwise_and(20, 20), active=1)
