"""The units of every layer that should be on in samples: those of the columns that are on."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from polyseme.compiler.schedule.scheduling import Carry, make_placements
from polyseme.compiler.schedule.stages import Stage
from polyseme.errors import OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.layer_key import LayerKey


def stages_of(key: AnswerKey) -> tuple[Stage, ...]:
    """Return the stages of which a network has the layers.

    The circuit is scheduled anew, in each of the ways that layers in superposition are; the one
    whose columns are those of the key is it. Raises OptionError if none is.
    """
    placements = make_placements(key.circuit)
    for carry, few_columns in ((Carry.GATES, False), (Carry.RESIDUAL, True)):
        stages = placements.schedule(carry, few_columns).stages
        if [stage.wires.tolist() for stage in stages] == [
            held.wires.tolist() for held in key.layers
        ]:
            return stages
    raise OptionError(
        f"{key.circuit.name}: no schedule of the circuit has the layers of this network"
    )


def columns_on(stage: Stage, below: sp.csr_array) -> sp.csr_array:
    """Return the columns of a stage that are on, bool (samples, columns).

    `below` bool (samples, inputs) has the columns that are on below. A negated literal that is on
    outweighs all plain ones of its gate.
    """
    weights = np.where(stage.signs > 0, 1, -stage.widths[stage.column_of_literal]).astype(np.int32)
    gates = sp.csr_array(
        (weights, stage.literals, stage.offsets), shape=(len(stage), stage.inputs), copy=True
    )
    sums = (below.astype(np.int32) @ gates.T.tocsr()).tocsr()
    return _positive(sums, sums.data >= stage.needed[sums.indices])


def units_wanted(held: LayerKey, on: sp.csr_array) -> sp.csr_array:
    """Return the units that should be on, bool (samples, width), for the columns that are on."""
    units = (on.astype(np.int32) @ held.hosts().T.astype(np.int32).tocsr()).tocsr()
    return _positive(units, units.data > 0)


def _positive(sums: sp.csr_array, positive: np.ndarray) -> sp.csr_array:
    """Return where entries are `positive`, as a matrix that stores no others."""
    found = sp.csr_array((positive, sums.indices, sums.indptr), shape=sums.shape, copy=True)
    found.eliminate_zeros()
    found.sort_indices()
    return found
