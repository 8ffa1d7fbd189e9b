"""The codes of gates on units, and of features on input dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.codes.affine import affine_or_balanced_code, affine_places
from polyseme.codes.balanced import balanced_code
from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.least_noise.quiet_weights import is_tight
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError

INPUT_WEIGHT = 16
# Units per gate for a reading error of 1/4, and the most and the fewest.
_WEIGHT, _MOST_WEIGHT, _FEWEST_WEIGHT = 22, 40, 4
_REFERENCE_EPSILON = 0.25
# Units over those that the feature of most influence drives through the codes of its gates.
OVER_DRIVEN = 8


@dataclass(frozen=True, eq=False)
class Codes:
    """The units of every gate, and the dimensions of every feature, with signs."""

    gates: SparseCode
    inputs: SparseCode


def input_dimensions(task: Task, neurons: int) -> int:
    """Return the input dimensions: as many as neurons, and at most three per four features."""
    return max(INPUT_WEIGHT, min(neurons, 3 * task.terms.features // 4))


def draw_codes(task: Task, neurons: int, units: range | None = None) -> Codes:
    """Draw codes of gates that share at most one unit, two by two, and random codes of features.

    Random codes of features become a tight frame by the weights. Where there are many features per
    dimension, unions of orthogonal bases are tight enough without that. Gates get as many units
    each as one of `units` says; by default, about as many as the closed form does best with.

    Raises:
        TooFewNeuronsError: The neurons are fewer than two codes take.
    """
    terms, dimensions = task.terms, input_dimensions(task, neurons)
    if units is None:
        wanted = gate_weight(task.epsilon)
        units = range(wanted - 2, wanted + 3)
    weight = _fitting_weight(terms.outputs, neurons, units)
    if neurons < 2 * weight or dimensions < 2 * INPUT_WEIGHT:
        raise TooFewNeuronsError(
            f"{neurons} neurons are fewer than the {2 * max(weight, INPUT_WEIGHT)} its codes take"
        )
    gates = affine_or_balanced_code(
        terms.outputs, neurons, weight, task.stream(Stream.OUTPUT_CODES)
    )
    used = int(gates.positions.max()) + 1
    generator = task.stream(Stream.INPUT_CODE)
    inputs = input_words(terms.features, dimensions, INPUT_WEIGHT, generator)
    return Codes(SparseCode(used, gates.positions, gates.signs), inputs)


def input_words(
    features: int, dimensions: int, weight: int, generator: np.random.Generator
) -> SparseCode:
    """Draw the signed codes of features: orthogonal blocks where these are tight, else random."""
    if is_tight(features, dimensions):
        return orthogonal_block_code(features, dimensions, weight, generator)
    return balanced_code(features, dimensions, weight, generator, signed=True)


def _fitting_weight(gates: int, neurons: int, wanted: range) -> int:
    """Return the number of units per gate, of those wanted, that leaves fewest units idle.

    It is lower where only lighter codes fit such that any two gates share at most one unit.
    """
    used = {weight: weight * affine_places(gates, neurons, weight) for weight in reversed(wanted)}
    if any(used.values()):
        return max(used, key=lambda weight: used[weight])
    lighter = range(max(wanted.start - 1, _FEWEST_WEIGHT), _FEWEST_WEIGHT, -1)
    fitting = (weight for weight in lighter if affine_places(gates, neurons, weight))
    return next(fitting, _FEWEST_WEIGHT)


def gate_weight(epsilon: float | None) -> int:
    """Return the units per gate: the smaller the reading error, the less a shared one may add."""
    if epsilon is None:
        return _WEIGHT
    return round(min(_WEIGHT * _REFERENCE_EPSILON / epsilon, _MOST_WEIGHT))
