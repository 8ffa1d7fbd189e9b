"""Losses of readings that should be 0 or 1, with their slopes in closed form.

Readings are many and outputs that are on are few. So errors are taken in place for all outputs at
once, and mended where an output is on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyseme.common.extras import import_torch

if TYPE_CHECKING:
    import torch

# Errors of readings up to this cost nothing under the loss "band"; less than 1/4, so that what is
# left over of it still counts as computed.
_BAND = 0.2
# How far readings must be from 1/2, on their side, to cost nothing under the loss "hinge".
_MARGIN = 0.25
LOSSES = {
    "band": f"squared error of readings beyond {_BAND} of 0 and 1: gates are computed",
    "hinge": f"squared shortfall of readings within {_MARGIN} of 1/2: outputs are decided",
    "l4": "fourth power of the error of readings",
    "squared": "squared error of readings",
}


def losses_and_slopes(
    name: str, readings: torch.Tensor, on: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss of every sample, (samples,), and its slopes, (samples, outputs).

    Args:
        name: One of `LOSSES`.
        readings: Float32 (samples, outputs). They are spoilt.
        on: The places of the outputs that are on among all readings in order.
    """
    flat = readings.view(-1)
    flat[on] -= 1
    if name == "hinge":
        short_on = (flat[on] + (0.5 - _MARGIN)).clamp_(max=0)
        readings.sub_(0.5 - _MARGIN).clamp_(min=0)
        flat[on] = short_on
    if name == "band":
        readings = import_torch("training").nn.functional.softshrink(readings, _BAND)
    if name == "l4":
        cubes = readings.square().mul_(readings)
        return readings.mul_(cubes).sum(dim=1), cubes.mul_(4)
    return readings.square().sum(dim=1), readings.mul_(2)
