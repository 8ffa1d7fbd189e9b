"""The entropy coder: every number comes back, in the bits of its entropy."""

from __future__ import annotations

import contextlib
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from polyseme.counting_argument.entropy_coding import (
    decode_integers,
    encode_integers,
    entropy_bits,
    read_varints,
    write_varints,
)
from polyseme.errors import FileFormatError

INT16 = st.integers(-(2**15), 2**15 - 1)

# A state, the number of states and the number of words.
STARTING = 8 + 2 + 3


def round_trip(values: NDArray[np.integer]) -> bytes:
    code = encode_integers(values)
    assert decode_integers(code, values.size).tolist() == values.ravel().tolist()
    return code


def table_bytes(values: NDArray[np.integer]) -> int:
    """What the table takes: the number of values, the first, the gaps, the counts."""
    symbols, counts = np.unique(values, return_counts=True)
    first = int(symbols[0])
    zigzag = 2 * first if first >= 0 else -2 * first - 1
    return len(write_varints([len(symbols), zigzag, *np.diff(symbols).tolist(), *counts.tolist()]))


@given(arrays(np.int16, st.integers(0, 3000), elements=INT16))
@settings(max_examples=60, deadline=None)
def test_any_numbers_come_back(values: NDArray[np.int16]) -> None:
    code = round_trip(values)
    assert code == encode_integers(values.astype(np.int64))


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=40),
    st.integers(-(2**15), 2**15 - 1),
    st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_the_size_is_the_entropy_and_the_table(counts: list[int], first: int, seed: int) -> None:
    values = np.repeat(first + 3 * np.arange(len(counts)), counts)
    values = np.random.default_rng(seed).permutation(values)
    entropy = sum(count * log2(len(values) / count) for count in counts)
    assert entropy_bits(values) == pytest.approx(entropy, abs=1e-6)
    size = len(round_trip(values))
    assert entropy / 8 <= size <= 1.01 * entropy / 8 + table_bytes(values) + STARTING


@pytest.mark.parametrize("spread", [0.3, 0.5, 3, 30, 3000])
def test_a_matrix_takes_its_entropy_within_a_hundredth(spread: float) -> None:
    drawn = np.random.default_rng(0).normal(0, spread, (200, 500))
    values = drawn.clip(-32768, 32767).astype(np.int16)
    table, size = table_bytes(values), len(round_trip(values))
    entropy = entropy_bits(values) / 8
    assert entropy < size - table < 1.01 * entropy + STARTING


@pytest.mark.parametrize("value", [-32768, -1, 0, 1, 32767])
@pytest.mark.parametrize("count", [1, 2, 100_000])
def test_a_constant_takes_a_few_bytes(value: int, count: int) -> None:
    assert len(round_trip(np.full(count, value, np.int16))) <= 7


def test_nothing_and_every_value_there_is() -> None:
    assert round_trip(np.empty((0, 5), np.int16)) == b"\0"
    round_trip(np.random.default_rng(0).permutation(np.arange(-(2**15), 2**15)))
    round_trip(np.array([-(2**62), 2**62 - 1, 0, 0]))


@pytest.mark.parametrize(
    "values", [np.array([0.5]), np.array([2**62]), np.array([-(2**62) - 1]), np.array([True])]
)
def test_what_is_no_whole_number_or_too_large_is_refused(values: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match=r"integers|2\^62"):
        encode_integers(values)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_broken_codes_are_refused(data: st.DataObject) -> None:
    """Cut, longer or altered: refused with one line, or (a few table entries) other numbers."""
    values = data.draw(arrays(np.int16, st.integers(2, 300), elements=st.integers(-9, 9)))
    code = bytearray(encode_integers(values))
    place = data.draw(st.integers(0, len(code) - 1))
    code[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(FileFormatError):
        decoded = decode_integers(bytes(code), len(values))
        assert len(decoded) == len(values)
        assert encode_integers(decoded) != encode_integers(values)


@given(arrays(np.int16, st.integers(1, 300), elements=st.integers(-9, 9)), st.data())
@settings(max_examples=80, deadline=None)
def test_codes_of_a_wrong_length_are_refused(
    values: NDArray[np.int16], data: st.DataObject
) -> None:
    code = encode_integers(values)
    cut = data.draw(st.integers(0, len(code) - 1))
    wrong = [(code[:cut], values.size), (code + b"\0", values.size)]
    wrong += [(code, values.size + 1), (code, values.size - 1)]
    for content, count in wrong:
        with pytest.raises(FileFormatError, match=r"^entropy code: [^\n]*$"):
            decode_integers(content, count)


def test_a_changed_state_or_word_is_noticed() -> None:
    values = np.random.default_rng(0).integers(-5, 6, 2000)
    code = encode_integers(values)
    for place in range(table_bytes(values) + 3, len(code), 17):
        broken = bytearray(code)
        broken[place] ^= 1
        with pytest.raises(FileFormatError):
            decode_integers(bytes(broken), len(values))


@given(st.lists(st.integers(0, 2**64)))
@settings(max_examples=50, deadline=None)
def test_varints_come_back(numbers: list[int]) -> None:
    written = write_varints(numbers)
    assert read_varints(b"x" + written, 1, len(numbers)) == (numbers, 1 + len(written))
