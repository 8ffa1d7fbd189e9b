"""The one threshold of a refined network: the level of a reading at which an output is on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.compiler.constructions.three_channel.calibrate import best_share
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner, encode
from polyseme.verification.sampling import batch_size, batches


@dataclass(frozen=True, eq=False)
class Extremes:
    """By sample, how far above one feature's the lowest reading that should be on is, and so on."""

    lowest_on: NDArray[np.float32]
    highest_off: NDArray[np.float32]

    @property
    def level(self) -> float:
        """The level, in features, that decides most samples rightly."""
        return 1 + best_share(self.lowest_on, self.highest_off)

    def wrong(self, level: float) -> int:
        """How many samples a level decides wrongly."""
        above = np.float32(level - 1)
        return int(((self.lowest_on < above) | (self.highest_off >= above)).sum())


def extremes(
    network: Network, circuit: Circuit, rows: NDArray[np.int32], resting: NDArray[np.float64]
) -> Extremes:
    """Read every output on rows of active features; `resting` is what the biases make of each."""
    weight = len(network.readout.weights) // len(network.readout.outputs)
    runner = LayerRunner(network)
    lowest = np.full(len(rows), np.inf, np.float32)
    highest = np.empty(len(rows), np.float32)
    for begin, batch in batches(rows, batch_size(network)):
        readings = runner.readings(runner.hidden(encode(network, batch), sparse=True))
        shares = (readings - resting[:, None].astype(np.float32)) / np.float32(weight) - 1
        on: sp.coo_array = evaluate_sparse(circuit, batch).tocoo()
        np.minimum.at(lowest, begin + on.row, shares[on.col, on.row])
        shares[on.col, on.row] = -np.inf
        highest[begin : begin + len(batch)] = shares.max(axis=0)
    return Extremes(lowest, highest)


def with_level(network: Network, resting: NDArray[np.float64], level: float) -> Network:
    """The network with every output on where its reading is `level` above rest.

    Thresholds stand half-way between two values a reading can take.
    """
    weight = len(network.readout.weights) // len(network.readout.outputs)
    unit = round(1 / network.layers[0].scale)
    steps = np.floor((resting + weight * level) * unit) + 0.5
    thresholds = (steps / unit).astype(np.float32)
    return replace(network, readout=replace(network.readout, thresholds=thresholds))
