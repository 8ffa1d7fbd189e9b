"""The input channel: all inputs are heavy; a gate has neurons that the sets of its inputs share.

Each input has a random set of neurons and drives all of it, however many gates read it. The code of
a gate of k inputs is drawn from what the k sets share, about n p^k of n neurons if a set takes a
share p of them. Inputs may be in superposition: a neuron then reads p times the number of heavy
inputs, and those are few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.adler_shavit.output_channel import Placement, driven
from polyseme.compiler.constructions.adler_shavit.random_sets import sets_within
from polyseme.compiler.constructions.adler_shavit.sizes import shared_neurons
from polyseme.compiler.schedule.stages import Stage

_BLOCK_ENTRIES = 8_000_000


def set_density(width: int, weight: int, inputs: int) -> float:
    """Return p with which k = `inputs` sets share enough neurons for a code, nearly always.

    The share is at most 1.
    """
    return float(min(1.0, (shared_neurons(weight) / width) ** (1 / inputs)))


def place(
    stage: Stage,
    heavy: NDArray[np.bool_],
    width: int,
    weight: int,
    generator: np.random.Generator,
) -> Placement:
    """Return the gates of a stage on so many neurons, with codes of so many each."""
    density = set_density(width, weight, int(stage.widths.max()))
    return in_shared_sets(stage, heavy, np.full(stage.inputs, density), width, weight, generator)


def in_shared_sets(
    stage: Stage,
    heavy: NDArray[np.bool_],
    density: NDArray[np.float64],
    width: int,
    weight: int,
    generator: np.random.Generator,
) -> Placement:
    """Draw a set for every heavy input, and each gate's code from what its inputs' sets share.

    All gates are ANDs of equally many plain inputs. `density` (inputs,) is the share of the
    neurons that the set of an input takes. A heavy input drives its whole set, a light one the
    codes of its gates. If the sets of a gate share fewer neurons than a code has, the code gets the
    others at random, and all inputs of the gate drive those too.
    """
    numbers = np.unique(stage.literals[heavy[stage.literals]])
    sizes = np.ceil(density[numbers] * width).astype(np.int64)
    members = np.zeros((len(numbers), width), bool)
    for row, size in enumerate(sizes.tolist()):
        members[row, generator.permutation(width)[:size]] = True
    row_of = np.zeros(stage.inputs, np.int64)
    row_of[numbers] = np.arange(len(numbers))
    inputs = stage.literals.reshape(len(stage), -1)
    codes = np.empty((len(stage), weight), np.int32)
    rows = max(1, _BLOCK_ENTRIES // width)
    for begin in range(0, len(stage), rows):
        some = inputs[begin : begin + rows]
        shared = np.ones((len(some), width), bool)
        for read in some.T:
            shared &= members[row_of[read]] | ~heavy[read][:, None]
        codes[begin : begin + rows] = sets_within(shared, weight, generator)
    row_of_pair, neuron = members.nonzero()
    return driven(stage, codes, width, (neuron, numbers[row_of_pair].astype(np.int64)))
