"""Pass 3: the codes of a region's gates, and what its neurons read, whichever channel it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.compiler.constructions.adler_shavit.random_sets import sets_within
from polyseme.compiler.schedule.stages import Stage

_BLOCK_ENTRIES = 8_000_000


@dataclass(frozen=True, eq=False)
class Placement:
    """The gates of a region on its neurons, which are numbered from 0.

    `codes` int32 (gates, weight) are the neurons of each gate, rising. `reads` int16
    (neurons, inputs) is the region's part of C, with entries -1, 0 and 1.
    """

    codes: NDArray[np.int32]
    reads: sp.csr_array


def driven(
    stage: Stage, codes: NDArray[np.int32], width: int, sets: tuple[NDArray[np.int64], ...] = ()
) -> Placement:
    """Return the placement in which every input of a gate drives all neurons of its code.

    `sets`, if given, are neurons and inputs, (2 arrays of equal length): each such input also
    drives such a neuron. An input that several gates of a neuron read counts once; one that is read
    both plain and negated does not count.
    """
    codes_of_literals = codes[stage.column_of_literal]
    rows = [codes_of_literals.ravel().astype(np.int64)]
    columns = [np.repeat(stage.literals.astype(np.int64), codes.shape[1])]
    values = [np.repeat(stage.signs.astype(np.int16), codes.shape[1])]
    if sets:
        rows.append(sets[0])
        columns.append(sets[1])
        values.append(np.ones(len(sets[0]), np.int16))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    reads = sp.coo_array(entries, shape=(width, stage.inputs)).tocsr()
    reads.sum_duplicates()
    reads.data = np.sign(reads.data).astype(np.int16)
    reads.eliminate_zeros()
    return Placement(codes, reads)


def in_shared_sets(
    stage: Stage,
    heavy: NDArray[np.bool_],
    density: NDArray[np.float64],
    width: int,
    weight: int,
    generator: np.random.Generator,
) -> Placement:
    """Draw a set for every heavy input, and each gate's code from what its inputs' sets share.

    All gates are ANDs of equally many plain inputs. `density` (inputs,) is the share of the
    neurons that the set of an input takes. A heavy input drives its whole set, a light one the
    codes of its gates. If the sets of a gate share fewer neurons than a code has, the code gets the
    others at random, and all inputs of the gate drive those too.
    """
    numbers = np.unique(stage.literals[heavy[stage.literals]])
    sizes = np.ceil(density[numbers] * width).astype(np.int64)
    members = np.zeros((len(numbers), width), bool)
    for row, size in enumerate(sizes.tolist()):
        members[row, generator.permutation(width)[:size]] = True
    row_of = np.zeros(stage.inputs, np.int64)
    row_of[numbers] = np.arange(len(numbers))
    inputs = stage.literals.reshape(len(stage), -1)
    codes = np.empty((len(stage), weight), np.int32)
    rows = max(1, _BLOCK_ENTRIES // width)
    for begin in range(0, len(stage), rows):
        some = inputs[begin : begin + rows]
        shared = np.ones((len(some), width), bool)
        for read in some.T:
            shared &= members[row_of[read]] | ~heavy[read][:, None]
        codes[begin : begin + rows] = sets_within(shared, weight, generator)
    row_of_pair, neuron = members.nonzero()
    return driven(stage, codes, width, (neuron, numbers[row_of_pair].astype(np.int64)))
