"""The answer of every method of proof: proved, refuted with an input that was run, or undecided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

METHODS = ("linear", "branch-and-bound", "exhaustive", "sat")


@dataclass(frozen=True, eq=False)
class Margins:
    """The readings between which the threshold of every output has to lie, as whole numbers.

    An output is on where its reading times `scale` is at least its threshold. It is right on every
    input of the claim if and only if highest_off * scale < threshold <= lowest_on * scale.

    Attributes:
        lowest_on: Lowest reading of every output over the inputs that must switch it on, int64
            (outputs,); the largest int64 where no input does.
        highest_off: Highest reading over all other inputs, int64 (outputs,); the least int64 where
            there is none.
        scale: What one unit of a reading is worth in the units of thresholds, a power of two.
    """

    lowest_on: NDArray[np.int64]
    highest_off: NDArray[np.int64]
    scale: float


@dataclass(frozen=True, eq=False)
class Proof:
    """A proof about a network and a circuit over every input of a claim, or its refutation.

    Attributes:
        proved: True if no input is wrong, False if one is (it was run), None if undecided.
        active: Largest number of features on in the inputs of the claim; None for all Boolean
            inputs.
        method: One of "linear", "branch-and-bound", "exhaustive" and "sat".
        inputs: Number of inputs that the claim is about.
        wrong: Exact number of wrong inputs where all were enumerated, else None.
        counterexample: Names of the features on in an input that was run and is wrong, else None.
        largest_active: Largest number of features on up to which the claim holds, where known.
        reading_error: The worst reading error over all inputs of the claim, where certified.
        seconds: Time taken.
        undecided: Names of outputs of which nothing could be said.
        wrong_outputs: Names of outputs that are wrong on the counterexample.
        margins: The lowest and highest readings that decide, where the method finds them.
    """

    proved: bool | None
    active: int | None
    method: str
    inputs: int
    wrong: int | None
    counterexample: tuple[str, ...] | None
    largest_active: int | None
    reading_error: float | None
    seconds: float
    undecided: tuple[str, ...] = ()
    wrong_outputs: tuple[str, ...] = ()
    margins: Margins | None = None
