"""The number of neurons that three channels need, predicted by the noise model alone."""

from __future__ import annotations

import numpy as np

from polyseme.compiler.constructions.three_channel.plan import Plan

# Factor for what the noise model leaves out: tails heavier than normal, and the bend of the ReLU.
MODEL_MARGIN = 1.3


def predicted_neurons(plan: Plan) -> int:
    """Return the neurons that the noise model predicts, at most one per term.

    Nothing is built.
    """
    low, high = 1, plan.terms.own_neurons
    while low < high:
        middle = (low + high) // 2
        demand = plan.demand(middle)
        asked = sum(
            np.clip(
                MODEL_MARGIN * region.reference_width(demand),
                region.smallest_width,
                region.largest_width,
            )
            for region in plan.regions_for(middle)
        )
        low, high = (low, middle) if asked <= middle else (middle + 1, high)
    return low
