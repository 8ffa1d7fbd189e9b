"""Build a three-channel network from a plan and a size, by running the passes in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from polyseme.codes.code import SparseCode
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.three_channel.calibrate import calibrated_shares
from polyseme.compiler.constructions.three_channel.channels import Channel, too_heavy
from polyseme.compiler.constructions.three_channel.placement import place_regions
from polyseme.compiler.constructions.three_channel.plan import Plan
from polyseme.compiler.constructions.three_channel.reads import wanted_reads
from polyseme.compiler.constructions.three_channel.regions.region import Placement
from polyseme.compiler.constructions.three_channel.thresholds import biases, plan_readout
from polyseme.compiler.constructions.three_channel.widths import widths_for
from polyseme.compiler.parts.exact_units import exact_units
from polyseme.compiler.parts.input_code import input_code
from polyseme.compiler.parts.weights import compression, resolution_of, weight_matrix
from polyseme.networks.answer_key import AnswerKey, term_key
from polyseme.networks.ends import Encoder
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network, Provenance
from polyseme.verification.inputs import draw_inputs

CALIBRATION_SAMPLES = 6000


def build_superposed(plan: Plan, neurons: int) -> Network:
    """Build the network of a plan with at most `neurons` ReLUs.

    Raises:
        TooFewNeuronsError: The regions cannot be laid out on so few.
    """
    regions = plan.regions_for(neurons)
    widths = widths_for(regions, neurons, plan.demand(neurons))
    placements = place_regions(
        regions, widths, plan.terms, plan.active, plan.stream(Stream.OUTPUT_CODES)
    )
    code = input_code(
        plan.terms.features,
        plan.dimensions(int(widths.sum())),
        plan.basis,
        too_heavy(plan.terms, plan.assignment),
        plan.stream(Stream.INPUT_CODE),
    )
    return _assemble(plan, placements, code)


def _assemble(
    plan: Plan,
    placements: list[Placement],
    code: SparseCode,
) -> Network:
    neurons = sum(placement.width for placement in placements)
    wanted = wanted_reads(placements, plan.terms, neurons, plan.active)
    compress, resolution = compression(wanted, code), resolution_of(code)
    readout_plan = plan_readout(placements, plan.terms, resolution)
    names = plan.circuit.output_names
    shares = np.full(readout_plan.groups, 0.5)
    network = Network(
        encoder=Encoder(plan.circuit.features, code),
        layers=(
            Layer(
                weight_matrix(compress, code),
                biases(placements, neurons, resolution, plan.active),
                1.0 / resolution,
            ),
        ),
        readout=readout_plan.with_thresholds(names, shares, resolution),
        provenance=_provenance(plan, placements, readout_plan.groups),
        key=_answer_key(plan, placements, compress, code, resolution),
    )
    generator = plan.stream(Stream.CALIBRATION)
    samples = np.concatenate(
        [
            draw_inputs(trial, plan.terms, plan.active, CALIBRATION_SAMPLES, generator)
            for trial in plan.trials
        ]
    )
    shares = calibrated_shares(network, readout_plan, plan.circuit, samples)
    return replace(network, readout=readout_plan.with_thresholds(names, shares, resolution))


def _provenance(
    plan: Plan,
    placements: list[Placement],
    groups: int,
) -> Provenance:
    counts = np.bincount(plan.assignment.channel, minlength=len(Channel))
    return Provenance(
        source=plan.circuit.name,
        construction="three-channel",
        active=plan.active,
        seed=plan.seed,
        gates=plan.circuit.gates,
        monosemantic_neurons=exact_units(plan.terms, plan.active).neurons,
        readout_parameters=_parameters_beyond_seed(plan, placements) + groups,
        channels={channel.name.lower(): int(counts[channel]) for channel in Channel},
    )


def _parameters_beyond_seed(plan: Plan, placements: list[Placement]) -> int:
    """Return the number of parameters of encoder and readout that the seed does not give.

    If a circuit is one region with one random code per output, the readout does not depend on the
    gates, and the seed gives it. If outputs share codes or regions differ, the neurons that an
    output reads depend on the gates, and all entries of the readout count. The features that have
    dimensions of their own count too.
    """
    only = placements[0]
    seeded = len(placements) == 1 and only.region.seeded and only.region.owner < 0
    apart = 0 if plan.basis else len(too_heavy(plan.terms, plan.assignment))
    if seeded and only.region.codewords == len(plan.terms) == plan.terms.outputs:
        return apart
    return apart + sum(int(placement.readers.shape[1]) for placement in placements)


def _answer_key(
    plan: Plan,
    placements: list[Placement],
    compress: sp.csr_array,
    code: SparseCode,
    resolution: int,
) -> AnswerKey:
    term = np.concatenate([np.repeat(p.region.terms, p.term_neurons.shape[1]) for p in placements])
    neuron = np.concatenate([p.term_neurons.ravel() for p in placements])
    term, neuron = term[neuron >= 0], neuron[neuron >= 0]
    counts = np.bincount(term, minlength=len(plan.terms))
    return term_key(
        plan.circuit,
        code,
        sum(placement.width for placement in placements),
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        neuron[np.argsort(term, kind="stable")].astype(np.int32),
        plan.assignment.channel,
        compression=compress,
        resolution=resolution,
    )
