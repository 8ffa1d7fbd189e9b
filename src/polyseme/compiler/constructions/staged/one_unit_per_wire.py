"""Layers in which every column has a unit of its own, for stages where superposition does not pay.

Over exact inputs one ReLU per gate is enough, and the result is exact at any depth. An AND of
literals of which p are plain is ReLU(sum - (p - 1)). An OR is one minus ReLU(1 - sum), so its unit
rests at 1 and is read inverted. A wire that is only carried also takes a unit, unless it passes the
layer in a residual stream. Over a layer in superposition the inputs carry noise. The units are then
clipped, with margins wide enough that their values are exactly 0 or 1 again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.compiler.constructions.staged.carrier import Carrier, basis_carrier
from polyseme.compiler.constructions.staged.layer_weights import grain_of
from polyseme.compiler.schedule.stages import Stage
from polyseme.networks.activation import Clip
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import LayerKey, wire_key

# A clipped unit is 0 below this share of a literal minus the margin, and 1 above that share plus
# the margin. The share is more than a half because columns that are on read close to 1, and each
# stray unit adds a sixth.
_MIDDLE = 0.6
_MARGIN = 2 / 15


def exact_layer(stage: Stage, below: Carrier, residual: bool) -> tuple[Layer, LayerKey, Carrier]:
    """Return the layer of a stage over exact inputs, its key, and the carrier of the columns.

    With `residual`, columns that only carry a wire pass in the residual stream (`Stage.passing`).
    """
    passing = stage.passing(residual)
    computed, key, carrier = monosemantic_layer(stage.select(np.flatnonzero(~passing)), below)
    sources = below.positions[stage.literals[stage.offsets[:-1][passing]], 0]
    carried = np.unique(sources)
    positions = np.empty((len(stage), 1), np.int32)
    positions[~passing] = carrier.positions
    positions[passing, 0] = computed.units + np.searchsorted(carried, sources)
    inverted = np.zeros(len(stage), bool)
    inverted[~passing] = carrier.inverted
    inverted[passing] = below.inverted[stage.literals[stage.offsets[:-1][passing]]]
    layer = replace(computed, carried=carried.astype(np.int32))
    above = Carrier(layer.width, positions, inverted, 0, True)
    return layer, _key(stage, above, key.compression, key.resolution), above


def monosemantic_layer(stage: Stage, below: Carrier) -> tuple[Layer, LayerKey, Carrier]:
    """Return the layer of a stage with one unit per column, its key, and the carrier."""
    resting = stage.disjunction & (stage.widths > 1) & below.exact
    grain = 1 if below.exact else grain_of(below.weight)
    resolution = grain * below.weight
    signs = stage.signs.astype(np.int64) * np.where(resting, -1, 1)[stage.column_of_literal]
    weights = _weights(stage, below, signs * grain)
    # As multiples of the resolution: what inverted inputs add, and the sum at which a unit bends.
    added = np.bincount(
        stage.column_of_literal, signs * below.inverted[stage.literals], len(stage)
    ).astype(np.int64)
    begins = np.where(resting, -1, stage.needed - 1)
    bias = (added - begins) * resolution
    # A copy, for its columns are sorted and those of the stage must stay as they are.
    compress = sp.csr_array(
        ((signs * grain).astype(np.int16), stage.literals, stage.offsets),
        shape=(len(stage), stage.inputs),
        copy=True,
    )
    compress.sum_duplicates()
    above = basis_carrier(len(stage), resting if below.exact else None)
    key = _key(stage, above, compress, resolution)
    if below.exact:
        return Layer(weights, bias.astype(np.int32), 1.0), key, above
    cap = 1 << int(np.log2(2 * _MARGIN * resolution))
    bias = np.rint((added - stage.needed + 1 - _MIDDLE) * resolution + cap / 2)
    return Layer(weights, bias.astype(np.int32), 1 / cap, Clip(cap)), key, above


def _key(stage: Stage, above: Carrier, compress: sp.csr_array, resolution: int) -> LayerKey:
    """Return the key of W = C D, where C has the literals of every column with their signs."""
    return wire_key(
        above.units,
        stage.wires,
        above.positions,
        above.inverted,
        compression=compress,
        resolution=resolution,
    )


def _weights(stage: Stage, below: Carrier, values: NDArray[np.int64]) -> sp.csr_array:
    """Return the weights: each literal spread over its units, negated where these are inverted."""
    flipped = np.where(below.inverted[stage.literals], -values, values)
    rows = np.repeat(stage.column_of_literal, below.weight)
    columns = below.positions[stage.literals].ravel()
    entries = np.repeat(flipped, below.weight)
    shape = (len(stage), below.units)
    weights = sp.coo_array((entries, (rows, columns)), shape=shape).tocsr()
    weights.sum_duplicates()
    weights.eliminate_zeros()
    weights.sort_indices()
    narrow = np.int8 if np.abs(weights.data).max(initial=0) <= 127 else np.int16
    return sp.csr_array((weights.data.astype(narrow), weights.indices, weights.indptr), shape=shape)
