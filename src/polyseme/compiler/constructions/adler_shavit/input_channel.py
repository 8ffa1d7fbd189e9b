"""The input channel: all inputs are heavy; a gate has neurons that the sets of its inputs share.

Each input has a random set of neurons and drives all of it, however many gates read it. The code of
a gate of k inputs is drawn from what the k sets share, about n p^k of n neurons if a set takes a
share p of them. Inputs may be in superposition: a neuron then reads p times the number of heavy
inputs, and those are few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.adler_shavit.placement import Placement, in_shared_sets
from polyseme.compiler.constructions.adler_shavit.sizes import shared_neurons
from polyseme.compiler.schedule.stages import Stage


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
