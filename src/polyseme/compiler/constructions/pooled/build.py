"""Passes 4 to 6: from placed codewords to a network: reads, weights, bends, readout."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.least_noise.build import finest_resolution, in_steps
from polyseme.compiler.constructions.least_noise.calibrate import half_share
from polyseme.compiler.constructions.least_noise.codes import input_dimensions, input_words
from polyseme.compiler.constructions.least_noise.quiet_weights import quiet_weights
from polyseme.compiler.constructions.pooled.layout import layout_for
from polyseme.compiler.constructions.pooled.placement import Placement, place
from polyseme.compiler.constructions.pooled.pools import OPEN, Pools
from polyseme.compiler.parts.assembly import finished, off_lattice, readout_of
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.answer_key import AnswerKey, term_key
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import CHANNELS, reads_of
from polyseme.networks.network import Network

NAME = "pooled"
# Weight of the features' codes. Half of it leaves noise with tails that are heavier than Gaussian.
INPUT_WEIGHT = 32
# How far two members that are on without their owner stay below the bend of their unit.
_SHUT = 0.15
# Distance of the bend above the sum that lacks an input, in features. A deep bend silences noise;
# but where two members of a unit can be on beside its owner, the second adds all of its sum.
_BEND, _BEND_OF_SEVERAL, _BEND_OPEN = 0.65, 0.15, 0.0
# What an output reads when it is on, about; so large that weights round by less than a hundredth.
_FULL_READING = 60
_NOTE = "the hidden layer computes the gates, in pools of units that their heavier inputs open"


def build_pooled(pools: Pools, neurons: int) -> Network:
    """Build the network of pools with at most `neurons` ReLUs.

    Raises:
        TooFewNeuronsError: The codes do not fit on so few, or their dimensions are too few.
    """
    task, terms = pools.task, pools.task.terms
    placement = place(layout_for(pools, neurons), task.stream(Stream.OUTPUT_CODES))
    units = len(placement.pool)
    dimensions = input_dimensions(task, units)
    if dimensions < 2 * INPUT_WEIGHT:
        raise TooFewNeuronsError(f"{units} neurons are fewer than the {2 * INPUT_WEIGHT} it takes")
    inputs = input_words(terms.features, dimensions, INPUT_WEIGHT, task.stream(Stream.INPUT_CODE))
    wanted = wanted_reads(placement)
    quiet = quiet_weights(wanted, None, inputs)
    # Little of a member is left above the bend, so that rounding would tell.
    resolution = finest_resolution(quiet)
    weights = in_steps(quiet, resolution)
    level = _levels(placement, resolution)
    readout = _PlannedReadout.of(placement, level, resolution)
    network = finished(
        task,
        NAME,
        inputs,
        Layer(weights, -level, 1.0 / resolution),
        readout_of(task, readout.members, off_lattice(readout.full / 2, resolution)),
        "mixed",
        _key(placement, reads_of(weights, wanted, inputs), inputs, resolution),
        # What each output reads, and one share of a full reading.
        readout.members.nnz + 1,
        _NOTE,
    )
    half = readout.full * half_share(task, network, readout.full)
    thresholds = off_lattice(half, resolution)
    return replace(network, readout=readout_of(task, readout.members, thresholds))


def bend(task: Task) -> float:
    """Return the distance of the bend of owned units above what their owner alone adds."""
    return _BEND if task.active == 2 else _BEND_OF_SEVERAL


def owner_strength(task: Task) -> float:
    """Return how strongly units read their owner: two of their members alone do not open them.

    No more than that, since noise grows with the square of all that a unit reads.
    """
    return 2 - bend(task) + _SHUT


def wanted_reads(placement: Placement) -> sp.csr_array:
    """Return the strength at which units read owners and members, float32 (units, features)."""
    pools = placement.layout.pools
    inputs = pools.task.terms.literals.reshape(-1, 2)
    term = np.repeat(np.arange(len(inputs)), np.diff(placement.term_offsets))
    entry, side = np.nonzero(pools.driving[term])
    shape = (len(placement.pool), pools.task.terms.features)
    places = (placement.term_units[entry], inputs[term[entry], side])
    members = sp.coo_array((np.ones(len(entry), np.float32), places), shape=shape).tocsr()
    members.sum_duplicates()
    members.data[:] = 1
    owner = pools.owners[placement.pool]
    owned = np.flatnonzero(owner != OPEN)
    strengths = np.full(len(owned), owner_strength(pools.task), np.float32)
    wanted = members + sp.coo_array((strengths, (owned, owner[owned])), shape=shape).tocsr()
    wanted.sort_indices()
    return wanted


def _levels(placement: Placement, resolution: int) -> NDArray[np.int32]:
    """Return the sum at which each unit bends, in whole steps, int32 (units,)."""
    pools = placement.layout.pools
    owned = pools.owners != OPEN
    opened = owner_strength(pools.task) + bend(pools.task)
    level = np.where(owned, opened, 1 + _BEND_OPEN)
    return np.round(level * resolution).astype(np.int32)[placement.pool]


@dataclass(frozen=True, eq=False)
class _PlannedReadout:
    """The units that outputs read, int16 (outputs, units), and what each reads when on alone."""

    members: sp.csr_array
    full: NDArray[np.float64]

    @classmethod
    def of(cls, placement: Placement, level: NDArray[np.int32], resolution: int) -> _PlannedReadout:
        layout, pools = placement.layout, placement.layout.pools
        counts = np.diff(placement.word_offsets)
        first = placement.word_units[placement.word_offsets[:-1]]
        is_open = pools.owners[pools.pool] == OPEN
        sum_of_on = np.where(is_open, 2, 1 + owner_strength(pools.task))
        alone = sum_of_on - level[first] / resolution
        # A member drives all units of a code, and one unit of a word that has its own.
        driven = np.where(layout.own > 0, 1, counts)
        weight = np.round(_FULL_READING / (driven * alone))
        shape = (pools.task.terms.outputs, len(placement.pool))
        entries = (np.repeat(pools.output, counts), placement.word_units)
        values = np.repeat(weight, counts).astype(np.int16)
        members = sp.coo_array((values, entries), shape=shape).tocsr()
        members.sort_indices()
        words = np.bincount(pools.output, minlength=shape[0])
        return cls(members, np.bincount(pools.output, weight * driven * alone, shape[0]) / words)


def _key(
    placement: Placement, reads: sp.csr_array, inputs: SparseCode, resolution: int
) -> AnswerKey:
    pools = placement.layout.pools
    is_open = pools.owners[pools.pool[pools.word]] == OPEN
    channels = np.where(is_open, CHANNELS.index("output"), CHANNELS.index("mixed"))
    return term_key(
        pools.task.circuit,
        inputs,
        len(placement.pool),
        placement.term_offsets,
        placement.term_units,
        channels.astype(np.uint8),
        reads=reads,
        resolution=resolution,
    )
