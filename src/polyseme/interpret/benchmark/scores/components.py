"""The weights of a layer as components: the sum that a network runs with, and the true one.

The true components are the units, each with the weights that it reads by. Any mask of the units
that an input leaves at rest changes nothing, as activations are monotone; so the network's answers
stand, and no network allows less than a true decomposition gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from polyseme.errors import OptionError
from polyseme.interpret.benchmark.claims import Batch, Decomposition
from polyseme.interpret.benchmark.subject import Subject
from polyseme.networks import sites


def site_read(layer: int) -> str:
    """Return the site that a layer reads; importance is asked for batches of its numbers."""
    return sites.post(layer - 1) if layer else sites.EMBED


def linear_of(subject: Subject, layer: int) -> torch.nn.Linear:
    """Return the weights of a layer.

    Raises OptionError if there is no such layer.
    """
    modules = dict(subject.module.named_modules())
    found = modules.get(f"layers.{layer}.linear")
    if not isinstance(found, torch.nn.Linear):
        raise OptionError(f"a decomposition is of layer {layer}, which the network does not have")
    return found


def weights_of(subject: Subject, layer: int) -> NDArray[np.float32]:
    """Return the weights of a layer, float32 (units, inputs)."""
    found: NDArray[np.float32] = linear_of(subject, layer).weight.detach().numpy()
    return found


def by_units(subject: Subject, layer: int) -> Decomposition:
    """Return the true components of a layer: its units, needed where an input switches them."""
    weights = weights_of(subject, layer)
    units = np.eye(len(weights), dtype=np.float32)
    return Decomposition(
        layer, weights.copy(), units, lambda batch: switched(subject, layer, batch)
    )


def switched(subject: Subject, layer: int, batch: Batch) -> NDArray[np.float32]:
    """Return which units an input switches, 0 or 1, float32 (samples, units)."""
    linear = linear_of(subject, layer)
    activation = subject.module.get_submodule(f"layers.{layer}.activation")
    with torch.no_grad():
        moved = activation(linear(torch.from_numpy(batch.activations)))
        resting = activation(linear.bias)
    found: NDArray[np.float32] = (moved != resting).numpy().astype(np.float32)
    return found


def runner(
    subject: Subject, found: Decomposition
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]:
    """Return a function that runs the network with masked components in place of the weights.

    It takes vectors (samples, dimensions), numbers that the layer reads (samples, inputs) and masks
    (samples, components), and returns outputs (samples, outputs).
    """
    linear = linear_of(subject, found.layer)
    reads, writes = torch.from_numpy(found.reads), torch.from_numpy(found.writes)

    def run(vectors: torch.Tensor, read: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        sums = (read @ reads.T * masks) @ writes + linear.bias

        def replace(module: torch.nn.Module, given: Any, value: torch.Tensor) -> torch.Tensor:
            return sums

        handle = linear.register_forward_hook(replace)
        try:
            outputs: torch.Tensor = subject.module(vectors)
        finally:
            handle.remove()
        return outputs

    return run
