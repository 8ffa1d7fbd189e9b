"""The mixed channel: a heavy feature owns a pool of neurons, and light ones drive codes inside it.

Theorem (ours, after the third case of Adler and Shavit). Let each of T terms have one heavy feature
and k - 1 light ones. Let every light feature be read by f terms and every heavy one by h, let at
most s features be on, and let inputs be in superposition. The network takes

    N = f V / 2 + sqrt((f V / 2)^2 + k T V),
    V = 1.3 (z(error/8) sqrt(s-k) + z(error / (8 s h)) sqrt(s-k+1))^2 + 6

neurons, where z is the upper normal quantile. This is about sqrt(k T V), whatever h is. The
derivation is that of the output channel (`single_channel.py`) with two changes. First, a term that
lacks one input has up to s h rivals, the terms of the heavy features that are on. Second, a heavy
feature does not drive the codes of all its terms, which would be every neuron, but only its pool.
The pool has as great a share of the neurons as its owner has of the terms, or `POOL_ROOM` w sqrt(h)
neurons if that is more, so that any two of its codes of w neurons share at most one. A neuron is
then in few pools, and the reads of heavy features are within the k T that are counted. The 1.3 is
measured.

Stored: N (N + 1) numbers and a readout whose entries count, since codes follow pools. Error: at
most a share `error` of satisfied inputs (measured). Thresholds are calibrated. Refused: circuits
with a term that has not exactly one heavy literal, plain, and another plain one, where heavy means
read by more than `MIN_POOL_TERMS` = 16 terms and by more than max(8, 2 T^(1/4)), the limit for
light ones; outputs of several terms; basis-aligned inputs.
"""

from __future__ import annotations

import numpy as np

from polyseme.compiler.constructions.construction import Inputs
from polyseme.compiler.constructions.three_channel.channels import (
    MIN_POOL_TERMS,
    Assignment,
    heavy_limit,
    overlapping_pools,
)
from polyseme.compiler.constructions.three_channel.plan import Plan
from polyseme.compiler.constructions.three_channel.single_channel import (
    SingleChannel,
    at_most_one_per_term,
    code_neurons,
    gap_variance,
    stored_numbers,
    why_not_codes,
)
from polyseme.compiler.task import Task

# Neurons per code, for the number of readout entries.
_WEIGHT = 12


class MixedChannel(SingleChannel):
    """One pool of neurons per heavy feature, and codes inside it."""

    name = "mixed-channel"
    problem = "ANDs of a heavy feature and light ones"
    inputs = Inputs.SUPERPOSED
    law = (
        "f V/2 + sqrt((f V/2)^2 + k m' V), "
        "V = 1.3 (z(error/8) sqrt(s-k) + z(error/8sh) sqrt(s-k+1))^2 + 6"
    )
    exponent = 0.5
    error = "a share `error` of inputs on which a gate is satisfied, measured"
    assumptions = ("at most s features on", "one heavy feature per term, the others light")
    sources = ("adler2024complexity", "polyseme")

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        broken = why_not_codes(task, limit=np.inf)
        if broken:
            return broken
        terms, most = task.terms, _most_light(task)
        heavy = terms.influence[terms.literals] > most
        plain = terms.signs > 0
        heavies = np.bincount(terms.term_of_literal, heavy, len(terms))
        owners = np.bincount(terms.term_of_literal, heavy & plain, len(terms))
        unfit = (heavies != 1) | (owners != 1) | (terms.plain < 2)
        for term in np.flatnonzero(unfit)[:1]:
            name = task.circuit.output_names[int(terms.output[term])]
            return (
                f"a term of output {name!r} is no AND of one heavy feature, read by more than "
                f"{most:.4g} terms, and light ones"
            )
        return None

    def assignment(self, task: Task) -> Assignment:
        """Return the mixed channel for every term, in the pool of its heaviest literal."""
        return overlapping_pools(task.terms)

    def neurons(self, plan: Plan, error: float) -> int:
        """Return N of the law."""
        terms, task = plan.terms, plan.task
        influence = terms.influence
        light = influence[(influence > 0) & (influence <= _most_light(task))]
        rivals = task.active * int(influence.max())
        variance = gap_variance(task.active, int(terms.plain.min()), error, rivals)
        law = code_neurons(len(terms.literals), float(light.mean()), variance)
        return at_most_one_per_term(task, law, error)

    def parameters(self, plan: Plan, neurons: int) -> int:
        """Return the number of weights, biases and readout entries."""
        return stored_numbers(neurons, neurons) + _WEIGHT * len(plan.terms)


def _most_light(task: Task) -> float:
    """Return the largest number of terms that may read a light feature."""
    return max(MIN_POOL_TERMS, heavy_limit(len(task.terms)))
