"""The input channel: each term uses the neurons that the random sets of its features share.

Theorem (ours, after Adler and Shavit's case of heavy features; the idea is universal AND). Feature
i drives a random set Q_i of p n neurons, drawn from all sets of that size. The code of a term of k
features is the neurons that their Q share, about n p^k. The number of terms that read a feature
costs nothing. With basis-aligned inputs and at most s features on,

    n = ln(2 s sqrt(2 T) / error) / E,   E = max over p of p^k f KL(1/f || p),   f = s - k + 1.

Derivation. A term with one input missing reads as on if the f other features that are on hit its
neurons so often that the mean is 1, which is one hit per neuron. Each of them hits a neuron with
chance p, so by Chernoff's bound the chance is at most exp(-n p^k f KL(1/f || p)). At most
s sqrt(2 T) terms lack one input of two (s features are on, and each is read with all the sqrt(2 T)
features, as in universal AND). Half of `error` is for those terms and half for the rest. So n grows
as the logarithm of T, not as a power of it. At least 128 neurons are used, since on fewer two sets
may not meet.

Stored: n (m + 1) numbers, and a readout whose entries count, since they depend on the gates. Error:
at most a share `error` of satisfied inputs. Thresholds are calibrated, so n is more than enough.
Refused: terms that are not ANDs of the same k >= 2 plain features, circuits with a light feature
(read by at most max(8, 2 T^(1/4)) terms), inputs in superposition (`universal-and` has those).
"""

from __future__ import annotations

import numpy as np

from polyseme.compiler.constructions.construction import Inputs
from polyseme.compiler.constructions.three_channel.channels import (
    Assignment,
    Channel,
    heavy_limit,
    one_channel,
)
from polyseme.compiler.constructions.three_channel.plan import Plan
from polyseme.compiler.constructions.three_channel.regions.shared_inputs import (
    MIN_INPUT_WIDTH,
    input_density,
)
from polyseme.compiler.constructions.three_channel.single_channel import SingleChannel
from polyseme.compiler.parts.assembly import refuses_gates
from polyseme.compiler.task import Task


class InputChannel(SingleChannel):
    """One random set of neurons per feature."""

    name = "input-channel"
    problem = "ANDs of k features that are all heavy, such as all pairs"
    inputs = Inputs.BASIS
    law = "ln(2 s sqrt(2 m') / error) / max over p of p^k f KL(1/f || p), f = s - k + 1"
    exponent = 0.0
    error = "a share `error` of inputs on which a gate is satisfied"
    assumptions = ("at most s features on", "every feature read by more than max(8, 2 T^(1/4))")
    sources = ("adler2024complexity", "vaintrob2024mathematical", "polyseme")

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        if task.encoder == "superposed":
            return "its inputs are basis-aligned"
        broken = refuses_gates(task)
        if broken:
            return broken
        influence, limit = task.terms.influence, heavy_limit(len(task.terms))
        read = np.flatnonzero(influence)
        lightest = int(read[influence[read].argmin()])
        if influence[lightest] <= limit:
            return (
                f"feature {task.circuit.features[lightest]!r} is read by {influence[lightest]} "
                f"terms; every feature must be read by more than {limit:.4g}"
            )
        return None

    def assignment(self, task: Task) -> Assignment:
        """Return the input channel for every term."""
        return one_channel(task.terms, Channel.INPUT)

    def plan(self, task: Task) -> Plan:
        """Return the plan of this channel with basis-aligned inputs."""
        return Plan(task, self.assignment(task), basis=True, territories=False)

    def neurons(self, plan: Plan, error: float) -> int:
        """Return n of the law, and at least the neurons on which two sets meet."""
        plan = plan.for_error(error)
        width = plan.regions[0].reference_width(plan.demand(1))
        return max(MIN_INPUT_WIDTH, int(np.ceil(width)))

    def parameters(self, plan: Plan, neurons: int) -> int:
        """Return the number of weights, biases and readout entries."""
        terms, active = plan.terms, plan.task.active
        needed = int(terms.plain[0])
        codes = len(terms) * neurons * input_density(needed, active) ** needed
        return neurons * (terms.features + 1) + round(codes)
