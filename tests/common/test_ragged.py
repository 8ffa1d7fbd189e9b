"""Ragged rows against lists of lists."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.common.ragged import places_in_rows, ranges, row_numbers, row_offsets, select_rows

SHAPES = ([], [0], [3], [0, 0], [1, 1, 1], [2, 0, 3], [0, 4, 0, 1, 0])


def drawn(seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 5, generator.integers(1, 30))


ALL = [np.array(shape, np.int64) for shape in SHAPES] + [drawn(seed) for seed in range(20)]


@pytest.mark.parametrize("counts", ALL, ids=str)
def test_offsets_numbers_and_places_are_those_of_a_loop(counts):
    offsets, numbers, places = [0], [], []
    for row, count in enumerate(counts.tolist()):
        offsets.append(offsets[-1] + count)
        numbers += [row] * count
        places += range(count)
    assert row_offsets(counts).tolist() == offsets
    assert row_numbers(counts).tolist() == numbers
    assert places_in_rows(counts).tolist() == places


@pytest.mark.parametrize("counts", ALL, ids=str)
def test_ranges_are_those_of_a_loop(counts):
    begins = np.random.default_rng(len(counts)).integers(-9, 9, len(counts))
    expected = [
        number
        for begin, count in zip(begins.tolist(), counts.tolist(), strict=True)
        for number in range(begin, begin + count)
    ]
    assert ranges(begins, counts).tolist() == expected


@pytest.mark.parametrize("counts", ALL, ids=str)
def test_selected_rows_are_the_rows_one_behind_the_other(counts):
    generator = np.random.default_rng(7)
    offsets = row_offsets(counts)
    entries = generator.integers(0, 100, offsets[-1])
    rows = np.split(entries, offsets[1:-1]) if len(counts) else []
    for size in (0, 1, 10):
        chosen = generator.integers(0, len(counts), size) if len(counts) else np.zeros(0, int)
        selected, places = select_rows(offsets, chosen)
        picked = [rows[row] for row in chosen]
        assert entries[places].tolist() == [entry for row in picked for entry in row]
        assert np.diff(selected).tolist() == [len(row) for row in picked]
        assert selected[0] == 0


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.uint8, np.bool_])
def test_results_are_int64_whatever_the_counts_are(dtype):
    counts = np.array([1, 0, 1], dtype)
    for result in (
        row_offsets(counts),
        row_numbers(counts),
        places_in_rows(counts),
        ranges(np.array([5, 6, 7]), counts),
        *select_rows(row_offsets(counts), np.array([2, 0], np.int32)),
    ):
        assert result.dtype == np.int64


def test_narrow_counts_do_not_wrap():
    assert row_offsets(np.full(4, 200, np.uint8)).tolist() == [0, 200, 400, 600, 800]


def test_counts_may_be_a_list():
    assert row_offsets([2, 3]).tolist() == [0, 2, 5]
