"""References: evaluators that return the outputs which a network is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse


@dataclass(frozen=True, eq=False)
class Reference:
    """An evaluator of the outputs that a network must have.

    `resting` bool (outputs,) is True for outputs that are on when no feature is. `differing` takes
    lists of active features (samples, width), -1 pads, and returns the outputs that differ from
    rest, Boolean (samples, outputs) in sparse rows. `evaluator` is a short name for reports.
    """

    evaluator: str
    resting: NDArray[np.bool_]
    differing: Callable[[NDArray[np.int32]], sp.csr_array]


def reference_of(circuit: Circuit) -> Reference:
    """Return the reference that evaluates a circuit by following only the wires that are on."""
    return Reference("circuit", circuit.inverted, partial(evaluate_sparse, circuit))
