"""What is decided about a circuit before any neuron is chosen, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms, terms_of
from polyseme.codes.code import SparseCode
from polyseme.compiler.calibrate import calibrated_shares
from polyseme.compiler.channels import (
    BASIS_TERMS_PER_FEATURE,
    Assignment,
    Channel,
    assign_channels,
    no_channels,
    too_heavy,
)
from polyseme.compiler.encoding import input_code
from polyseme.compiler.placement import Placement, place_regions
from polyseme.compiler.reads import wanted_reads
from polyseme.compiler.regions import Demand, Region, gather_regions
from polyseme.compiler.thresholds import biases, plan_readout
from polyseme.compiler.weights import compression, unit_of, weight_matrix
from polyseme.compiler.widths import widest, widths_for
from polyseme.errors import CompileError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Encoder, Layer, Network, Provenance
from polyseme.verify.inputs import draw_inputs

CALIBRATION_SAMPLES = 4000
# Streams of random numbers, so that codes, inputs and calibration never share draws.
_INPUT_CODE, _OUTPUT_CODES, _CALIBRATION = range(3)


@dataclass(frozen=True, eq=False)
class Plan:
    """A circuit, its terms, and the regions they fall into; `alone` are the monosemantic ones."""

    circuit: Circuit
    terms: Terms
    assignment: Assignment
    regions: list[Region]
    alone: list[Region]
    active: int
    error: float
    basis: bool
    seed: int

    @property
    def monosemantic_neurons(self) -> int:
        """Neurons of the network that gives every term (or OR of features) its own."""
        return sum(region.codewords for region in self.alone)

    def demand(self, neurons: int) -> Demand:
        """What the noise model needs to know at a given number of neurons."""
        return Demand(self.active, self.error, self.dimensions(neurons), self.terms.features)

    def dimensions(self, neurons: int) -> int:
        """Input dimensions: never more than neurons, and at most one for every two features."""
        features = self.terms.features
        return features if self.basis else max(1, min(neurons, 3 * features // 4))

    def stream(self, purpose: int) -> np.random.Generator:
        """The random stream for a purpose; the same for every size, so sizes compare fairly."""
        return np.random.default_rng([self.seed, purpose])


def make_plan(circuit: Circuit, active: int, error: float, encoder: str, seed: int) -> Plan:
    """Flatten the circuit, choose channels, gather regions, and choose the kind of encoder."""
    terms = terms_of(circuit)
    if not len(terms):
        raise CompileError(
            f"{circuit.name}: no output can ever be on, so there is nothing to build"
        )
    assignment = assign_channels(terms)
    basis = encoder == "basis"
    if encoder == "auto":
        basis = len(terms) > BASIS_TERMS_PER_FEATURE * terms.features
    return Plan(
        circuit=circuit,
        terms=terms,
        assignment=assignment,
        regions=gather_regions(terms, assignment),
        alone=gather_regions(terms, no_channels(terms), territories=False),
        active=active,
        error=error,
        basis=basis,
        seed=seed,
    )


def build_superposed(plan: Plan, neurons: int) -> Network:
    """Build the network of a plan with at most `neurons` ReLUs.

    Raises CompileError when that is too few to lay the regions out.
    """
    widths = widths_for(plan.regions, neurons, plan.demand(neurons))
    placements = place_regions(
        plan.regions, widths, plan.terms, plan.active, plan.stream(_OUTPUT_CODES)
    )
    code = input_code(
        plan.terms.features,
        plan.dimensions(int(widths.sum())),
        plan.basis,
        too_heavy(plan.terms, plan.assignment),
        plan.stream(_INPUT_CODE),
    )
    return _assemble(plan, placements, code, "three-channel", plan.assignment.channel)


def build_monosemantic(plan: Plan, note: str) -> Network:
    """Build the naive network: basis-aligned inputs and a neuron for every term."""
    widths = np.array([widest(region) for region in plan.alone])
    placements = place_regions(
        plan.alone, widths, plan.terms, plan.active, plan.stream(_OUTPUT_CODES)
    )
    code = input_code(plan.terms.features, 0, True, np.empty(0, np.int32), plan.stream(_INPUT_CODE))
    channels = np.full(len(plan.terms), Channel.OWN, np.uint8)
    network = _assemble(plan, placements, code, "monosemantic", channels)
    return replace(network, provenance=replace(network.provenance, note=note))


def _assemble(
    plan: Plan,
    placements: list[Placement],
    code: SparseCode,
    construction: str,
    channels: NDArray[np.uint8],
) -> Network:
    neurons = sum(placement.width for placement in placements)
    wanted = wanted_reads(placements, plan.terms, neurons, plan.active)
    compress, unit = compression(wanted, code), unit_of(code)
    readout_plan = plan_readout(placements, plan.terms, unit)
    names = plan.circuit.output_names
    shares = np.full(readout_plan.groups, 0.5)
    network = Network(
        encoder=Encoder(plan.circuit.features, code),
        layers=(
            Layer(
                weight_matrix(compress, code),
                biases(placements, neurons, unit, plan.active),
                1.0 / unit,
            ),
        ),
        readout=readout_plan.with_thresholds(names, shares, unit),
        provenance=_provenance(plan, placements, construction, channels, readout_plan.groups),
        key=_answer_key(plan, placements, compress, code, channels, unit),
    )
    if construction == "monosemantic":
        return network
    samples = draw_inputs(
        "satisfied", plan.terms, plan.active, CALIBRATION_SAMPLES, plan.stream(_CALIBRATION)
    )
    shares = calibrated_shares(network, readout_plan, plan.circuit, samples)
    return replace(network, readout=readout_plan.with_thresholds(names, shares, unit))


def _provenance(
    plan: Plan,
    placements: list[Placement],
    construction: str,
    channels: NDArray[np.uint8],
    groups: int,
) -> Provenance:
    counts = np.bincount(channels, minlength=len(Channel))
    return Provenance(
        source=plan.circuit.name,
        construction=construction,
        active=plan.active,
        seed=plan.seed,
        gates=plan.circuit.gates,
        monosemantic_neurons=plan.monosemantic_neurons,
        readout_parameters=_told_by_the_gates(plan, placements) + groups,
        channels={channel.name.lower(): int(counts[channel]) for channel in Channel},
    )


def _told_by_the_gates(plan: Plan, placements: list[Placement]) -> int:
    """Numbers in encoder and readout that the seed alone does not give.

    A circuit that is one region of random codes, one an output, has a readout that knows nothing of
    its gates. As soon as outputs share codes or regions differ, which neurons an output reads tells
    something, and all its entries count; so does which features have dimensions of their own.
    """
    only = placements[0]
    seeded = len(placements) == 1 and only.kind == "code" and only.region.owner < 0
    apart = 0 if plan.basis else len(too_heavy(plan.terms, plan.assignment))
    if seeded and only.region.codewords == len(plan.terms) == plan.terms.outputs:
        return apart
    return apart + sum(int(placement.readers.shape[1]) for placement in placements)


def _answer_key(
    plan: Plan,
    placements: list[Placement],
    compress: sp.csr_array,
    code: SparseCode,
    channels: NDArray[np.uint8],
    unit: int,
) -> AnswerKey:
    term = np.concatenate([np.repeat(p.region.terms, p.term_neurons.shape[1]) for p in placements])
    neuron = np.concatenate([p.term_neurons.ravel() for p in placements])
    term, neuron = term[neuron >= 0], neuron[neuron >= 0]
    counts = np.bincount(term, minlength=len(plan.terms))
    return AnswerKey(
        circuit=plan.circuit,
        terms=plan.terms,
        term_channels=channels,
        term_offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        term_neurons=neuron[np.argsort(term, kind="stable")].astype(np.int32),
        compression=compress,
        decompression=code,
        unit=unit,
    )
