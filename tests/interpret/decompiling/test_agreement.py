"""Circuits compared: forms that are the same, and what is said where they are not."""

from __future__ import annotations

import pytest

import polyseme as ps
from polyseme.interpret.decompiling.agreement import common_gates


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("y = a & b & c", "p = a & b; y = p & c"),
        ("y = a | b | c", "y = a | (b | c)"),
        ("y = a ^ b", "y = a & ~b | b & ~a"),
        ("y = a & ~(b | c)", "y = a & ~b & ~c"),
    ],
)
def test_ways_to_write_a_function_are_equal(one: str, other: str) -> None:
    found, truth = ps.read(one), ps.read(other)
    wanted = [truth.output_names.position("y")]
    kept = ps.build_circuit(
        list(truth.features),
        [
            (
                ps.GateKind(int(kind)),
                truth.fan_in[truth.fan_in_offsets[gate] : truth.fan_in_offsets[gate + 1]].tolist(),
            )
            for gate, kind in enumerate(truth.kinds)
        ],
        [int(truth.outputs[wanted[0]])],
        ["y"],
    )
    compared = ps.agreement(found, kept)
    assert compared.equivalent is True
    assert compared.precision == compared.recall == 1


def test_circuits_that_differ_are_compared_on_all_inputs() -> None:
    compared = ps.agreement(ps.read("y = a & b; z = a | b"), ps.read("y = a & b; z = a & ~b"))
    assert compared.equivalent is False
    assert compared.exhaustive
    # Of no feature, a, b, and both: z differs on b and on both.
    assert (compared.tried, compared.different) == (4, 2)
    assert (compared.precision, compared.recall) == (0.5, 0.5)


def test_many_inputs_are_sampled_and_nothing_is_claimed_of_the_others() -> None:
    one, other = ps.problems.pairwise_and(300, 300), ps.problems.pairwise_and(300, 300, seed=1)
    compared = ps.agreement(one, other, active=3)
    assert not compared.exhaustive
    assert compared.equivalent is False
    gates = [(ps.GateKind.AND, (0, 1)), (ps.GateKind.OR, (0, 300)), (ps.GateKind.AND, (0, 301))]
    names = [f"x{i}" for i in range(300)]
    absorbed = ps.build_circuit(names, gates, [302], ["y"])
    plain = ps.build_circuit(names, [], [0], ["y"])
    assert ps.agreement(absorbed, plain, active=3).equivalent is None


def test_an_inverted_output_is_another() -> None:
    assert ps.agreement(ps.read("y = ~(a & b)"), ps.read("y = a & b")).different > 0


def test_others_features_are_refused() -> None:
    with pytest.raises(ps.OptionError, match="other features or outputs"):
        ps.agreement(ps.read("y = a & b"), ps.read("y = a & c"))
    with pytest.raises(ps.OptionError, match="other features"):
        common_gates(ps.read("y = a & b"), ps.read("y = a & c"))
    with pytest.raises(ps.OptionError, match="must be a circuit"):
        ps.agreement(ps.read("y = a & b"), "y = a & b")  # type: ignore[arg-type]
