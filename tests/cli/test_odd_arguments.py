"""Arguments at the ends of what a number can be: each works, or is refused in one line."""

from __future__ import annotations

import pytest

from support.cli import assert_refused, call, done

PROBLEM = "and2:features=20,gates=20"


@pytest.mark.parametrize("bits", ["5e-324", "1e-308", "1e-6", "1e6", "1e308", "inf", "nan", ""])
@pytest.mark.parametrize("asked", [[PROBLEM], ["--width", "100"]])
def test_bits_beyond_those_of_any_network_are_refused(asked: list[str], bits: str) -> None:
    assert_refused(call("bounds", *asked, "--bits", bits), "--bits", "more than 1e-06")


@pytest.mark.parametrize("bits", ["1.1e-6", "9e5"])
@pytest.mark.parametrize(
    "asked", [[PROBLEM], ["--width", "100"], ["--width", "2000000", "--layers", "1000000"]]
)
def test_bits_between_them_are_answered(asked: list[str], bits: str) -> None:
    assert done("bounds", *asked, "--bits", bits, "--json").json()


def test_a_reading_error_finer_than_readings_is_refused() -> None:
    assert_refused(call("compile", PROBLEM, "--epsilon", "5e-324"), "above 1e-09")
    assert done("compile", PROBLEM, "--epsilon", "1.1e-9", "--json").json()["epsilon"] == 0
