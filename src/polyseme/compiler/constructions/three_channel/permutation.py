"""Permutations: each output is one feature, and has a random code.

Theorem (ours; Adler and Shavit prove a lower bound of about sqrt(m log m)). A permutation of m
features with at most s on, over inputs in superposition, takes

    N = V / 2 + sqrt((V / 2)^2 + m V),
    V = 1.3 (z(error/8) sqrt(s-1) + z(error/(8 m)) sqrt(s))^2 + 6

neurons, where z is the upper normal quantile, which grows as sqrt(2 log m). This is about
sqrt(m V), so O(sqrt(m log m)) at a fixed promise. Every output has a code that is read by
averaging. The derivation is in `single_channel.py`, with k = f = 1. All other outputs are rivals,
because a gate of one input always lacks only one. The 1.3 is measured.

Stored: N (N + 1) numbers; the seed gives the readout. Error: at most a share `error` of satisfied
inputs (measured). Thresholds are calibrated. Refused: a gate that is no identity, a feature that
two outputs read, basis-aligned inputs (with those nothing would be computed).
"""

from __future__ import annotations

from polyseme.compiler.constructions.construction import Inputs
from polyseme.compiler.constructions.three_channel.plan import Plan
from polyseme.compiler.constructions.three_channel.single_channel import (
    OutputCoded,
    at_most_one_per_term,
    code_neurons,
    gap_variance,
    why_not_codes,
)
from polyseme.compiler.task import Task


class Permutation(OutputCoded):
    """One random code per output."""

    name = "permutation"
    problem = "permutations of features"
    inputs = Inputs.SUPERPOSED
    law = "V/2 + sqrt((V/2)^2 + m V), V = 1.3 (z(error/8) sqrt(s-1) + z(error/8m) sqrt(s))^2 + 6"
    exponent = 0.5
    error = "a share `error` of inputs, measured"
    assumptions = ("at most s features on",)
    sources = ("adler2024complexity", "polyseme")

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        if task.obstacle is not None:
            return task.obstacle
        terms = task.terms
        for wide in (terms.widths != 1).nonzero()[0][:1]:
            name = task.circuit.output_names[int(terms.output[wide])]
            return f"output {name!r} is no feature but an AND of {terms.widths[wide]}"
        return why_not_codes(task, limit=1)

    def neurons(self, plan: Plan, error: float) -> int:
        """Return N of the law."""
        codes, task = len(plan.terms), plan.task
        law = code_neurons(codes, 1.0, gap_variance(task.active, 1, error, codes))
        return at_most_one_per_term(task, law, error)
