"""Description of a circuit in reports: how often its features are read, and its own seed."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Problems that are drawn at random; their circuits' names have the keys behind the colon.
_DRAWN = re.compile(r"(?:and2|and|permutation|layered):(?:\w+=\w+,)*\w+=\w+")
_EXAMPLES_OF_FACTS = ("capitals", "two-hop")
_SEED = re.compile(r",seed=(\d+)$")


@dataclass(frozen=True)
class GatesPerFeature:
    """The least, mean and largest number of gates that read a feature."""

    least: int
    mean: float
    most: int

    def __str__(self) -> str:
        """Return the numbers in words."""
        if self.least == self.most:
            return f"every feature in exactly {self.most:,} gate{'s' if self.most != 1 else ''}"
        return f"each feature in {self.least:,} to {self.most:,} gates, {self.mean:.1f} on average"


def gates_per_feature(features: int, fan_in: NDArray[np.int32]) -> GatesPerFeature:
    """Return how many gates read a feature, given all wires that gates read."""
    counts = np.bincount(fan_in[fan_in < features], minlength=features)
    return GatesPerFeature(int(counts.min()), float(counts.mean()), int(counts.max()))


def is_facts(name: str) -> bool:
    """Return whether the circuit of this name is a table of facts or triples."""
    kind, _, example = name.partition(":")
    return kind == "facts" or (kind == "example" and example in _EXAMPLES_OF_FACTS)


def problem_seed(name: str) -> int | None:
    """Return the seed that a problem was drawn with, from the circuit's name.

    None for a circuit that is not drawn at random: from a file, or of a problem without a seed.
    """
    if not _DRAWN.fullmatch(name):
        return None
    given = _SEED.search(name)
    return int(given[1]) if given else 0


def problem_seed_in_words(name: str) -> str:
    """Return a few words on the seed of a circuit's problem, for a list of seeds."""
    seed = problem_seed(name)
    return "no random problem" if seed is None else f"problem {seed} (seed= in SOURCE)"
