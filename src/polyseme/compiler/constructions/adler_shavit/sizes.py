"""The law: how many neurons a code has, how many units each region and each layer need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.adler_shavit.cases import (
    INPUT,
    MIXED,
    OUTPUT,
    Region,
    channels_of,
    regions_of,
)
from polyseme.compiler.constructions.adler_shavit.plan import Plan
from polyseme.compiler.schedule.stages import Schedule, Stage
from polyseme.errors import TooFewNeuronsError

# Neurons of a code over the binary logarithm of the number of gates: of the channels that a network
# uses, the largest decides. The paper says a constant; these are ours. Sets need heavier codes,
# because another input that is on hits a neuron more often through a set than through a code.
_WEIGHT = {OUTPUT: 1, MIXED: 2, INPUT: 3}
# Fewer gates than 64 count as 64 (ours): lighter codes would often meet by chance.
_LEAST_LOGARITHM = 6.0
# N over sqrt(m') log2 m' for pairwise ANDs at 3 inputs on and an error of 1e-3, of one layer and of
# several: measured.
_CONSTANT, _CONSTANT_OF_STACKS = 3.0, 4.5
_MEASURED_LITERALS, _MEASURED_ACTIVE, _MEASURED_ERROR = 2, 3, 1e-3
# Two codes of w = log2 m' neurons share w^2 / N on average, and an input that f gates read drives
# f w of N neurons. For f = 2 the first is kept under one in so many: measured.
_ROOM_OF_CODES, _MEASURED_INFLUENCE = 16, 2
# Sets take at most about one in so many neurons, times the other inputs that are on: measured.
_ROOM_OF_SETS = 6
# A region has room for so many codes side by side (ours).
_LEAST_CODES = 2
_LARGEST_ERROR = 0.5


def code_weight(schedule: Schedule) -> int:
    """Return the neurons of a code, of order log m' for m' gates in the widest stage."""
    gates = max(len(stage) for stage in schedule.stages)
    used = {channel for stage in schedule.stages for channel in np.unique(channels_of(stage))}
    factor = max(_WEIGHT[channel] for channel in used)
    return int(np.ceil(factor * _logarithm(gates)))


def shared_neurons(weight: int) -> float:
    """Return how many neurons the sets of a gate's inputs share on average.

    That is two deviations more than a code has.
    """
    return float(weight + 2 * weight**0.5)


def declared_units(plan: Plan, error: float) -> int:
    """Return the units per layer that the law declares: those of the stage that needs most."""
    return int(np.ceil(max(_needs(plan, number, error).sum() for number in _stages(plan))))


def widths_of(plan: Plan, number: int, units: int) -> list[int]:
    """Return the units of every region of a stage: in proportion to what the law declares.

    Raises:
        TooFewNeuronsError: A region would have fewer than two codes side by side.
    """
    needs = _needs(plan, number, plan.task.error)
    weight = code_weight(plan.schedule)
    least = _LEAST_CODES * weight
    if units < least * len(needs):
        raise TooFewNeuronsError(
            f"{units} units are too few for {len(needs)} regions of codes of {weight} units"
        )
    widths = least + (units - least * len(needs)) * needs / needs.sum()
    return [int(width) for width in np.floor(widths)]


def _stages(plan: Plan) -> range:
    return range(len(plan.schedule.stages))


def _needs(plan: Plan, number: int, error: float) -> NDArray[np.float64]:
    """Return the units that the law declares for every region of a stage."""
    stage, active = plan.schedule.stages[number], plan.task.active
    allowed = min(error, _LARGEST_ERROR) / len(plan.schedule.stages)
    strictness = np.sqrt(np.log(allowed) / np.log(_MEASURED_ERROR))
    constant = _CONSTANT_OF_STACKS if plan.resets else _CONSTANT
    logarithm, weight = _logarithm(len(stage)), code_weight(plan.schedule)
    needs = [
        max(
            constant * logarithm * _root(region, active),
            _room_of_codes(region, logarithm, active, _mean_influence(stage, region))
            if region.channel == OUTPUT
            else _room_of_sets(region, active, weight),
        )
        for region in regions_of(stage)
    ]
    return np.asarray(strictness * np.array(needs))


def _logarithm(gates: int) -> float:
    """Return log2 m' of the law."""
    return max(_LEAST_LOGARITHM, float(np.log2(gates)))


def _root(region: Region, active: int) -> float:
    """Return what stands for sqrt(m'): it is that for pairwise ANDs and 3 inputs on.

    Gates that need one input count as if they read two: each of them always lacks only one, so more
    gates may be read as on by mistake.
    """
    literals = max(region.literals, _MEASURED_LITERALS * len(region.gates))
    return float(np.sqrt(active * literals / (_MEASURED_LITERALS * _MEASURED_ACTIVE)))


def _room_of_codes(region: Region, logarithm: float, active: int, influence: float) -> float:
    """Return the units with which codes, and what other inputs drive, seldom share many.

    Gates that read more inputs than they need on, ORs, have the interference of all of them.
    """
    crowd = active / _MEASURED_ACTIVE * max(1.0, influence / _MEASURED_INFLUENCE)
    spare = region.literals / (len(region.gates) * region.needed)
    return _ROOM_OF_CODES * logarithm**2 * crowd * spare


def _mean_influence(stage: Stage, region: Region) -> float:
    """Return how many gates of a region read an input on average, of the inputs that any reads."""
    return region.literals / len(np.unique(stage.select(region.gates).literals))


def _room_of_sets(region: Region, active: int, weight: int) -> float:
    """Return the units with which other inputs seldom hit the code of a gate through their sets."""
    others = max(1, active - region.needed + 1)
    return float((_ROOM_OF_SETS * others) ** region.needed * shared_neurons(weight))
