"""Number of neurons three channels take, from the noise model alone: nothing is built."""

from __future__ import annotations

import numpy as np

from polyseme.compiler.constructions.three_channel.plan import Plan

# The noise model leaves out that tails are heavier than normal and that the ReLU bends them.
MODEL_MARGIN = 1.3


def predicted_neurons(plan: Plan) -> int:
    """Neurons the noise model predicts, without building anything; monosemantic at most."""
    low, high = 1, plan.terms.monosemantic_neurons
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
