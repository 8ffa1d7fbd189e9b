"""The output channel: all inputs are light; every gate has a random code, its inputs drive it.

A neuron that serves a gate of inputs a and b is driven by a and by b. An input drives the codes of
all gates that read it, so one that many gates read would drive nearly every neuron: that is why
heavy inputs go through other channels.
"""

from __future__ import annotations

import numpy as np

from polyseme.compiler.constructions.adler_shavit.placement import Placement, driven
from polyseme.compiler.constructions.adler_shavit.random_sets import random_sets
from polyseme.compiler.schedule.stages import Stage


def place(stage: Stage, width: int, weight: int, generator: np.random.Generator) -> Placement:
    """Return the gates of a stage on so many neurons, with codes of so many each."""
    return driven(stage, random_sets(len(stage), width, weight, generator), width)
