"""Lossless entropy coding of whole numbers, with a model that is stored and paid for.

The model is static: the number of times that each value occurs. These counts are written exactly,
so the coder's distribution is that of the values themselves. The code takes the entropy of the
values, plus the table, plus the cost of starting and stopping (kept under a hundredth of the
entropy).

The coder is the range variant of asymmetric numeral systems (Duda, arXiv:1311.2540,
2013), in whole numbers only. A state x holds all that was written so far. With N values in all, a
value that occurs f times, and c occurrences of smaller values, writing is

    x -> N floor(x / f) + c + x mod f,

which multiplies x by N / f: it adds log2(N / f) bits. Reading takes x mod N, which lies in
c .. c + f - 1 and so tells the value, and undoes the step. States are kept in L .. 2^32 L - 1, with
L the largest multiple of N below 2^31, by moving 32-bit words out and in. Many states take turns,
value by value, so that numpy updates all of them at once. Millions of weights take about a second,
and longer if they hold far less than one bit each, since there are few states then. The values are
written last to first, and read first to last.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyseme.common.ragged import row_numbers
from polyseme.errors import FileFormatError, OptionError

MAX_VALUES = 2**31
# A state takes 64 bits and holds about 16 of the message. With one state per this many bits of
# message, the other 48 cost 0.6 %.
_BITS_A_STATE = 8000
_MAX_STATES = 4096
_WORD = np.uint64(32)
_LONGEST_VARINT = 10


def encode_integers(values: NDArray[np.integer]) -> bytes:
    """Write whole numbers of at most 63 bits as bytes; the same numbers give the same bytes.

    The table tells the number of values; their shape is not written. A constant costs no more than
    its table. Raises OptionError for numbers that are not whole or are too large, and for 2^31
    numbers or more.
    """
    flat = np.asarray(values).ravel()
    if flat.dtype.kind not in "iu" or flat.size >= MAX_VALUES:
        raise OptionError(
            f"{flat.size} values of type {flat.dtype}: needs fewer than 2^31 integers"
        )
    if flat.size and (int(flat.min()) < -(2**62) or int(flat.max()) >= 2**62):
        raise OptionError("values must lie within 2^62 of 0")
    symbols, rank, counts = np.unique(flat, return_inverse=True, return_counts=True)
    table = [len(symbols), *_differences(symbols.tolist()), *counts.tolist()]
    if len(symbols) < 2:
        return write_varints(table)
    states = _states_for(counts)
    final, words = _push(rank.ravel(), counts.astype(np.uint64), states)
    head = write_varints([*table, states, len(words)])
    return head + final.astype("<u8").tobytes() + words.astype("<u4").tobytes()


def decode_integers(content: bytes, count: int) -> NDArray[np.int64]:
    """Read back the `count` numbers of `encode_integers`, int64 (count,).

    Raises FileFormatError if the bytes are no code of `count` numbers: cut short, too long, with an
    impossible table, or with states that do not come back to where they began.
    """
    (kinds,), place = read_varints(content, 0, 1)
    if kinds > count:
        raise FileFormatError(f"entropy code: {kinds} different values among {count}")
    table, place = read_varints(content, place, 2 * kinds)
    symbols, counts = _symbols(table[:kinds]), table[kinds:]
    if sum(counts) != count or 0 in counts:
        raise FileFormatError(f"entropy code: the table counts {sum(counts)} values, not {count}")
    if kinds < 2:
        _check_length(content, place)
        return np.repeat(symbols, counts)
    (states, length), place = read_varints(content, place, 2)
    if not 1 <= states <= min(count, _MAX_STATES):
        raise FileFormatError(f"entropy code: {states} states for {count} values")
    _check_length(content, place + 8 * states + 4 * length)
    final = np.frombuffer(content, "<u8", states, place).astype(np.uint64)
    words = np.frombuffer(content, "<u4", length, place + 8 * states).astype(np.uint64)
    return symbols[_pop(final, words, np.array(counts, np.uint64))]


def entropy_bits(values: NDArray[np.integer]) -> float:
    """Entropy of the values' own distribution times their number: the least of any static model."""
    return _bits(np.unique(values, return_counts=True)[1])


def write_varints(numbers: Iterable[int]) -> bytes:
    """Write whole numbers from 0 on, seven bits per byte, low bits first.

    The high bit is set in every byte of a number but the last.
    """
    written = bytearray()
    for number in numbers:
        while number >= 128:
            written.append(128 | (number & 127))
            number >>= 7
        written.append(number)
    return bytes(written)


def read_varints(content: bytes, place: int, count: int) -> tuple[list[int], int]:
    """Return the `count` numbers that begin at `place`, and the place after them.

    Raises FileFormatError if the bytes end early or a number is too long.
    """
    numbers = []
    for _ in range(count):
        number = 0
        for step in range(_LONGEST_VARINT + 1):
            if place >= len(content) or step == _LONGEST_VARINT:
                raise FileFormatError(f"entropy code: no whole number ends at byte {place}")
            byte = content[place]
            place += 1
            number |= (byte & 127) << (7 * step)
            if byte < 128:
                break
        numbers.append(number)
    return numbers, place


def _push(
    rank: NDArray[np.int64], counts: NDArray[np.uint64], states: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Write the values, last first. Return the final states, and the words in order of reading."""
    total, below = np.uint64(len(rank)), _below(counts)
    base = _base(len(rank))
    # A state from this on has no room for the value, and moves a word out first.
    full = (base // total << _WORD) * counts
    state = np.full(states, base, np.uint64)
    words = [np.empty(0, np.uint64)]
    for begin in range((len(rank) - 1) // states * states, -1, -states):
        value = rank[begin : begin + states]
        turn = state[: len(value)]
        spill = turn >= full[value]
        words.append(turn[spill] & np.uint64(2**32 - 1))
        turn[spill] >>= _WORD
        often = counts[value]
        quotient, rest = np.divmod(turn, often)
        turn[:] = quotient * total + below[value] + rest
    return state, np.concatenate(words[::-1])


def _pop(
    state: NDArray[np.uint64], words: NDArray[np.uint64], counts: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Read the ranks of the values, first to last.

    Raises FileFormatError if the states or words are not those of such values.
    """
    count = int(counts.sum())
    total, below = np.uint64(count), _below(counts)
    base = _base(count)
    if not ((state >= base) & (state >> _WORD < base)).all():
        raise FileFormatError("entropy code: a state is out of range")
    value_at = row_numbers(counts.astype(np.int64))
    rank = np.empty(count, np.int64)
    taken = 0
    for begin in range(0, count, len(state)):
        turn = state[: count - begin]
        quotient, slot = np.divmod(turn, total)
        value = value_at[slot.astype(np.int64)]
        rank[begin : begin + len(state)] = value
        turn[:] = counts[value] * quotient + slot - below[value]
        short = turn < base
        refill = words[taken : taken + int(short.sum())]
        if len(refill) < short.sum():
            raise FileFormatError("entropy code: its words end early")
        turn[short] = turn[short] << _WORD | refill
        taken += len(refill)
    if taken != len(words) or (state != base).any():
        raise FileFormatError("entropy code: its states do not come back to where they began")
    return rank


def _base(count: int) -> np.uint64:
    return np.uint64(MAX_VALUES // count * count)


def _below(counts: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Number of occurrences of smaller values, for each distinct value, (kinds,)."""
    return np.cumsum(counts, dtype=np.uint64) - counts


def _bits(counts: NDArray[np.int64]) -> float:
    total = counts.sum()
    return float((counts * np.log2(total / counts)).sum()) if total else 0.0


def _states_for(counts: NDArray[np.int64]) -> int:
    return int(np.clip(_bits(counts) / _BITS_A_STATE, 1, min(_MAX_STATES, counts.sum())))


def _differences(symbols: list[int]) -> list[int]:
    """Return the smallest value, its sign in the lowest bit, then the step to each next value."""
    if not symbols:
        return []
    steps = [after - before for before, after in pairwise(symbols)]
    first = symbols[0]
    return [2 * first if first >= 0 else -2 * first - 1, *steps]


def _symbols(differences: list[int]) -> NDArray[np.int64]:
    """Return the values of `_differences`.

    Raises FileFormatError if they do not rise, or exceed 62 bits.
    """
    if not differences:
        return np.empty(0, np.int64)
    first, steps = differences[0], differences[1:]
    first = -(first + 1) // 2 if first % 2 else first // 2
    if 0 in steps or first < -(2**62) or first + sum(steps) >= 2**62:
        raise FileFormatError("entropy code: the table's values do not rise, or pass 62 bits")
    return first + np.cumsum([0, *steps], dtype=np.int64)


def _check_length(content: bytes, expected: int) -> None:
    if len(content) != expected:
        raise FileFormatError(f"entropy code: {len(content)} bytes where it needs {expected}")
