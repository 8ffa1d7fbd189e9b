"""Readings of the gates of drawn problems."""

from __future__ import annotations

import numpy as np

from polyseme.circuits import Circuit


def reads(circuit: Circuit) -> np.ndarray:
    """The inputs of gates that all have equally many, (gates, inputs)."""
    return circuit.fan_in.reshape(circuit.gates, -1)


def influence(circuit: Circuit) -> list[int]:
    return np.bincount(circuit.fan_in, minlength=len(circuit.features)).tolist()
