"""Single use: the output channel for circuits in which every feature is read by one term only.

Theorem (ours, after Adler and Shavit's case of influence 1). Let T terms have k plain literals
each, let no feature be read twice, and let at most s features be on. Over inputs in superposition
the terms are computed by

    N = sqrt(k T V) + V,   V = 1.3 (z(error/8) sqrt(s-k) + z(error/(8 s)) sqrt(s-k+1))^2 + 6

neurons, where z is the upper normal quantile. This is the law of the output channel
(`single_channel.py`) for f = 1, with V/2 + sqrt((V/2)^2 + k T V) replaced by a larger and simpler
number. Only s terms have any input on, so a term that lacks one input has at most s rivals, and
codes overlap least. The 1.3 is measured. The same constant is enough for every T, since it depends
on influence and error only.

Stored: N (N + 1) numbers; the seed gives the readout if no output is an OR. Error: at most a share
`error` of satisfied inputs (measured). Thresholds are calibrated. Refused: a feature read twice;
outputs of more than eight terms; basis-aligned inputs.
"""

from __future__ import annotations

import numpy as np

from polyseme.compiler.constructions.construction import Inputs
from polyseme.compiler.constructions.three_channel.plan import Plan
from polyseme.compiler.constructions.three_channel.single_channel import (
    OutputCoded,
    at_most_one_per_term,
    gap_variance,
    why_not_codes,
)
from polyseme.compiler.task import Task


class SingleUse(OutputCoded):
    """One random code per term, where every feature is read once."""

    name = "single-use"
    problem = "ANDs no two of which share a feature"
    inputs = Inputs.SUPERPOSED
    law = "sqrt(k m' V) + V, V = 1.3 (z(error/8) sqrt(s-k) + z(error/8s) sqrt(s-k+1))^2 + 6"
    exponent = 0.5
    error = "a share `error` of inputs on which a gate is satisfied, measured"
    assumptions = ("at most s features on", "influence 1")
    sources = ("adler2024complexity", "polyseme")

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        return why_not_codes(task, limit=1)

    def neurons(self, plan: Plan, error: float) -> int:
        """Return N of the law."""
        terms, task = plan.terms, plan.task
        variance = gap_variance(task.active, int(terms.plain.min()), error, task.active)
        law = int(np.ceil(np.sqrt(len(terms.literals) * variance) + variance))
        return at_most_one_per_term(task, law, error)
