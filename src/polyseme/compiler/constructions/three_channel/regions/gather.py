"""Pass 2: gather terms into regions, each of the kind that its terms need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.channels import Assignment, Channel
from polyseme.compiler.constructions.three_channel.regions.code import Code
from polyseme.compiler.constructions.three_channel.regions.pools import Pools
from polyseme.compiler.constructions.three_channel.regions.region import Region
from polyseme.compiler.constructions.three_channel.regions.shared_inputs import SharedInputs
from polyseme.compiler.constructions.three_channel.regions.territory import (
    TERRITORY_TERMS,
    Territory,
)

Kind = type[Region]
Pieces = list[tuple[Kind, NDArray[np.int64]]]


def gather_regions(
    terms: Terms, assignment: Assignment, territory_terms: int | None = TERRITORY_TERMS
) -> list[Region]:
    """Group terms by channel, owner and needed inputs, and split off territories.

    Outputs with more than `territory_terms` terms of one literal get a territory; if it is None, no
    output does. Longer terms of one output cannot share a code, so for them the limit is fixed.
    """
    owned = assignment.owner >= 0
    needed = terms.plain - (owned & (assignment.owner_sign > 0))
    # Terms of one literal may share codes, so they are grouped apart from longer ones.
    single = terms.widths - owned == 1
    pooled = assignment.pool >= 0
    columns = [
        column.astype(np.int64)
        for column in (
            assignment.channel, assignment.owner, assignment.owner_sign, needed, pooled, single
        )
    ]  # fmt: skip
    _, first, group = np.unique(_packed(columns), return_index=True, return_inverse=True)
    regions: list[Region] = []
    for number, one in enumerate(first.tolist()):
        channel, owner, sign, need, in_pools, alike = (int(column[one]) for column in columns)
        most = TERRITORY_TERMS if territory_terms is not None and not alike else territory_terms
        chosen = np.flatnonzero(group == number)
        for kind, part in _pieces(terms, chosen, Channel(channel), bool(in_pools), most):
            reads = terms.widths[part] - (owner >= 0)
            codeword = _codewords(kind, terms, part, reads)
            pool = [assignment.pool[part]] if in_pools else []
            regions.append(kind(part, codeword, need, int(reads.sum()), owner, sign, *pool))
    return regions


def _pieces(
    terms: Terms, chosen: NDArray[np.int64], channel: Channel, in_pools: bool, most: int | None
) -> Pieces:
    """Choose kinds of region for the terms of a group; outputs of many terms get territories."""
    if in_pools:
        return [(Pools, chosen)]
    if channel == Channel.INPUT:
        return [(SharedInputs, chosen)]
    if most is None:
        return [(Code, chosen)]
    crowd = np.bincount(terms.output[chosen], minlength=terms.outputs)
    crowded = crowd[terms.output[chosen]] > most
    pieces: Pieces = [(Code, chosen[~crowded]), (Territory, chosen[crowded])]
    return [(kind, part) for kind, part in pieces if len(part)]


def _packed(columns: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return one number per row; the numbers sort as the rows do."""
    packed = np.zeros_like(columns[0])
    for column in columns:
        digit = column - column.min()
        packed = packed * (digit.max() + 1) + digit
    return packed


def _codewords(
    kind: Kind, terms: Terms, part: NDArray[np.int64], reads: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the number of the codeword of each term, int64 (terms,)."""
    if kind.codeword_per_output or bool(np.all(reads == 1)):
        # Terms of one literal that feed one output share a codeword: their OR is their sum.
        return np.unique(terms.output[part], return_inverse=True)[1]
    return np.arange(len(part))
