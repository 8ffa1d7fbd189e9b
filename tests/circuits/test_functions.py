"""Circuits of Python functions: what they compute, how things are named, and what is refused."""

from __future__ import annotations

import sys
from collections import namedtuple
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import Circuit, evaluate_dense
from polyseme.circuits.logic import wide_gates
from support.formulas import FORMULAS, NAMES, Formula, on_bits, value_of


def table_of(circuit: Circuit) -> dict[tuple[int, ...], list[int]]:
    """All outputs for all inputs."""
    rows = list(product((0, 1), repeat=len(circuit.features)))
    values = evaluate_dense(circuit, np.array(rows, bool))
    return {row: list(map(int, found)) for row, found in zip(rows, values, strict=True)}


@given(st.lists(FORMULAS, min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_a_function_computes_what_it_says(formulas: list[Formula]) -> None:
    def function(a: Any, b: Any, c: Any, d: Any) -> Any:
        bits = dict(zip(NAMES, (a, b, c, d), strict=True))
        return [on_bits(one, bits) for one in formulas]

    for row, outputs in table_of(ps.circuit(function)).items():
        values = dict(zip(NAMES, row, strict=True))
        assert outputs == [value_of(one, values) for one in formulas]


@given(st.integers(0, 7), st.integers(1, 7), st.sampled_from((1, 3, 5_000)))
@settings(max_examples=60, deadline=None)
def test_at_least_counts_however_many_sets_there_are(least: int, bits: int, sets: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wide_gates, "MAX_SETS", sets)
        circuit = ps.circuit(lambda x: ps.at_least(least, x), widths={"x": bits})
    for row, outputs in table_of(circuit).items():
        assert outputs == [int(sum(row) >= least)]


def test_at_least_of_many_is_small() -> None:
    circuit = ps.circuit(lambda x: ps.at_least(20, x), widths={"x": 60})
    assert circuit.gates < 10_000
    generator = np.random.default_rng(0)
    rows = generator.random((200, 60)) < 1 / 3
    assert np.array_equal(evaluate_dense(circuit, rows)[:, 0], rows.sum(axis=1) >= 20)


def full_adder(a: Any, b: Any, carry_in: Any) -> dict[str, Any]:
    half = a ^ b
    total = half ^ carry_in
    return {"sum": total, "carry": a & b | half & carry_in}


def test_names_come_from_parameters_results_and_variables() -> None:
    circuit = ps.circuit(full_adder)
    assert circuit.name == "full_adder"
    assert list(circuit.features) == ["a", "b", "carry_in"]
    assert list(circuit.output_names) == ["sum", "carry"]
    assert [name for name in circuit.gate_names if name] == ["half", "sum", "carry"]
    assert ps.circuit(full_adder, name="other").name == "other"


@dataclass
class Told:
    first: Any
    more: Any


Pair = namedtuple("Pair", ["low", "high"])


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda a, b: a & b, ["y"]),
        (lambda a, b: (a, b), ["y0", "y1"]),
        (lambda a, b: [a & b], ["y0"]),
        (lambda a, b: {"p": a, "q": [a, b]}, ["p", "q0", "q1"]),
        (lambda a, b: Told(a, (a, b)), ["first", "more0", "more1"]),
        (lambda a, b: Pair(a, b), ["low", "high"]),
        (lambda a, b: {"p": True, "q": a}, ["p", "q"]),
    ],
)
def test_names_of_outputs(function: Any, names: list[str]) -> None:
    assert list(ps.circuit(function).output_names) == names


def test_a_list_of_bits_is_a_parameter_of_a_width() -> None:
    def add(a: list[Any], b: list[Any]) -> dict[str, Any]:
        carry: Any = False
        sums = []
        for one, other in zip(a, b, strict=True):
            sums.append(one ^ other ^ carry)
            carry = one & other | carry & (one ^ other)
        return {"s": [*sums, carry]}

    circuit = ps.circuit(add, widths={"a": 3, "b": 3})
    assert list(circuit.features) == ["a0", "a1", "a2", "b0", "b1", "b2"]
    weights = np.array([1, 2, 4, 8])
    for row, outputs in table_of(circuit).items():
        assert weights @ outputs == weights[:3] @ row[:3] + weights[:3] @ row[3:]


def test_a_gate_can_be_named_where_it_is_made() -> None:
    circuit = ps.circuit(lambda a, b, c: (a & b).named("both") | c)
    assert circuit.gate_names[0] == "both"
    with pytest.raises(ps.SourceError, match="name 'a' is already that of another bit"):
        ps.circuit(lambda a, b: (a & b).named("a"))
    with pytest.raises(ps.SourceError, match="name '' must be"):
        ps.circuit(lambda a, b: (a & b).named(""))


def test_parameters_with_defaults_are_no_bits() -> None:
    def function(a: Any, b: Any, times: int = 3) -> Any:
        assert times == 3
        return a & b

    assert list(ps.circuit(function).features) == ["a", "b"]
    assert list(ps.circuit(partial(function, times=3)).features) == ["a", "b"]


def test_keyword_and_positional_parameters_work() -> None:
    def function(a: Any, /, b: Any, *, c: Any) -> Any:
        return a & b & ~c

    assert list(ps.circuit(function).features) == ["a", "b", "c"]


def test_profilers_are_left_as_they_were() -> None:
    def profiler(frame: Any, event: str, value: Any) -> None:
        return None

    sys.setprofile(profiler)
    try:
        ps.circuit(full_adder)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


other_bit: list[Any] = []


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda a, b: a and b, "a bit has no value while its circuit is recorded; use & |"),
        (lambda a, b: a if b else b, "instead of `if`, combine bits"),
        (lambda a, b: all([a, b]), "ps.all_of"),
        (lambda a, b: a == b, "write ~(a ^ b) for a == b"),
        (lambda a, b: a != b, "write ~(a ^ b) for a == b"),
        (lambda a, b: a & 2, "what a bit is combined with is 2; it must be a bit, True or False"),
        (lambda a, b: a & "b", "what a bit is combined with is 'b'; it must be a bit"),
        (lambda a, b: None, "the function returns None; it must return a bit"),
        (lambda a, b: "a", "the function returns 'a'; it must return a bit"),
        (lambda a, b: {"y": None}, "output 'y' of the function is None; it must be a bit"),
        (lambda a, b: {3: a}, "the function names an output 3; it must be text"),
        (lambda a, b: {}, "the function returns no bit"),
        (lambda a, b: {"y0": a, "y": [b]}, "the function returns two outputs named 'y0'"),
        (lambda a, b: ps.all_of(a, None), "bit 1 of the list is None; it must be a bit"),
        (lambda a, b: ps.at_least(1.5, a), "count is 1.5; it must be a whole number"),
        (lambda a, b: ps.at_least(-1, a), "count is -1; it must be"),
        (lambda *bits: bits[0], "parameter '*bits' names no bits"),
        (lambda **bits: bits, "parameter '**bits' names no bits"),
        (3, "function is 3; it must be a function of bits"),
    ],
)
def test_what_is_no_function_of_bits(function: Any, message: str) -> None:
    with pytest.raises(ps.OptionError) as caught:
        ps.circuit(function)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_bits_of_two_functions_are_kept_apart() -> None:
    kept: list[Any] = []
    ps.circuit(lambda a, b: kept.append(a) or a)
    with pytest.raises(ps.OptionError, match="is a bit of another function"):
        ps.circuit(lambda a, b: a & kept[0])


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ({"c": 2}, "widths names 'c', which is no parameter of the function"),
        ({"a": 0}, r"widths\['a'\] is 0; it must be"),
        ({"a": "2"}, r"widths\['a'\] is '2'; it must be a whole number"),
        (3, "widths is 3; it must be a mapping"),
    ],
)
def test_widths_that_are_none(widths: Any, message: str) -> None:
    with pytest.raises(ps.OptionError, match=message):
        ps.circuit(lambda a, b: True, widths=widths)


def test_a_function_without_bits_is_refused() -> None:
    with pytest.raises(ps.SourceError, match="at least one feature"):
        ps.circuit(lambda: True)


def test_constants_are_combined_without_a_circuit() -> None:
    assert ps.all_of() is True
    assert ps.any_of() is False
    assert ps.at_least(2, True, [False, True]) is True
