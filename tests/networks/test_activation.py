"""Activations: how they run, bound, count, and are written; each against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyseme.errors import CapacityError, OptionError
from polyseme.networks.activation import Activation, Clip, Relu, Square, stored_activation
from support.network_parts import layer

KINDS = (Relu(), Clip(1), Clip(7), Clip(2**24 - 1), Square())
SUMS = st.integers(-(10**6), 10**6)


def defined(activation: Activation, value: int) -> int:
    match activation:
        case Relu():
            return max(value, 0)
        case Clip(cap):
            return min(max(value, 0), cap)
    return value * value


class Spelled:
    """A writer of text."""

    def relu(self) -> str:
        return "relu"

    def clip(self, highest: float) -> str:
        return f"clip {highest}"

    def square(self, scale: float) -> str:
        return f"square {scale}"


@pytest.mark.parametrize("activation", KINDS)
@given(values=st.lists(st.integers(-4000, 4000), min_size=1, max_size=9))
def test_running_in_place_is_the_definition(activation, values):
    sums = np.array(values, np.float32)
    assert activation.apply(sums) is None
    assert sums.dtype == np.float32
    assert sums.tolist() == [defined(activation, value) for value in values]


@pytest.mark.parametrize("activation", KINDS)
@given(ends=st.lists(SUMS, min_size=2, max_size=2).map(sorted), share=st.floats(0, 1))
def test_bounds_hold_and_are_met(activation, ends, share):
    (lowest,), (highest,) = (np.array([end]) for end in ends)
    low, high = activation.bounds(np.array(ends[:1]), np.array(ends[1:]))
    inside = [ends[0], ends[1], round(ends[0] + share * (ends[1] - ends[0]))]
    inside += [0] if lowest <= 0 <= highest else []
    found = [defined(activation, value) for value in inside]
    assert low.dtype == high.dtype == np.int64
    assert (low[0], high[0]) == (min(found), max(found))


def test_bounds_of_large_squares_are_exact_or_refused():
    large = np.array([3_037_000_499])
    low, high = Square().bounds(-large, large)
    assert (low[0], high[0]) == (0, 3_037_000_499**2)
    with pytest.raises(CapacityError, match="does not fit into 64 bits"):
        Square().bounds(large, large + 1)
    low, high = Square().bounds(np.array([10**12], object), np.array([10**13], object))
    assert (low[0], high[0]) == (10**24, 10**26)


def test_a_clipped_unit_counts_as_two_relus():
    assert [activation.relus for activation in KINDS] == [1, 2, 2, 2, 1]
    assert [layer(activation=activation).neurons for activation in KINDS] == [2, 4, 4, 4, 2]


def test_each_is_written_by_the_method_of_its_kind():
    written = [activation.write(Spelled(), 0.5) for activation in (Relu(), Clip(7), Square())]
    assert written == ["relu", "clip 3.5", "square 0.5"]


@pytest.mark.parametrize("activation", KINDS)
def test_what_is_stored_says_which_it_is(activation):
    assert stored_activation(*activation.stored) == activation


def test_a_layer_cannot_be_both_squared_and_clipped():
    with pytest.raises(OptionError, match="both squared and clipped"):
        stored_activation(3, True)


@pytest.mark.parametrize("cap", [1, np.int64(7), 2**24 - 1])
def test_whole_numbers_are_caps(cap):
    assert Clip(cap).stored == (cap, False)


@pytest.mark.parametrize("cap", [0, -1, 2**24, 1.0, np.nan, "1"])
def test_other_caps_are_refused(cap):
    with pytest.raises(OptionError, match=r"cap .* is not a whole number from 1 to 16777215"):
        Clip(cap)
