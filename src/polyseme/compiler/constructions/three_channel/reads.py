"""Pass 5: choose the weight with which each neuron should read each feature."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.regions.region import Placement


def wanted_reads(
    placements: list[Placement], terms: Terms, neurons: int, active: int
) -> sp.csr_array:
    """Return the weight of each feature at each neuron: +1, -1, or the owner's weight.

    The result is float32 (neurons, features). A feature that several terms of a neuron read counts
    once. A feature that is read both plain and negated has weight 0.
    """
    rows, columns, values = [], [], []
    for placement in placements:
        for row, column, value in placement.wanted_reads(terms):
            rows.append(row)
            columns.append(column)
            values.append(value)
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    wanted = sp.coo_array(entries, shape=(neurons, terms.features)).tocsr()
    wanted.sum_duplicates()
    wanted.data = np.sign(wanted.data).astype(np.float32)
    wanted.eliminate_zeros()
    return _with_owners(wanted, placements, active)


def _with_owners(wanted: sp.csr_array, placements: list[Placement], active: int) -> sp.csr_array:
    pools = [placement for placement in placements if placement.region.owner >= 0]
    if not pools:
        return wanted
    rows = np.concatenate([np.arange(p.begin, p.begin + p.width) for p in pools])
    columns = np.concatenate([np.full(p.width, p.region.owner) for p in pools])
    weights = [p.region.owner_weight(active) * p.region.owner_sign for p in pools]
    values = np.repeat(np.array(weights, np.float32), [p.width for p in pools])
    owners = sp.coo_array((values, (rows, columns)), shape=wanted.shape).tocsr()
    return (wanted + owners).tocsr()
