"""The output channel: every term has a random code, and every feature drives its terms' codes.

Theorem (ours, after the first case of Adler and Shavit). Let terms of k plain literals have R
literals in all. Let each feature be read by f terms, at most s features be on, and inputs be in
superposition. The terms are computed by

    N = f V / 2 + sqrt((f V / 2)^2 + R V),
    V = 1.3 (z(error/8) sqrt(s-k) + z(error / (8 s f)) sqrt(s-k+1))^2 + 6

neurons, where z is the upper normal quantile. This is about sqrt(k V m') for m' light terms. It is
f V where the influence f is large against sqrt(R/V), which is why heavy features go through other
channels. The derivation is in `single_channel.py`. A term that lacks one input has at most s f
rivals, since s features are on and each is read by f terms. The 1.3 is measured.

Stored: N (N + 1) numbers, for N ReLUs over as many dimensions; the seed gives the readout's codes
unless an output is an OR of several terms. Error: at most a share `error` of satisfied inputs
(measured). Thresholds are calibrated. Refused: a feature of influence above
max(8, 2 T^(1/4)), T terms; outputs of more than eight terms; basis-aligned inputs.
"""

from __future__ import annotations

from polyseme.compiler.constructions.construction import Inputs
from polyseme.compiler.constructions.three_channel.plan import Plan
from polyseme.compiler.constructions.three_channel.single_channel import (
    OutputCoded,
    coded_neurons,
    why_not_codes,
)
from polyseme.compiler.task import Task


class OutputChannel(OutputCoded):
    """One random code per term."""

    name = "output-channel"
    problem = "ORs of few ANDs of light features"
    inputs = Inputs.SUPERPOSED
    law = (
        "f V/2 + sqrt((f V/2)^2 + k m' V), "
        "V = 1.3 (z(error/8) sqrt(s-k) + z(error/8sf) sqrt(s-k+1))^2 + 6"
    )
    exponent = 0.5
    error = "a share `error` of inputs on which a gate is satisfied, measured"
    assumptions = ("at most s features on", "influence at most max(8, 2 T^(1/4))")
    sources = ("adler2024complexity", "polyseme")

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        return why_not_codes(task)

    def neurons(self, plan: Plan, error: float) -> int:
        """Return N of the law."""
        return coded_neurons(plan.task, error)
