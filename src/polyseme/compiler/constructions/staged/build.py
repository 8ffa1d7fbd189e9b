"""Build a deep network from a plan and a size, one stage at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from polyseme.codes.affine import affine_or_balanced_code
from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.staged.carrier import Carrier, basis_carrier
from polyseme.compiler.constructions.staged.layer_weights import layer_weights
from polyseme.compiler.constructions.staged.one_unit_per_wire import exact_layer, monosemantic_layer
from polyseme.compiler.constructions.staged.placing import place_stage
from polyseme.compiler.constructions.staged.plan import StagedPlan
from polyseme.compiler.parts.calibrate import best_share
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.activation import Clip
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import LayerKey, wire_key
from polyseme.networks.network import Network, Provenance
from polyseme.networks.run import LayerRunner
from polyseme.verification.extremes import extremes

# With codewords of this weight deep networks need fewest units: lighter codewords are mistaken for
# one another, and heavier ones crowd the units.
WEIGHT = 6
# A unit begins to fire this far below the sum of a satisfied gate, and it is saturated soon above
# that. So noise stays below the bend, and an input that has lost amplitude gets it back.
KNEE = 0.5
# Gates that need several literals mostly see none on, so noise stays further below their level.
SEVERAL_KNEE = 0.6
_STEEPNESS = 0.14
# Gates that need several literals have less noise near their level than those that need one, so
# they make do with fewer units per read.
SEVERAL_SHARE = 0.75
CALIBRATION_SAMPLES = 2000
# Room for a few codewords in each region, at two ReLUs per unit.
LEAST_NEURONS = 8 * WEIGHT


@dataclass(frozen=True)
class Size:
    """Number of units of a layer in superposition, and the number of them that are shared."""

    units: int
    shared: int


def build_stages(plan: StagedPlan, neurons: int) -> Network:
    """Build a network whose layers have at most `neurons` ReLUs.

    Layers in superposition have two ReLUs per unit. A stage has one unit per column where so many
    neurons are enough for that.

    Raises:
        TooFewNeuronsError: The codes do not fit.
    """
    stages = plan.schedule.stages
    superposed = superposed_stages(plan, neurons)
    if neurons < LEAST_NEURONS and any(superposed):
        raise TooFewNeuronsError(
            f"{plan.circuit.name}: {neurons} neurons are too few; layers in superposition take at "
            f"least {LEAST_NEURONS}"
        )
    size = _size_for(plan, neurons, superposed)
    generator = plan.task.stream(Stream.OUTPUT_CODES)
    below = _encoder_carrier(plan, neurons, size, generator) if superposed[0] else _basis(plan)
    encoder = Encoder(plan.circuit.features, below.code)
    layers, keys = [], []
    with phase("layers") as step:
        for number, stage in enumerate(stages):
            if not len(stage):
                return _constant_network(plan, encoder)
            if superposed[number]:
                layer, key, below = _superposed_layer(plan, number, below, size, generator)
            elif below.exact:
                layer, key, below = exact_layer(stage, below, plan.schedule.residual)
            else:
                layer, key, below = monosemantic_layer(stage, below)
            layers.append(layer)
            keys.append(key)
            step(number + 1, len(stages))
    network = Network(
        encoder=encoder,
        layers=tuple(layers),
        readout=_readout(plan, below, 0.5),
        provenance=_provenance(plan, superposed),
        key=AnswerKey(plan.circuit, encoder.code, tuple(keys)),
    )
    if below.exact:
        return network
    return replace(network, readout=_readout(plan, below, _calibrated(plan, network)))


def superposed_stages(plan: StagedPlan, neurons: int) -> list[bool]:
    """Return for each stage whether it is in superposition in a network of so many neurons.

    A stage is in superposition when `neurons` are too few to give every column its own. Behind a
    stage in superposition a column of its own takes one clipped unit, which is two ReLUs, whether
    the column is carried or computed.
    """
    superposed: list[bool] = []
    monosemantic_neurons = plan.schedule.monosemantic_neurons.tolist()
    for stage, monosemantic in zip(plan.schedule.stages, monosemantic_neurons, strict=True):
        noisy = bool(superposed) and superposed[-1]
        superposed.append((2 * len(stage) if noisy else monosemantic) > neurons)
    return superposed


def _basis(plan: StagedPlan) -> Carrier:
    return basis_carrier(len(plan.circuit.features))


def _constant_network(plan: StagedPlan, encoder: Encoder) -> Network:
    """Return the network of a circuit whose outputs are all constant.

    It has one neuron, which nothing reads.
    """
    dead = basis_carrier(1)
    wires = np.array([-1], np.int32)
    return Network(
        encoder=encoder,
        layers=(Layer(np.zeros((1, encoder.dimensions), np.int8), np.zeros(1, np.int32), 1.0),),
        readout=_readout(plan, dead, 0.5),
        provenance=_provenance(plan, [False]),
        key=AnswerKey(
            plan.circuit, encoder.code, (wire_key(1, wires, dead.positions, dead.inverted),)
        ),
    )


def _size_for(plan: StagedPlan, neurons: int, superposed: list[bool]) -> Size:
    units = neurons // 2
    single = several = 0
    for number, stage in enumerate(plan.schedule.stages):
        if superposed[number]:
            one = stage.needed == 1
            single += int(stage.widths[one].sum())
            several += int(stage.widths[~one].sum())
    share = SEVERAL_SHARE * several / max(single + SEVERAL_SHARE * several, 1.0)
    least = 2 * WEIGHT
    rest = np.clip(round(units * share), least * bool(several), units - least * bool(single))
    return Size(units, units - int(rest))


def _encoder_carrier(
    plan: StagedPlan, neurons: int, size: Size, generator: np.random.Generator
) -> Carrier:
    """Draw the code of the features for a first layer in superposition.

    If most gates of the first layer need one literal, the layer can hand the code on, so the code
    has as many dimensions as a layer has shared units. Otherwise little would be handed on, and the
    code is spread over as many dimensions as there are neurons.
    """
    features, first = len(plan.circuit.features), plan.schedule.stages[0]
    hands_on = 2 * int((first.needed == 1).sum()) > len(first)
    dimensions = size.shared if hands_on else min(neurons, 3 * features // 4)
    if not WEIGHT <= dimensions < features:
        return _basis(plan)
    rows = affine_or_balanced_code(features, dimensions, WEIGHT, generator).positions
    shared = size.shared if hands_on else 0
    return Carrier(dimensions, rows, np.zeros(features, bool), shared, False)


def _superposed_layer(
    plan: StagedPlan, number: int, below: Carrier, size: Size, generator: np.random.Generator
) -> tuple[Layer, LayerKey, Carrier]:
    stage = plan.schedule.stages[number]
    placed = place_stage(stage, below, size.units, size.shared, WEIGHT, generator)
    built = layer_weights(stage, below, placed)
    on_below = plan.task.active if number == 0 else plan.activity.mean[number - 1]
    cap = 1 << int(np.log2(_STEEPNESS * built.resolution))
    knee = np.where(placed.level > 1, SEVERAL_KNEE, KNEE)
    foreign = np.maximum(on_below - placed.level, 0)
    bias = built.offset - np.rint((placed.level - knee) * built.resolution + foreign * built.drift)
    layer = Layer(built.weights, bias.astype(np.int32), 1 / cap, Clip(cap))
    key = wire_key(
        placed.carrier.units,
        stage.wires,
        placed.carrier.positions,
        placed.carrier.inverted,
        reads=built.reads,
        resolution=built.resolution,
    )
    return layer, key, placed.carrier


def _readout(plan: StagedPlan, carrier: Carrier, share: float) -> Readout:
    """Return the readout: each output reads the units of its column.

    An inverted output, which is on when its wire is off, reads them with negative weights.
    """
    column = plan.schedule.output_columns
    circuit = plan.circuit
    live = column >= 0
    counts = np.where(live, carrier.weight, 0)
    neurons = carrier.positions[column[live]].ravel()
    # A column may itself be inverted. A constant output has column -1, which selects the False
    # appended at the end.
    flipped = circuit.inverted ^ np.append(carrier.inverted, False)[column]
    sign = np.where(flipped, -1, 1)
    level = sign * np.float32(share * carrier.weight)
    constant = np.where(circuit.inverted, np.float32(-0.5), np.float32(np.inf))
    return Readout(
        outputs=circuit.output_names,
        offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        neurons=neurons.astype(np.int32),
        weights=np.repeat(sign[live], carrier.weight).astype(np.int16),
        thresholds=np.where(live, level, constant).astype(np.float32),
    )


def _calibrated(plan: StagedPlan, network: Network) -> float:
    """Return the share of a full reading that decides most calibration samples rightly."""
    rows = plan.satisfied(CALIBRATION_SAMPLES, Stream.CALIBRATION)
    # Inverted outputs read their units with negative weights.
    seen = extremes(LayerRunner(network), plan.circuit, rows, absolute=True)
    full = np.float32(WEIGHT)
    return best_share(seen.lowest_on[0] / full, seen.highest_off[0] / full)


def _provenance(plan: StagedPlan, superposed: list[bool]) -> Provenance:
    count, stages = sum(superposed), len(superposed)
    columns = plan.schedule.output_columns
    readout = int((columns >= 0).sum()) * WEIGHT + 1 if count else 0
    return Provenance(
        source=plan.circuit.name,
        construction="deep" if count else "monosemantic",
        active=plan.task.active,
        seed=plan.task.seed,
        gates=plan.circuit.gates,
        monosemantic_neurons=plan.monosemantic_neurons,
        readout_parameters=readout,
        channels={"superposed": count, "monosemantic": stages - count},
        note="",
    )
