"""The output channel: all inputs are light; every gate has a random code, its inputs drive it.

A neuron that serves a gate of inputs a and b is driven by a and by b. An input drives the codes of
all gates that read it, so one that many gates read would drive nearly every neuron: that is why
heavy inputs go through other channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.compiler.constructions.adler_shavit.random_sets import random_sets
from polyseme.compiler.schedule.stages import Stage


@dataclass(frozen=True, eq=False)
class Placement:
    """The gates of a region on its neurons, which are numbered from 0.

    `codes` int32 (gates, weight) are the neurons of each gate, rising. `reads` int16
    (neurons, inputs) is the region's part of C, with entries -1, 0 and 1.
    """

    codes: NDArray[np.int32]
    reads: sp.csr_array


def place(stage: Stage, width: int, weight: int, generator: np.random.Generator) -> Placement:
    """Return the gates of a stage on so many neurons, with codes of so many each."""
    return driven(stage, random_sets(len(stage), width, weight, generator), width)


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
