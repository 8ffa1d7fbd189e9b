"""Part 3: overlaps of the codes that polyseme draws for 10,000 concepts, beside Welch's bound."""

from __future__ import annotations

from typing import Any

import numpy as np

import polyseme as ps


def measure() -> dict[str, Any]:
    """Return the overlaps of all pairs of codes of one compiled network."""
    circuit = ps.read("and2:features=10000,gates=10000")
    network = ps.compile(circuit, neurons=1296, epsilon=None, seed=0)
    code = network.encoder.code
    features, dimensions = code.features, code.neurons
    dense = np.zeros((features, dimensions), np.float32)
    np.put_along_axis(dense, code.positions, code.signs / np.sqrt(code.signs.shape[1]), axis=1)
    overlaps = np.abs(dense @ dense.T)
    np.fill_diagonal(overlaps, 0)
    pairs = features * (features - 1)
    return {
        "features": features,
        "dimensions": dimensions,
        "largest": float(overlaps.max()),
        "rms": float(np.sqrt(np.sum(overlaps.astype(float) ** 2) / pairs)),
        "welch": float(np.sqrt((features - dimensions) / (dimensions * (features - 1)))),
    }
