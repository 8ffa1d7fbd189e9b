"""From a plan and a size to a network: the passes in order, stage by stage."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.adler_shavit import (
    input_channel,
    mixed_channel,
    output_channel,
)
from polyseme.compiler.constructions.adler_shavit.cases import (
    INPUT,
    OUTPUT,
    channels_of,
    heavy_inputs,
    regions_of,
)
from polyseme.compiler.constructions.adler_shavit.layer_weights import grain_of, layer_of
from polyseme.compiler.constructions.adler_shavit.output_channel import Placement
from polyseme.compiler.constructions.adler_shavit.plan import Plan
from polyseme.compiler.constructions.adler_shavit.random_sets import random_sets
from polyseme.compiler.constructions.adler_shavit.sizes import code_weight, widths_of
from polyseme.compiler.schedule.stages import Schedule, Stage
from polyseme.compiler.task import Task
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import CHANNELS, LayerKey, reads_of, wire_key
from polyseme.networks.network import Network, Provenance

# The threshold of an output, as a share of a full reading (ours). Interference can add more to a
# reading than it takes away, because a ReLU passes only what is above 0; hence not one half.
_THRESHOLD = 0.625


def build_network(name: str, plan: Plan, neurons: int) -> Network:
    """Build one layer per stage, each on the code of the layer below, of at most `neurons` ReLUs.

    Raises:
        TooFewNeuronsError: There is no room for two codes side by side.
    """
    task, schedule = plan.task, plan.schedule
    units, weight = neurons // plan.relus_per_unit, code_weight(schedule)
    # Refused here, if at all, so that codes of the input fit as well.
    widths = [widths_of(plan, number, units) for number in range(len(schedule.stages))]
    features = len(task.circuit.features)
    encoder = _code(random_sets(features, units, weight, task.stream(Stream.INPUT_CODE)), units)
    generator = task.stream(Stream.OUTPUT_CODES)
    layers, keys, code = [], [], encoder
    for stage, shares in zip(schedule.stages, widths, strict=True):
        placed, wanted = _placed(stage, shares, weight, generator)
        needed = np.repeat([region.needed for region in regions_of(stage)], shares)
        layers.append(layer_of(wanted, needed, code, plan.resets, generator))
        keys.append(_key(stage, layers[-1], placed, wanted, code))
        code = _code(placed, layers[-1].units)
    return Network(
        encoder=Encoder(task.circuit.features, encoder),
        layers=tuple(layers),
        readout=_readout(task, code, schedule.output_columns),
        provenance=_provenance(name, plan, weight),
        key=AnswerKey(task.circuit, encoder, tuple(keys)),
    )


def _code(positions: NDArray[np.int32], units: int) -> SparseCode:
    return SparseCode(units, positions, np.ones(positions.shape, np.int8))


def _placed(
    stage: Stage, widths: list[int], weight: int, generator: np.random.Generator
) -> tuple[NDArray[np.int32], sp.csr_array]:
    """Return the units of every gate, int32 (gates, weight), and C, region after region."""
    heavy, begin = heavy_inputs(stage), 0
    codes, reads = np.empty((len(stage), weight), np.int32), []
    for region, width in zip(regions_of(stage), widths, strict=True):
        chosen = stage.select(region.gates)
        placement = _in_channel(region.channel, chosen, heavy, width, weight, generator)
        codes[region.gates] = begin + placement.codes
        reads.append(placement.reads)
        begin += width
    return codes, sp.vstack(reads, format="csr")


def _in_channel(
    channel: int,
    stage: Stage,
    heavy: NDArray[np.bool_],
    width: int,
    weight: int,
    generator: np.random.Generator,
) -> Placement:
    if channel == OUTPUT:
        return output_channel.place(stage, width, weight, generator)
    if channel == INPUT:
        return input_channel.place(stage, heavy, width, weight, generator)
    return mixed_channel.place(stage, heavy, width, weight, generator)


def _key(
    stage: Stage,
    layer: Layer,
    codes: NDArray[np.int32],
    wanted: sp.csr_array,
    below: SparseCode,
) -> LayerKey:
    """Return the key with the reads of own columns; centred weights are not a product C D."""
    wanted.sort_indices()
    return wire_key(
        layer.width,
        stage.wires,
        codes,
        np.zeros(len(stage), bool),
        reads=reads_of(layer.weights, wanted, below),
        resolution=grain_of(below) * below.weight,
    )


def _readout(task: Task, code: SparseCode, columns: NDArray[np.int32]) -> Readout:
    """Return the readout: each output adds up the code of its column."""
    weight = code.weight
    return Readout(
        outputs=task.circuit.output_names,
        offsets=np.arange(len(columns) + 1, dtype=np.int64) * weight,
        neurons=code.positions[columns].ravel(),
        weights=np.ones(len(columns) * weight, np.int16),
        thresholds=np.full(len(columns), np.float32(_THRESHOLD * weight)),
    )


def _provenance(name: str, plan: Plan, weight: int) -> Provenance:
    task, schedule = plan.task, plan.schedule
    # Codes that follow sets are not given by the seed alone.
    followers = int((channels_of(schedule.stages[-1]) != OUTPUT).sum())
    return Provenance(
        source=task.circuit.name,
        construction=name,
        active=task.active,
        seed=task.seed,
        gates=task.circuit.gates,
        monosemantic_neurons=int(schedule.monosemantic_neurons.max()),
        readout_parameters=followers * weight,
        channels=_channels(schedule),
        note=f"each gate is on {weight} units",
    )


def _channels(schedule: Schedule) -> dict[str, int]:
    """Return the gates of each channel, or for several layers the layers in superposition."""
    if len(schedule.stages) > 1:
        return {"superposed": len(schedule.stages), "monosemantic": 0}
    counts = np.bincount(channels_of(schedule.stages[0]), minlength=len(CHANNELS))
    return dict(zip(CHANNELS, counts.tolist(), strict=True))
