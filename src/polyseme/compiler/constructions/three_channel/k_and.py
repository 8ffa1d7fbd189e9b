"""k-AND in one hidden layer: every AND of k features has one random code.

Theorem (ours, after Adler and Shavit's extension to more inputs). Let m' gates be ANDs of k
features each. Let each feature be read by f gates, at most s features be on, and inputs be in
superposition. The network takes

    N = f V / 2 + sqrt((f V / 2)^2 + k m' V),
    V = 1.3 (z(error/8) sqrt(s-k) + z(error / (8 s f)) sqrt(s-k+1))^2 + 6

neurons, where z is the upper normal quantile. This is about sqrt(k m' V), so k costs no more than
its k-fold reads. At s = k no feature is foreign to a satisfied gate, so V does not grow with k
either. The errors that remain are near-misses, ANDs with all inputs on but one. The derivation is
in `single_channel.py`; the 1.3 is measured.

Stored: N (N + 1) numbers; the seed gives the readout's codes. Error: at most a share `error` of
satisfied inputs, and of inputs that lack one input of a gate (measured). Thresholds are calibrated
on both. Refused: gates that are not all ANDs of the same k >= 2 plain features, k above the
promise, influence above max(8, 2 T^(1/4)), basis-aligned inputs.
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
        """Return why the construction does not serve a task; None where it does."""
        return refuses_gates(task) or why_not_codes(task)

    def neurons(self, plan: Plan, error: float) -> int:
        """Return N of the law."""
        return coded_neurons(plan.task, error)
