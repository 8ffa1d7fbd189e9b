"""Pieces of single constructions that the ablation takes out and exchanges.

The one file of the study to change when their inside moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import polyseme as ps
from polyseme.codes import SparseCode, affine_code, balanced_code, orthogonal_block_code
from polyseme.codes.shared_places import shared_places
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.frames.joint_reads import joint_compression, joint_strengths
from polyseme.compiler.constructions.three_channel.build import (
    CALIBRATION_SAMPLES,
    build_superposed,
)
from polyseme.compiler.constructions.three_channel.calibrate import calibrated_shares
from polyseme.compiler.constructions.three_channel.placement import place_regions
from polyseme.compiler.constructions.three_channel.plan import Plan, make_plan
from polyseme.compiler.constructions.three_channel.thresholds import plan_readout
from polyseme.compiler.constructions.three_channel.widths import widths_for
from polyseme.compiler.parts.calibrate import best_share
from polyseme.compiler.parts.weights import equalised, weight_matrix
from polyseme.compiler.task import Task
from polyseme.networks.activation import Clip
from polyseme.verification.inputs import draw_inputs

__all__ = [
    "SparseCode",
    "Stream",
    "ThreeChannel",
    "affine_code",
    "balanced_code",
    "best_share",
    "equalised",
    "joint_compression",
    "joint_strengths",
    "orthogonal_block_code",
    "shared_places",
    "weight_matrix",
]


@dataclass(frozen=True, eq=False)
class ThreeChannel:
    """Networks of three channels, whose units bend. Both raise PolysemeError at too few neurons."""

    circuit: ps.Circuit
    active: int
    error: float
    seed: int

    @property
    def _plan(self) -> Plan:
        return make_plan(Task(self.circuit, self.active, self.error, seed=self.seed))

    def plain(self, neurons: int) -> ps.Network:
        """Return the network as the construction builds it."""
        return build_superposed(self._plan, neurons)

    def clipped(self, neurons: int, height: float) -> ps.Network:
        """Return half as many units of two ReLUs, clipped so many features above their bend.

        Thresholds are calibrated afresh, as the construction does.
        """
        plan = self._plan
        network = build_superposed(plan, neurons // 2)
        layer = network.layers[0]
        capped = replace(
            network, layers=(replace(layer, activation=Clip(round(height / layer.scale))),)
        )
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
