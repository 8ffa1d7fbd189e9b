"""The truth of a network under study: what is where, and what is computed from what.

It is the answer key in the space that methods see, after dressing: directions at every site, the
gates that are on for given features, and the edges and operators of the circuit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class SiteTruth:
    """Things that a site holds, with their directions and what they are computed from.

    Attributes:
        site: The site.
        kind: "inputs", "gates" (of a hidden layer) or "outputs".
        directions: Unit vectors, float32 (things, width of the site); a row of zeros where there
            is no direction.
        below: The site of what they are computed from; "" for inputs.
        inputs: What each is computed from, Boolean (things, things below), in sparse rows.
        operators: The operator of each, one of `claims.OPERATORS`.
        same: For each the first that no input tells it from, int64 (things,): claims about one
            are right about the other.
        scored: Things that claims are scored on, bool (things,); others never differ on the
            inputs of the network, or are no wires of the circuit.
    """

    site: str
    kind: str
    directions: NDArray[np.float32]
    below: str
    inputs: sp.csr_array
    operators: tuple[str, ...]
    same: NDArray[np.int64]
    scored: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of things."""
        return len(self.directions)


@dataclass(frozen=True, eq=False)
class Truth:
    """The truth of a network under study.

    Attributes:
        sites: What every site with a truth holds, by name of the site, in the order of computing.
        labels: Which things are on at a site, Boolean (samples, things), for features on.
        outputs: Which outputs are on, Boolean (samples, outputs), for features on.
    """

    sites: Mapping[str, SiteTruth]
    labels: Callable[[sp.csr_array, str], sp.csr_array]
    outputs: Callable[[sp.csr_array], sp.csr_array]
