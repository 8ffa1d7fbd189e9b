"""Circuits of one heavy and one light feature per gate, for the mixed channel."""

from __future__ import annotations

import numpy as np

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.names import Names


def heavy_and_light(heavy: int, gates: int, seed: int = 0) -> Circuit:
    """`gates` ANDs of a light feature of their own and one of a few heavy ones, evenly dealt."""
    owner = np.random.default_rng(seed).permutation(np.arange(gates) % heavy)
    features = heavy + gates
    return Circuit(
        features=Names(prefix="x", count=features),
        kinds=np.full(gates, GateKind.AND),
        fan_in_offsets=np.arange(gates + 1) * 2,
        fan_in=np.stack((owner, np.arange(heavy, features)), axis=1).ravel(),
        outputs=np.arange(features, features + gates),
        output_names=Names(prefix="y", count=gates),
        name=f"heavy={heavy},gates={gates}",
    )
