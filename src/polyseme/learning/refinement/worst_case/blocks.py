"""Codes that are unions of orthogonal bases, as tables for the fast transform.

A code of `codes/orthogonal_blocks.py` cuts its words into blocks. In a block the places are in
groups of w, and the w words of a group are the rows of a Hadamard matrix on it, with a sign per
place. So what all words of a block read of a vector takes log2 w additions a word, not w.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import hadamard

from polyseme.codes.code import SparseCode
from polyseme.errors import OptionError


@dataclass(frozen=True, eq=False)
class Blocks:
    """A code in blocks of groups.

    Place r of group g in block b is `places[b, r, g]`, and all words of the group have the sign
    `flips[b, r, g]` there, times that of the Hadamard matrix. Word q of the group is word
    `q * groups + g` of the block. The last block may have fewer words than places.
    """

    words: int
    places: NDArray[np.int32]
    flips: NDArray[np.float32]

    @classmethod
    def of(cls, code: SparseCode) -> Blocks:
        """Return the blocks of a code.

        Raises:
            OptionError: The code is no union of orthogonal blocks.
        """
        weight, groups = code.weight, code.neurons // code.weight
        block = weight * groups
        count = -(-code.features // block)
        places = np.zeros((count, weight, groups), np.int32)
        flips = np.zeros(places.shape, np.float32)
        for number in range(count):
            # A block of fewer words than groups leaves groups without any; their places do not
            # matter, since nobody reads them.
            first = slice(number * block, min(number * block + groups, code.features))
            size = first.stop - first.start
            places[number, :, :size] = code.positions[first].T
            flips[number, :, :size] = code.signs[first].T
        found = cls(code.features, places, flips)
        found._check(code)
        return found

    @property
    def weight(self) -> int:
        """Places of a word."""
        return int(self.places.shape[1])

    def _check(self, code: SparseCode) -> None:
        _, weight, groups = self.places.shape
        word = np.arange(self.words)
        block, row, group = word // (weight * groups), word // groups % weight, word % groups
        signs = hadamard(weight, dtype=np.int8)[row] * self.flips[block, :, group]
        same = np.array_equal(self.places[block, :, group], code.positions)
        if not same or not np.array_equal(signs, code.signs):
            raise OptionError("the codes are no unions of orthogonal blocks")
