"""Pass 1: sort the gates of a stage into regions, by the influence of their inputs.

Adler and Shavit tell three cases apart by influence, the number of gates that read an input: all
inputs light (output channel), all heavy (input channel), some of each (mixed channel). The gates of
a region are of one case and need the same number of inputs on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.schedule.stages import Stage
from polyseme.networks.layer_key import CHANNELS

OUTPUT, INPUT, MIXED = (CHANNELS.index(name) for name in ("output", "input", "mixed"))
# The paper parts light and heavy near the fourth root of the number of gates. The factor and the
# least limit are ours.
_LIMIT_FACTOR = 2.0
_LEAST_LIMIT = 8.0


@dataclass(frozen=True, eq=False)
class Region:
    """Gates of one stage that share neurons.

    `gates` int64 are their numbers in the stage, `channel` is that of all, `needed` the inputs that
    each needs on, and `literals` the number of inputs that they read together.
    """

    gates: NDArray[np.int64]
    channel: int
    needed: int
    literals: int


def heavy_inputs(stage: Stage) -> NDArray[np.bool_]:
    """Return which inputs of a stage are heavy, bool (inputs,)."""
    influence = np.bincount(stage.literals, minlength=stage.inputs)
    return np.asarray(influence > max(_LEAST_LIMIT, _LIMIT_FACTOR * len(stage) ** 0.25))


def channels_of(stage: Stage) -> NDArray[np.int64]:
    """Return the channel of every gate of a stage, (gates,)."""
    heavies = _heavy_literals(stage)
    return np.where(heavies == 0, OUTPUT, np.where(heavies == stage.widths, INPUT, MIXED))


def gates_astray(stage: Stage) -> NDArray[np.bool_]:
    """Return which gates have a heavy input and are no AND of plain inputs, (gates,)."""
    return np.asarray((_heavy_literals(stage) > 0) & (stage.needed != stage.widths))


def regions_of(stage: Stage) -> list[Region]:
    """Return the regions of a stage, by channel and then by the inputs needed."""
    channels, needed = channels_of(stage), stage.needed
    keys = channels * (int(needed.max()) + 1) + needed
    regions = []
    for key in np.unique(keys):
        gates = np.flatnonzero(keys == key)
        first, literals = gates[0], int(stage.widths[gates].sum())
        regions.append(Region(gates, int(channels[first]), int(needed[first]), literals))
    return regions


def _heavy_literals(stage: Stage) -> NDArray[np.int64]:
    heavy = heavy_inputs(stage)[stage.literals]
    return np.bincount(stage.column_of_literal, heavy, len(stage)).astype(np.int64)
