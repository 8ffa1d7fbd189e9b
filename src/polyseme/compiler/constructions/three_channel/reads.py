"""Pass 5: what each neuron should read of each feature, before any interference."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.placement import Placement
from polyseme.compiler.constructions.three_channel.regions import Region


def wanted_reads(
    placements: list[Placement], terms: Terms, neurons: int, active: int
) -> sp.csr_array:
    """What each neuron should read of each feature: +1, -1, or the owner's weight.

    Float32 (neurons, features). A feature read by several terms of a neuron counts once; one read
    both plain and negated counts nothing.
    """
    rows, columns, values = [], [], []
    for placement in placements:
        for row, column, value in _placement_reads(placement, terms):
            rows.append(row)
            columns.append(column)
            values.append(value)
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    wanted = sp.coo_array(entries, shape=(neurons, terms.features)).tocsr()
    wanted.sum_duplicates()
    wanted.data = np.sign(wanted.data).astype(np.float32)
    wanted.eliminate_zeros()
    return _with_owners(wanted, placements, active)


Entries = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def _placement_reads(placement: Placement, terms: Terms) -> list[Entries]:
    region = placement.region
    if placement.feature_neurons is not None:
        feature, neuron = placement.feature_neurons
        return [(neuron, feature, np.ones(len(neuron), np.int64))]
    picked = terms.select(region.terms)
    rest = picked.literals != region.owner
    term, literal = picked.term_of_literal[rest], picked.literals[rest].astype(np.int64)
    sign = picked.signs[rest].astype(np.int64)
    entries = []
    for neuron in placement.term_neurons.T:
        entries.append((neuron[term].astype(np.int64), literal, sign))
    return entries


def owner_weight(region: Region, active: int) -> int:
    """How hard an owner works its pool: enough to keep it shut whatever else is on."""
    return max(region.needed + 1, active)


def _with_owners(wanted: sp.csr_array, placements: list[Placement], active: int) -> sp.csr_array:
    pools = [placement for placement in placements if placement.region.owner >= 0]
    if not pools:
        return wanted
    rows = np.concatenate([np.arange(p.begin, p.begin + p.width) for p in pools])
    columns = np.concatenate([np.full(p.width, p.region.owner) for p in pools])
    weights = [owner_weight(p.region, active) * p.region.owner_sign for p in pools]
    values = np.repeat(np.array(weights, np.float32), [p.width for p in pools])
    owners = sp.coo_array((values, (rows, columns)), shape=wanted.shape).tocsr()
    return (wanted + owners).tocsr()
