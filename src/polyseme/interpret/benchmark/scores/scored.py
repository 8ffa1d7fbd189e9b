"""One score of one method on one network: raw, corrected for chance, and gate by gate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import OptionError

# The names of all scores, in the order of tables. `docs/benchmark-of-scores.md` says what each is.
NAMES = (
    "features-inputs",
    "features-gates",
    "features-outputs",
    "firing-inputs",
    "firing-gates",
    "firing-outputs",
    "edges-gates",
    "edges-outputs",
    "exact-gates",
    "exact-outputs",
    "operators-gates",
    "operators-outputs",
    "interchange-on-inputs",
    "interchange-on-gates",
    "interchange-off-inputs",
    "interchange-off-gates",
    "faithful",
    "adversarial",
    "components-active",
    "calibration",
)
# Kinds of things, as `SiteTruth.kind` names them.
KINDS = ("inputs", "gates", "outputs")


@dataclass(frozen=True, eq=False)
class Scored:
    """A score; more is better, and the truth itself gets 1.

    Attributes:
        raw: As measured.
        corrected: (raw - chance) / (1 - chance): random claims of the same number get 0.
        per_gate: float64 (things,): the part of each thing of the kind in question, NaN where it is
            not scored; its length is the same for all methods on a network. Empty where a score is
            about no single things.
    """

    raw: float
    corrected: float
    per_gate: NDArray[np.float64]


def scored(raw: float, chance: float, per_gate: NDArray[np.float64]) -> Scored:
    """Return a score, corrected for what random claims are expected to get.

    Raises OptionError where random claims are expected to be perfect, so nothing can be said.
    """
    if not chance < 1:
        raise OptionError(f"chance is {chance:g}; it must be below 1")
    return Scored(float(raw), float((raw - chance) / (1 - chance)), per_gate)
