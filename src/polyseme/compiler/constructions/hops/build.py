"""The driver of the passes: the encoder, a layer of openers, one layer per hop, the readout."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.common.ragged import row_offsets
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.hops.hop_layer import HopLayer
from polyseme.compiler.constructions.hops.layout import Layout
from polyseme.compiler.constructions.hops.relations import FROM_FEATURES
from polyseme.compiler.constructions.hops.words import Held, Words, key_of
from polyseme.compiler.constructions.least_noise.codes import input_words
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.activation import Clip
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network, Provenance

NAME = "hops"
INPUT_WEIGHT = 32
# Codes are drawn so many times at most: of nearly a thousand units one may fail by chance.
_DRAWS = 4
_NOTE = "a layer of openers, and one per hop; a residual stream keeps the facts of hops before"


def build_hops(task: Task, layout: Layout) -> Network:
    """Build the network of a layout.

    Raises:
        TooFewNeuronsError: Units hear objects that are not theirs.
    """
    if layout.exact:
        code = _basis_code(layout)
    else:
        code = encoder_code(layout, task.stream(Stream.INPUT_CODE))
    layer, held, compression = _openers(layout, code)
    layers = [layer]
    keys = [key_of(layout.relations, held, compression, code.weight)]
    generator = task.stream(Stream.OUTPUT_CODES)
    for hop in range(layout.relations.hops):
        layer, held = _hop_layer(layout, hop, held, generator)
        layers.append(layer)
        keys.append(key_of(layout.relations, held))
    readout = _readout(layout, held)
    coded = len(
        {
            relation.hop
            for relation, block in zip(layout.relations.relations, layout.blocks, strict=True)
            if block.coded
        }
    )
    return Network(
        encoder=Encoder(task.circuit.features, code),
        layers=tuple(layers),
        readout=readout,
        provenance=Provenance(
            source=task.circuit.name,
            construction="monosemantic" if layout.exact else NAME,
            active=task.active,
            seed=task.seed,
            gates=task.circuit.gates,
            monosemantic_neurons=int(layout.relations.exact_widths.max()),
            readout_parameters=len(readout.neurons) + 2,
            channels={"superposed": coded, "monosemantic": len(layers) - coded},
            note=_NOTE,
        ),
        key=AnswerKey(task.circuit, code, tuple(keys)),
    )


def _hop_layer(
    layout: Layout, hop: int, below: Held, generator: np.random.Generator
) -> tuple[Layer, Held]:
    """Return the layer of a hop; codes of which a unit cannot keep its margin are drawn again."""
    for _ in range(_DRAWS - 1):
        try:
            return HopLayer(layout, hop, below, generator).build()
        except TooFewNeuronsError:
            continue
    return HopLayer(layout, hop, below, generator).build()


def chain_dimensions(chains: int) -> int:
    """Return the input dimensions that chains have to themselves: enough to be orthogonal."""
    return INPUT_WEIGHT * -(-chains // INPUT_WEIGHT)


def encoder_code(layout: Layout, generator: np.random.Generator) -> SparseCode:
    """Draw the code of the features: subjects in superposition, and chains orthogonal behind."""
    subjects, chains = layout.relations.subjects, layout.relations.chains
    inputs = input_words(len(subjects), layout.dimensions, INPUT_WEIGHT, generator)
    apart = chain_dimensions(len(chains))
    orthogonal = orthogonal_block_code(len(chains), apart, INPUT_WEIGHT, generator)
    shape = len(layout.relations.circuit.features), INPUT_WEIGHT
    positions, signs = np.empty(shape, np.int32), np.empty(shape, np.int8)
    positions[subjects], signs[subjects] = inputs.positions, inputs.signs
    positions[chains] = layout.dimensions + orthogonal.positions
    signs[chains] = orthogonal.signs
    return SparseCode(layout.dimensions + apart, positions, signs)


def _basis_code(layout: Layout) -> SparseCode:
    """Return the code in which every feature has a dimension, subjects before chains."""
    features = len(layout.relations.circuit.features)
    positions = np.empty((features, 1), np.int32)
    order = np.concatenate((layout.relations.subjects, layout.relations.chains))
    positions[order, 0] = np.arange(features)
    return SparseCode(features, positions, np.ones((features, 1), np.int8))


def _openers(layout: Layout, code: SparseCode) -> tuple[Layer, Held, sp.csr_array]:
    """Return the layer that says which relations are asked for, and its C; subjects pass it.

    Chains share no dimension with subjects, so a clipped unit is exactly 1 if any of its chains is
    on, and otherwise 0.
    """
    relations = layout.relations.relations
    copies = [layout.openers(number) for number in range(len(relations))]
    offsets = row_offsets(copies)
    chains = [
        one.chains for one, times in zip(relations, copies, strict=True) for _ in range(times)
    ]
    ends = row_offsets([len(one) for one in chains])
    entries = (np.ones(ends[-1], np.int16), np.concatenate(chains), ends)
    compression = sp.csr_array(entries, shape=(len(chains), code.features))
    weights = (compression @ code.matrix()).astype(np.int8).tocsr()
    weights.eliminate_zeros()
    weights.sort_indices()
    layer = Layer(
        weights=weights,
        bias=np.zeros(offsets[-1], np.int32),
        scale=1 / code.weight,
        activation=Clip(code.weight),
        carried=np.arange(layout.dimensions, dtype=np.int32),
    )
    subjects = layout.relations.subjects
    passing = offsets[-1] + code.positions[subjects].astype(np.int64)
    held = Held(
        layer.width,
        {
            FROM_FEATURES: Words(
                np.arange(len(subjects)), passing, code.signs[subjects], not layout.exact
            )
        },
        dict(enumerate(np.split(np.arange(offsets[-1]), offsets[1:-1]))),
    )
    return layer, held, compression


def _readout(layout: Layout, held: Held) -> Readout:
    """Return the readout: an output adds up the units of its words.

    It is on half-way between what it reads when it is on and what another word may add.
    """
    circuit = layout.relations.circuit
    output_of = np.full(circuit.wires, -1, np.int64)
    output_of[circuit.outputs] = np.arange(len(circuit.outputs))
    thresholds = np.empty(len(circuit.outputs), np.float32)
    outputs, units = [], []
    for number, relation in enumerate(layout.relations.relations):
        words, output = held.objects[number], output_of[relation.objects]
        outputs.append(np.repeat(output[words.of], words.weight))
        units.append(words.positions.ravel())
        thresholds[output] = (words.weight + words.shared) / 2
    output, unit = np.concatenate(outputs), np.concatenate(units)
    order = np.lexsort((unit, output))
    return Readout(
        outputs=circuit.output_names,
        offsets=row_offsets(np.bincount(output, minlength=len(circuit.outputs))),
        neurons=unit[order].astype(np.int32),
        weights=np.ones(len(unit), np.int16),
        thresholds=thresholds,
    )
