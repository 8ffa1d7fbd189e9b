"""Networks with their messages, for the tests of the counting argument."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import polyseme as ps
from polyseme.circuits import Circuit
from polyseme.counting_argument.drawn_codes import Agreed
from polyseme.counting_argument.run import gate_list
from polyseme.networks.network import Network


@dataclass(frozen=True)
class Case:
    """A network, its gates, and what both sides know."""

    network: Network
    gates: NDArray[np.int32]
    agreed: Agreed


def case(circuit: Circuit, neurons: int | None, seed: int = 0, construction: str = "auto") -> Case:
    gates = gate_list(circuit)
    network = ps.compile(
        circuit,
        active=gates.shape[1],
        epsilon=None,
        neurons=neurons,
        seed=seed,
        construction=construction,
    )
    agreed = Agreed(seed, len(circuit.features), len(gates), gates.shape[1])
    return Case(network, gates, agreed)
