"""Pass 9: calibrate the readout thresholds, as one share of a full reading per output group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.constructions.three_channel.thresholds import ReadoutPlan
from polyseme.compiler.parts.calibrate import best_share
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.extremes import Scale, extremes


def calibrated_shares(
    network: Network, plan: ReadoutPlan, circuit: Circuit, active: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the threshold of each group of outputs as a share of a full reading, (groups,)."""
    scale = Scale((1 / plan.full).astype(np.float32), plan.group)
    seen = extremes(LayerRunner(network), circuit, active, scale=scale)
    return np.array(
        [
            best_share(lowest_on, highest_off)
            for lowest_on, highest_off in zip(seen.lowest_on, seen.highest_off, strict=True)
        ]
    )
