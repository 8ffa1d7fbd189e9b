"""The layer that is decomposed, and the scale of outputs. Importing this file needs torch."""

from __future__ import annotations

import torch

from polyseme.errors import OptionError
from polyseme.interpret.benchmark.method import Budget
from polyseme.networks import sites
from polyseme.networks.exporting.torch_modules import HookedNetwork


def first_asked(network: HookedNetwork, budget: Budget) -> int:
    """Return the number of the first layer whose outputs readings are asked for.

    Raises OptionError if there is none.
    """
    layers = len(list(network.get_submodule("layers").children()))
    for layer in range(layers):
        if sites.post(layer) in budget.readings:
            return layer
    raise OptionError("a decomposition of parameters needs a layers.N.hook_post in readings")


@torch.no_grad()
def output_scale(network: HookedNetwork, vectors: torch.Tensor) -> float:
    """Return the root of the mean variance of outputs; 1 where none varies.

    Outputs that never come on are far below zero, so the first sample is taken off before squares.
    """
    outputs = network(vectors)
    moved = (outputs - outputs[:1]).double()
    found = float(moved.var(dim=0, correction=0).mean().sqrt())
    return found if found > 0 else 1.0
