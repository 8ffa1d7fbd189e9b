"""Bits of many samples against tables of Booleans."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.common import bits
from polyseme.common.bits import (
    bits_at,
    samples_at_once,
    set_bits,
    transposed,
    unpacked,
    used_bits,
    words_for,
)


def packed(table: np.ndarray) -> np.ndarray:
    words = np.zeros((len(table), words_for(table.shape[1])), np.uint64)
    set_bits(words, *np.nonzero(table))
    return words


@pytest.mark.parametrize("samples", [0, 1, 63, 64, 65, 300])
def test_bits_are_the_booleans(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.random.default_rng(samples).random((7, samples)) < 0.4
    words = packed(table)
    assert words.shape == (7, -(-samples // 64))
    assert np.array_equal(unpacked(words, samples), table)
    # Bits beyond the samples mean nothing.
    assert np.array_equal(unpacked(~words, samples), ~table)
    for piece in (1, 2**19):
        monkeypatch.setattr(bits, "_UNPACKED", piece)
        rows = transposed(words, samples)
        assert rows.dtype == np.bool_
        assert np.array_equal(rows.toarray(), table.T)
        assert np.array_equal(transposed(~words, samples).toarray(), ~table.T)
    row, sample = np.arange(7).repeat(samples), np.tile(np.arange(samples), 7)
    assert np.array_equal(bits_at(words, row, sample), table.ravel())
    assert int(np.bitwise_count(used_bits(samples)).sum()) == samples


def test_a_bit_set_twice_is_on() -> None:
    words = np.zeros((2, 2), np.uint64)
    set_bits(words, np.array([1, 1]), np.array([70, 70]))
    assert words.tolist() == [[0, 0], [0, 64]]


def test_batches_are_whole_words_and_never_none() -> None:
    assert samples_at_once(10**9) == 64
    assert samples_at_once(0) == samples_at_once(1) == 64 * 512
    assert samples_at_once(2**20) == 64 * 32
