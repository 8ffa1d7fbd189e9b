"""Code regions: every codeword is a random set of neurons, read by averaging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.codes.affine import affine_places
from polyseme.compiler.constructions.three_channel.regions.averaged import AveragedRegion
from polyseme.compiler.constructions.three_channel.regions.codewords import (
    MIN_WEIGHT,
    code_weight,
    draw_words,
)
from polyseme.compiler.constructions.three_channel.regions.region import Placement, placed


@dataclass(frozen=True, eq=False)
class Code(AveragedRegion):
    """Terms whose codewords are drawn from all neurons of the region."""

    seeded = True

    def word_weight(self, width: int) -> int:
        """Return the number of neurons per codeword on `width` neurons."""
        return fitting_weight(self.codewords, self.needed, width)

    def place(
        self, width: int, begin: int, terms: Terms, active: int, generator: np.random.Generator
    ) -> Placement:
        """Draw the codewords; they do not depend on what the terms are."""
        rows = code_words(self.codewords, self.needed, width, generator)
        return placed(self, width, begin, terms, rows)


def code_words(
    codewords: int, needed: int, width: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Draw the codewords of a code region, int32 (codewords, weight)."""
    weight = fitting_weight(codewords, needed, width)
    return draw_words(codewords, width, weight, generator)


def fitting_weight(codewords: int, needed: int, width: int) -> int:
    """Return the number of neurons per codeword.

    It is lower than usual if only lighter codewords fit such that any two share at most one neuron.
    """
    weight = code_weight(needed, width)
    lighter = range(weight, MIN_WEIGHT - 1, -1)
    used = [affine_places(codewords, width, w) * w for w in lighter]
    # Of the three heaviest weights that fit, take the one that leaves fewest neurons idle.
    fitting = [(neurons, w) for neurons, w in zip(used, lighter, strict=True) if neurons][:3]
    return max(fitting)[1] if fitting else weight
