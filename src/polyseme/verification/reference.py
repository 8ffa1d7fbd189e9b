"""What a network is compared with: something that says what the outputs must be."""

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
    """An evaluator of what is computed.

    `resting` bool (outputs,) says which outputs are on when nothing is. `differing` takes lists of
    active features (samples, width), -1 pads, and returns which outputs differ from that, Boolean
    (samples, outputs) in sparse rows. `evaluator` says in a word or two what it is.
    """

    evaluator: str
    resting: NDArray[np.bool_]
    differing: Callable[[NDArray[np.int32]], sp.csr_array]


def reference_of(circuit: Circuit) -> Reference:
    """The circuit itself, evaluated by following only the wires that are on."""
    return Reference("circuit", circuit.inverted, partial(evaluate_sparse, circuit))
