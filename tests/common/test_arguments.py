"""Arguments of a wrong type or out of range are named in one line, with their value."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.common.arguments import instance, real_number, shown_value, text, whole_number
from polyseme.errors import OptionError


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3)])
def test_whole_numbers_of_python_and_numpy_are_taken(value):
    taken = whole_number("size", value, 1, 3)
    assert type(taken) is int
    assert taken == 3


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, [3], np.array([3])])
def test_anything_else_is_no_whole_number(value):
    with pytest.raises(OptionError, match=r"^size is .*; it must be a whole number$"):
        whole_number("size", value)


@pytest.mark.parametrize(
    ("value", "least", "most", "rule"),
    [
        (0, 1, None, "size is 0; it must be at least 1"),
        (9, None, 8, "size is 9; it must be at most 8"),
        (-1, 0, 5000, "size is -1; it must be 0 to 5,000"),
        (10**5000, 0, 1, "size is a number of 16610 bits; it must be 0 to 1"),
    ],
    ids=range(4),
)
def test_a_whole_number_out_of_range_is_named_with_the_range(value, least, most, rule):
    with pytest.raises(OptionError) as refused:
        whole_number("size", value, least, most)
    assert str(refused.value) == rule


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), 0, np.int64(0)])
def test_numbers_are_taken(value):
    assert real_number("share", value, -1, 1) == float(value)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("x", "share is 'x'; it must be a number"),
        (True, "share is True; it must be a number"),
        (1j, "share is 1j; it must be a number"),
        (0, "share is 0; it must be more than 0 and less than 1"),
        (float("nan"), "share is nan; it must be more than 0 and less than 1"),
    ],
)
def test_other_numbers_are_refused(value, rule):
    with pytest.raises(OptionError) as refused:
        real_number("share", value, 0, 1)
    assert str(refused.value) == rule


def test_text_is_one_of_its_choices():
    assert text("kind", "a") == "a"
    assert text("kind", "a", ("a", "b")) == "a"
    with pytest.raises(OptionError, match=r"^kind is 'c'; it must be one of a, b$"):
        text("kind", "c", ("a", "b"))
    with pytest.raises(OptionError, match=r"^kind is \['a'\]; it must be text$"):
        text("kind", ["a"], ("a", "b"))


def test_an_instance_is_told_what_it_must_be():
    instance("table", {}, dict, "a mapping")
    with pytest.raises(OptionError, match=r"^table is 3; it must be a mapping$"):
        instance("table", 3, dict, "a mapping")


@pytest.mark.parametrize("value", ["a\nb" * 50, "\u202e", np.arange(1000), 10**5000], ids=range(4))
def test_any_value_is_shown_on_one_short_line(value):
    shown = shown_value(value)
    assert shown.isprintable()
    assert len(shown) <= 40
