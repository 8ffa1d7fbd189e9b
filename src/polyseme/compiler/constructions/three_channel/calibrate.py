"""Pass 9: calibrate the readout thresholds on sampled inputs.

For each group of outputs, collect over the samples the lowest reading of an output that should be
on and the highest of one that should not, both as a share of a full reading; the threshold is the
share that fails fewest samples, in the middle of the shares that do so equally well.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.compiler.constructions.three_channel.thresholds import DEFAULT_THRESHOLD, ReadoutPlan
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner, encode
from polyseme.verification.sampling import batch_size, batches

_SHARES = np.arange(0.06, 1.0, 0.004)


def calibrated_shares(
    network: Network, plan: ReadoutPlan, circuit: Circuit, active: NDArray[np.int32]
) -> NDArray[np.float64]:
    """The threshold of each group of outputs as a share of a full reading, (groups,)."""
    lowest_on, highest_off = _extremes(network, plan, circuit, active)
    shares = np.full(plan.groups, DEFAULT_THRESHOLD)
    for group in range(plan.groups):
        shares[group] = best_share(lowest_on[group], highest_off[group])
    return shares


def best_share(lowest_on: NDArray[np.float32], highest_off: NDArray[np.float32]) -> float:
    """The share of a full reading that decides most samples rightly, in the middle of the ties."""
    missed = np.searchsorted(np.sort(lowest_on), _SHARES, side="left")
    stray = len(highest_off) - np.searchsorted(np.sort(highest_off), _SHARES, side="left")
    failures = missed + stray
    best = np.flatnonzero(failures == failures.min())
    middle = float(_SHARES[best[len(best) // 2]])
    seen_on = lowest_on[np.isfinite(lowest_on)]
    # Where nothing failed, lean on how the two sides actually spread rather than on the grid's
    # ends.
    if failures.min() == 0 and len(seen_on):
        top = max(float(highest_off.max(initial=0.0)), 0.0)
        return (top + min(float(seen_on.min()), 1.0)) / 2
    return middle


def _extremes(
    network: Network, plan: ReadoutPlan, circuit: Circuit, active: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lowest reading that should be on, highest that should not: float32 (groups, samples) each."""
    runner = LayerRunner(network)
    order = np.argsort(plan.group, kind="stable")
    starts = np.searchsorted(plan.group[order], np.arange(plan.groups))
    scale = (1 / plan.full[order]).astype(np.float32)[:, None]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    lowest_on = np.full((plan.groups, len(active)), np.inf, np.float32)
    highest_off = np.full((plan.groups, len(active)), -np.inf, np.float32)
    for begin, batch in batches(active, batch_size(network)):
        hidden = runner.hidden(encode(network, batch), sparse=True)
        readings = runner.readings(hidden)[order] * scale
        truth: sp.coo_array = evaluate_sparse(circuit, batch).tocoo()
        rows, columns = place[truth.col], truth.row
        on = readings[rows, columns]
        np.minimum.at(lowest_on, (plan.group[truth.col], begin + columns), on)
        readings[rows, columns] = -np.inf
        highest_off[:, begin : begin + len(batch)] = np.maximum.reduceat(readings, starts, axis=0)
    return lowest_on, highest_off
