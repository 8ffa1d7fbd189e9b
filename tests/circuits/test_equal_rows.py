"""Equal rows: against a dictionary of tuples, with hashes that agree where rows do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyseme.circuits import equal_rows as module
from polyseme.circuits.equal_rows import equal_rows, scattered
from polyseme.common.ragged import row_offsets

ROWS = st.lists(st.tuples(st.integers(-2, 2), st.lists(st.integers(0, 3), max_size=3)), max_size=25)


def found(rows: list[tuple[int, list[int]]]) -> list[int]:
    labels = np.array([label for label, _ in rows], np.int64)
    entries = np.array([entry for _, row in rows for entry in row], np.int64)
    return equal_rows(labels, row_offsets([len(row) for _, row in rows]), entries).tolist()


def expected(rows: list[tuple[int, list[int]]]) -> list[int]:
    first: dict[tuple[int, ...], int] = {}
    return [first.setdefault((label, *row), number) for number, (label, row) in enumerate(rows)]


@given(rows=ROWS)
def test_each_row_gets_the_first_that_equals_it(rows):
    assert found(rows) == expected(rows)


@pytest.mark.parametrize("bits", [0, 1, 2])
@given(rows=ROWS)
def test_rows_whose_hashes_agree_by_chance_are_told_apart(bits, rows):
    def few(numbers):
        return scattered(numbers) & np.uint64((1 << bits) - 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "scattered", few)
        assert found(rows) == expected(rows)


def test_a_row_in_another_order_is_another_row():
    assert found([(0, [1, 2]), (0, [2, 1]), (0, [1, 2]), (1, [1, 2])]) == [0, 1, 0, 3]


def test_scattered_numbers_are_splitmix64():
    """The first numbers of the generator with seed 0, as published with it."""
    assert [hex(number) for number in scattered(np.arange(3)).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]
