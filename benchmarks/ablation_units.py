"""Three channels, whose units bend: one ReLU a unit against clipped units; for `ablation.py`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polyseme.compiler.constructions.construction import Task
from polyseme.compiler.constructions.three_channel.build import (
    CALIBRATION_SAMPLES,
    build_superposed,
)
from polyseme.compiler.constructions.three_channel.calibrate import calibrated_shares
from polyseme.compiler.constructions.three_channel.placement import place_regions
from polyseme.compiler.constructions.three_channel.plan import Stream
from polyseme.compiler.constructions.three_channel.thresholds import plan_readout
from polyseme.compiler.constructions.three_channel.widths import widths_for
from polyseme.networks.activation import Clip
from polyseme.networks.network import Network
from polyseme.verification.inputs import draw_inputs


def single(task: Task, neurons: int) -> Network:
    """As the construction builds it."""
    return build_superposed(task.plan, neurons)


def clipped(task: Task, neurons: int, height: float) -> Network:
    """Half as many units of two ReLUs each, clipped so many features above their bend.

    Thresholds are calibrated afresh, as the construction does.
    """
    plan = task.plan
    network = build_superposed(plan, neurons // 2)
    layer = network.layers[0]
    capped = replace(network, layers=(replace(layer, activation=Clip(round(height / layer.scale))),))
    regions = plan.regions_for(neurons // 2)
    widths = widths_for(regions, neurons // 2, plan.demand(neurons // 2))
    generator = plan.stream(Stream.OUTPUT_CODES)
    placements = place_regions(regions, widths, plan.terms, plan.active, generator)
    unit = round(1 / layer.scale)
    readout = plan_readout(placements, plan.terms, unit)
    generator = plan.stream(Stream.CALIBRATION)
    drawn = [
        draw_inputs(trial, plan.terms, plan.active, CALIBRATION_SAMPLES, generator)
        for trial in plan.trials
    ]
    shares = calibrated_shares(capped, readout, plan.circuit, np.concatenate(drawn))
    thresholds = readout.with_thresholds(plan.circuit.output_names, shares, unit)
    return replace(capped, readout=thresholds)
