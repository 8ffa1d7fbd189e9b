"""k-AND directly: every AND of k features is one random code, in one hidden layer.

Theorem (ours, after Adler and Shavit's extension to more inputs). m' ANDs of k features, each
feature read by f of them, at most s on, inputs in superposition, take

    N = f V / 2 + sqrt((f V / 2)^2 + k m' V),
    V = 1.3 (z(error/8) sqrt(s-k) + z(error / (8 s f)) sqrt(s-k+1))^2 + 6

neurons, z the upper normal quantile: about sqrt(k m' V), no more for k than the k-fold reads cost.
At s = k no feature is foreign to a satisfied gate, so V does not grow with k either; what it leaves
is near-misses, ANDs with all inputs on but one. The derivation is in
`single_channel.py`; 1.3 is measured.

It stores N (N + 1) numbers; the readout's codes come from the seed. Wrong on a share `error` at
most of satisfied inputs, and of those that lack one input (measured); thresholds are calibrated on
both. Refused: gates that are not all ANDs of the same k >= 2 plain features, k above the promise,
influence above max(8, 2 T^(1/4)), basis-aligned inputs.
"""

from __future__ import annotations

from polyseme.compiler.constructions.construction import Inputs
from polyseme.compiler.constructions.three_channel.plan import Plan
from polyseme.compiler.constructions.three_channel.single_channel import (
    OutputCoded,
    coded_neurons,
    why_not_codes,
)
from polyseme.compiler.parts.assembly import refuses_gates
from polyseme.compiler.task import Task


class KAnd(OutputCoded):
    """One random code per AND of k features."""

    name = "k-and"
    problem = "ANDs of k features"
    inputs = Inputs.SUPERPOSED
    law = (
        "f V/2 + sqrt((f V/2)^2 + k m' V), "
        "V = 1.3 (z(error/8) sqrt(s-k) + z(error/8sf) sqrt(s-k+1))^2 + 6"
    )
    exponent = 0.5
    error = "a share `error` of inputs on which a gate is satisfied, or lacks one input; measured"
    assumptions = ("at most s features on", "influence at most max(8, 2 T^(1/4))")
    sources = ("adler2024complexity", "polyseme")

    def refusal(self, task: Task) -> str | None:
        """Return why it does not serve a task; None where it does."""
        return refuses_gates(task) or why_not_codes(task)

    def neurons(self, plan: Plan, error: float) -> int:
        """Return N of the law."""
        return coded_neurons(plan.task, error)
