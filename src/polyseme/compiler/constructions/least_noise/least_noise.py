"""ANDs computed by ReLUs that bend, between weights of least noise and codes that hardly meet.

Theorem. Let m' outputs each be the AND of k of m features, no feature in many of them, and at most
s features on. Give every gate w units, any two gates at most one in common (`codes/affine.py`), and
every feature a random signed code in d = n dimensions. Let units read each feature of their gates
at exactly 1, and all others as weakly as possible (`quiet_weights.py`). Let a ReLU bend at k - 1,
the sum of a gate that lacks one input. Then a gate's units rest at 0 but for noise until all its
inputs are on, and the mean of its units is near the gate's value:

- it is 1 + noise where the gate is on, the noise being linear and least;
- a gate that shares a unit with one that is on reads 1 / w of that;
- elsewhere only noise above the bend is read.

Resting readings may lie as far below 0 as others lie above it, so an affine reading with a slope of
about 1.2 and an offset of about -.2 uses the whole allowance. The reading error falls about as
1 / n. Declared, and measured for k = 2, s = 3: n is 1.95 (1/4) / epsilon times what tight frames
declare (`frames/tight_frames.py`) for an error of 1e-3, so again n = z sqrt(k m'); of less than
1,300 neurons, frames leave more room: 1.6 times are enough at 416.

A feature of influence f drives f w units. Where they are much of a gate's, the gate's other input
alone makes it read as on: n is at least 8 f w, measured for uniform influence. Heavier features
take pools (`pooled`).

Unlike tight frames, the hidden layer computes the gates: a next layer could use its readings, and
one threshold serves all outputs. Inputs in superposition. Stored: n d weights of 8 bits, n biases,
one threshold; the seed gives the codes. Error: over the draw of the codes, on inputs that keep the
promise. Source: ours.
"""

from __future__ import annotations

import numpy as np

from polyseme.compiler.constructions.construction import Inputs, TaskConstruction
from polyseme.compiler.constructions.frames.frame_network import refuses_frames
from polyseme.compiler.constructions.frames.tight_frames import frames_needed
from polyseme.compiler.constructions.least_noise.build import NAME, build_least_noise
from polyseme.compiler.constructions.least_noise.codes import (
    INPUT_WEIGHT,
    OVER_DRIVEN,
    draw_codes,
    gate_weight,
    input_dimensions,
)
from polyseme.compiler.task import Task
from polyseme.networks.network import Network

# Neurons over those that tight frames declare, at a reading error of 1/4, and by how much fewer for
# each factor e by which frames declare less than a number; measured.
_OVER_FRAMES, _FEWER, _BELOW = 1.95, 0.305, 1312
_REFERENCE_EPSILON, _REFERENCE_ERROR = 0.25, 1e-3
# Weights, their product with two factors, one factor, and what is left over; measured.
_BYTES_PER_WEIGHT = 40


class LeastNoise(TaskConstruction):
    """ANDs of k features, computed by ReLUs that bend, with weights of least noise."""

    name = NAME
    problem = "ANDs of k features each, of small influence; k = 1 is a permutation"
    inputs = Inputs.SUPERPOSED
    law = (
        "1.95 (1/4) / epsilon times tight frames at 1e-3: z sqrt(k m'), with d = n dimensions; "
        "at least 8 f w for an influence of f, w units per gate"
    )
    exponent = 0.5
    error = "over the draw of the codes, on any input that keeps the promise"
    assumptions = ("no feature feeds more than n / (8 w) outputs", "noise is Gaussian")
    sources = ("polyseme", "welch1974lower")
    computes = True

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        return refuses_frames(task, lambda _: INPUT_WEIGHT)

    def neurons(self, plan: Task, error: float) -> int:
        """Return the neurons of tight frames, and as many more as the reading error asks for.

        They are at least so many that no feature drives more than its share of them.
        """
        epsilon = plan.epsilon or _REFERENCE_EPSILON
        # A reading error holds on all but 1e-3 of the inputs, whatever error decisions may have.
        counted = error if plan.epsilon is None else min(error, _REFERENCE_ERROR)
        frames = frames_needed(plan, counted, uneven=False)
        driven = int(plan.terms.influence.max()) * gate_weight(plan.epsilon)
        over = _OVER_FRAMES - max(_FEWER * float(np.log(_BELOW / frames)), 0.0)
        return max(
            round(max(over, 1.0) * _REFERENCE_EPSILON / epsilon * frames), OVER_DRIVEN * driven
        )

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the number of weights and biases, plus one threshold."""
        return neurons * (input_dimensions(plan, neurons) + 1) + 1

    def memory(self, plan: Task, neurons: int) -> int:
        """Return the bytes of the float64 matrices that solving for the weights holds at once."""
        dimensions = input_dimensions(plan, neurons)
        return _BYTES_PER_WEIGHT * max(neurons, dimensions) * neurons

    def build(self, plan: Task, neurons: int) -> Network:
        """Build the network; its key has the reads of own features, which the weights keep."""
        return build_least_noise(plan, draw_codes(plan, neurons))
