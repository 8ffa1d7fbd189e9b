"""Calibrate the one threshold of a refined network: the level from which an output is on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.parts.calibrate import best_share
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.extremes import extremes


@dataclass(frozen=True, eq=False)
class SampledLevels:
    """Extreme readings per sample, in features and less one: float32 (samples,) each."""

    lowest_on: NDArray[np.float32]
    highest_off: NDArray[np.float32]

    @property
    def level(self) -> float:
        """Level, in features, that decides most samples rightly."""
        return 1 + best_share(self.lowest_on, self.highest_off)

    def wrong(self, level: float) -> int:
        """Number of samples that a level decides wrongly."""
        above = np.float32(level - 1)
        return int(((self.lowest_on < above) | (self.highest_off >= above)).sum())


def sampled_levels(
    network: Network, circuit: Circuit, rows: NDArray[np.int32], rest: NDArray[np.float32]
) -> SampledLevels:
    """Read every output on rows of active features, and return the extremes of each row.

    `rest` float32 (units,) are the activations with no feature on; readings are taken above them.
    """
    weight = np.float32(len(network.readout.weights) // len(network.readout.outputs))
    seen = extremes(LayerRunner(network), circuit, rows, rest=rest)
    return SampledLevels(seen.lowest_on[0] / weight - 1, seen.highest_off[0] / weight - 1)


def with_level(network: Network, resting: NDArray[np.float64], level: float) -> Network:
    """Return the network with every output on if its reading is at least `level` above rest.

    Each threshold is half-way between two values that a reading can take.
    """
    weight = len(network.readout.weights) // len(network.readout.outputs)
    resolution = round(1 / network.layers[0].scale)
    steps = np.floor((resting + weight * level) * resolution) + 0.5
    thresholds = (steps / resolution).astype(np.float32)
    return replace(network, readout=replace(network.readout, thresholds=thresholds))
