"""Many samples of a Boolean thing as bits: bit b of word w belongs to sample 64 w + b.

One operation on words then serves 64 samples. Things are rows of words, uint64 (things, words); the
bits of the last word beyond the samples mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

BITS = 64
ALL = np.uint64(2**64 - 1)
Words = NDArray[np.uint64]

# Words that a table of all things holds at most (256 MB), and words per thing.
_MOST, _MOST_PER_THING = 2**25, 512
# Words whose bits are looked at one by one at a time: 64 bytes each.
_UNPACKED = 2**19


def words_for(samples: int) -> int:
    """Return the number of words that hold so many samples."""
    return -(-samples // BITS)


def samples_at_once(things: int) -> int:
    """Return the samples per batch for which a table of so many things stays small."""
    return BITS * int(np.clip(_MOST // max(things, 1), 1, _MOST_PER_THING))


def set_bits(words: Words, thing: NDArray[np.integer], sample: NDArray[np.integer]) -> None:
    """Switch on thing[i] in sample[i] for every i, in place."""
    flat, place = words.reshape(-1), thing * np.int64(words.shape[1]) + (sample >> 6)
    np.bitwise_or.at(flat, place, np.uint64(1) << (sample & 63).astype(np.uint64))


def bits_at(
    words: Words, row: NDArray[np.integer], sample: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Return the bit of row[i] in sample[i] for every i, Boolean."""
    bit = (sample & 63).astype(np.uint64)
    return np.asarray((words[row, sample >> 6] >> bit) & np.uint64(1), bool)


def used_bits(samples: int) -> Words:
    """Return one row of words with the bits of all samples on and those beyond them off."""
    used = np.full(words_for(samples), ALL)
    if samples % BITS:
        used[-1] = ALL >> np.uint64(BITS - samples % BITS)
    return used


def unpacked(words: Words, samples: int) -> NDArray[np.bool_]:
    """Return one Boolean per sample, (things, samples)."""
    return _bits(words)[:, :samples]


def transposed(words: Words, samples: int) -> sp.csr_array:
    """Return which things are on in each sample, Boolean (samples, things) in sparse rows."""
    things, found = words.shape[0], list(_found(words & used_bits(samples)))
    thing, sample = (np.concatenate(side) for side in zip(*found, strict=True))
    ends = np.searchsorted(thing, np.arange(things + 1))
    by_thing = sp.csc_array((np.ones(len(thing), bool), sample, ends), shape=(samples, things))
    return by_thing.tocsr()


def _found(words: Words) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Yield the thing and the sample of every bit that is on, by thing and then by sample."""
    yield np.empty(0, np.int32), np.empty(0, np.int32)
    thing, word = (place.astype(np.int32) for place in np.nonzero(words))
    for begin in range(0, len(thing), _UNPACKED):
        some = slice(begin, begin + _UNPACKED)
        place, bit = np.nonzero(_bits(words[thing[some], word[some]][:, None]))
        yield thing[some][place], (BITS * word[some][place] + bit).astype(np.int32)


def _bits(words: Words) -> NDArray[np.bool_]:
    # Words are made little-endian on every machine, so that bytes are in the order of samples.
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little").view(bool)
