"""Names: listed or numbered, their positions, and what is no name."""

from __future__ import annotations

import pytest

from polyseme.circuits import (
    Names,
)
from polyseme.circuits.names import MAX_NAME_LENGTH
from polyseme.errors import OptionError, SourceError

NUMBERED = Names(prefix="x", count=12)


def test_numbered_names_are_the_listed_ones() -> None:
    listed = Names([f"x{number}" for number in range(12)])
    assert list(NUMBERED) == list(listed)
    assert listed == NUMBERED
    assert hash(listed) == hash(NUMBERED)
    assert Names(prefix="x", count=11) != NUMBERED
    assert Names(prefix="y", count=12) != NUMBERED
    assert list(listed) != NUMBERED
    assert (NUMBERED[0], NUMBERED[-1], NUMBERED[2:4]) == ("x0", "x11", ["x2", "x3"])
    with pytest.raises(IndexError):
        NUMBERED[12]


@pytest.mark.parametrize("names", [NUMBERED, Names(list(NUMBERED))])
def test_positions_of_names(names: Names) -> None:
    assert [names.position(name) for name in names] == list(range(12))
    for absent in ("x12", "x05", "x-1", "x", "", "y5", "x٣", "x5 ", "x" + "9" * 5000):
        with pytest.raises(SourceError, match="is not defined"):
            names.position(absent)
    with pytest.raises(SourceError, match="feature 'X3' is not defined; did you mean 'x3'"):
        names.position("X3")


def test_numbered_names_cost_nothing_to_look_up() -> None:
    assert Names(prefix="x", count=10**9).position("x987654321") == 987654321


@pytest.mark.parametrize("name", ["", "a\nb", "\x00", "a" * (MAX_NAME_LENGTH + 1), "\ud800"])
def test_names_unfit_for_messages_are_refused(name: str) -> None:
    with pytest.raises(SourceError, match="must be 1 to 1000 printable characters"):
        Names(["fine", name])
    if name:
        with pytest.raises(SourceError, match="must be 1 to 1000 printable characters"):
            Names(prefix=name, count=1)


def test_names_are_distinct_and_not_fewer_than_none() -> None:
    assert len(Names(["a" * MAX_NAME_LENGTH, "b"])) == 2
    assert len(Names([])) == 0
    with pytest.raises(SourceError, match="name 'b' is used twice"):
        Names(["b", "a", "b"])
    with pytest.raises(OptionError, match="count is -1; it must be"):
        Names(prefix="x", count=-1)


def test_numbered_names_are_suggested_by_number_and_range():
    names = Names(prefix="x", count=20)
    with pytest.raises(SourceError, match="'feature7' is not defined; did you mean 'x7'"):
        names.position("feature7")
    with pytest.raises(SourceError, match=r"'x20' is not defined; they are x0 to x19$"):
        names.position("x20")
    with pytest.raises(SourceError, match=r"is not defined$"):
        Names(prefix="x").position("x0")


def test_finding_a_name_says_where_it_is_or_nothing():
    asked = ("x0", "x2", "x3", "y", "")
    for names in (Names(prefix="x", count=3), Names(["x0", "x1", "x2"])):
        assert [names.find(name) for name in asked] == [0, 2, None, None, None]
