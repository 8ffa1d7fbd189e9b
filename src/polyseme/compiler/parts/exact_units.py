"""The ReLUs that compute the groups of a factored circuit exactly, over basis-aligned inputs.

Write S for the number of a group's members that are on, k for its `least`, and A for the sum of its
factor's literals minus their number, plus one; a negated literal counts as 1 - x. A is 1 where the
factor is satisfied and at most 0 elsewhere; without a factor it is 1. The group is on where A = 1
and S >= k. These read it as exactly 0 or 1, on every input of at most s features:

- *plain*, without a factor, if S is never more than k: ReLU(S - k + 1);
- *shut*, with a factor (k = 1), if S is at most 1 whenever A = 1: ReLU(S - 2 (1 - A)). There are at
  least two members. So all are plain, since a negated one is on beside another, and s is at most
  one more than the factor's plain literals. Let o of those be off and g of its negated features on.
  Then 1 - A = o + g, and at most 1 + o - g features are left to be members. So S - 2 (1 - A) is at
  most 1 - o - 3 g, which is at most 0 where A < 1;
- *inverted*, an OR of literals: 1 - ReLU(1 - S);
- *threshold*: ReLU(S - k + 1) - ReLU(S - k);
- *saturating*, with a factor (k = 1): ReLU(A) - ReLU(A - S). Where A = 1 that is 1 - max(1 - S, 0).
  Elsewhere both are 0, since S >= 0. ReLU(A) is the same for all groups of one factor, and they
  share it.

ReLUs that would be equal, of whatever outputs, are one. No group takes more ReLUs than it has
terms, for a threshold has at least three and a group with a factor two. Weights are at most 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.equal_rows import equal_rows
from polyseme.circuits.factoring import Factored, LiteralRows, factored
from polyseme.circuits.terms import Terms
from polyseme.common.ragged import select_rows

# The ReLUs of each kind of group: of `factor` A + `members` S + `constant` + `least` k, times
# `sign`. Columns in that order.
_PLAIN, _SHUT, _INVERTED, _THRESHOLD, _SATURATING = range(5)
_RELUS = np.array((
    (0, 1, 1, -1, 1),
    (2, 1, -2, 0, 1),
    (0, -1, 1, 0, -1),
    (0, 1, 1, -1, 1), (0, 1, 0, -1, -1),
    (1, 0, 0, 0, 1), (1, -1, 0, 0, -1),
))  # fmt: skip
_BEGINS, _COUNTS = np.array((0, 1, 2, 3, 5)), np.array((1, 1, 1, 2, 2))


@dataclass(frozen=True, eq=False)
class ExactUnits:
    """Units over basis-aligned inputs, and what outputs read of them.

    Attributes:
        neurons: Number of ReLUs, one per unit.
        weights: int16 (units, features), sparse: the weights of every unit.
        bias: int32 (units,).
        reads: int32 (outputs, units), sparse: the weight with which each output reads each unit.
            `resting` and the units so weighted add up to the number of the output's groups that are
            on. An entry may be 0, where two groups need a unit with opposite signs.
        resting: int64 (outputs,): 1 for an output with an inverted group, else 0.
        served: Boolean (terms, units), sparse: the units of the group of every term.
    """

    neurons: int
    weights: sp.csr_array
    bias: NDArray[np.int32]
    reads: sp.csr_array
    resting: NDArray[np.int64]
    served: sp.csr_array


# By the identity of the terms, and by the promise; an entry goes when its terms do.
_FOUND: WeakKeyDictionary[Terms, dict[int, ExactUnits]] = WeakKeyDictionary()


def exact_units(terms: Terms, active: int) -> ExactUnits:
    """Return the units for terms of which `active` features can satisfy each; found once."""
    found = _FOUND.setdefault(terms, {})
    if active not in found:
        found[active] = _units(terms, active)
    return found[active]


def _units(terms: Terms, active: int) -> ExactUnits:
    form = factored(terms)
    kinds = _kinds(form, active)
    # Groups that need fewer features on come first, and ORs of literals last among their equals.
    order = np.lexsort((terms.widths[form.first] == 1, terms.plain[form.first]))
    group = np.repeat(order, _COUNTS[kinds[order]])
    is_second = np.append(False, group[1:] == group[:-1])
    relus = _RELUS[_BEGINS[kinds[group]] + is_second]
    weights, bias = _sums(form, group, relus)
    same = equal_rows(bias, weights.indptr.astype(np.int64), _codes(weights))
    kept = np.flatnonzero(same == np.arange(len(same)))
    unit = np.searchsorted(kept, same)
    output = form.output[group].astype(np.int64)
    of_group = _summed(np.ones_like(unit), group, unit, (len(kinds), len(kept)))
    return ExactUnits(
        len(kept),
        weights[kept].astype(np.int16),
        bias[kept].astype(np.int32),
        _summed(relus[:, -1], output, unit, (terms.outputs, len(kept))),
        np.bincount(form.output[kinds == _INVERTED], minlength=terms.outputs),
        of_group.astype(bool)[form.group],
    )


def _codes(weights: sp.csr_array) -> NDArray[np.int64]:
    """Return a number of 0 or more per entry, which tells its feature and its weight of -2 to 2."""
    return np.asarray(5 * weights.indices.astype(np.int64) + weights.data + 2)


def _kinds(form: Factored, active: int) -> NDArray[np.int64]:
    """Return the number of the kind of every group."""
    room = active - form.factors.plain
    at_most = np.minimum(form.members.plain, room) + form.members.negated
    has_factor = np.diff(form.factors.offsets) > 0
    several = np.where(has_factor, _SATURATING, np.where(form.least > 1, _THRESHOLD, _INVERTED))
    return np.where(at_most > form.least, several, np.where(has_factor, _SHUT, _PLAIN))


def _sums(
    form: Factored, group: NDArray[np.int64], relus: NDArray[np.int64]
) -> tuple[sp.csr_array, NDArray[np.int64]]:
    """Return the weights, int32 (ReLUs, features), and the bias of the ReLUs of groups."""
    factor, members, constant, least, _ = relus.T
    pieces = (
        _entries(form.factors, group, factor),
        _entries(form.members, group, members),
    )
    rows, columns, values = (np.concatenate(piece) for piece in zip(*pieces, strict=True))
    bias = factor * (1 - form.factors.plain[group]) + members * form.members.negated[group]
    bias += constant + least * form.least[group]
    shape = (len(group), form.features)
    return _summed(values, rows, columns, shape), bias


def _entries(
    literals: LiteralRows, group: NDArray[np.int64], times: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return entries of the literals of groups, times a number each: rows, features, values."""
    read = np.flatnonzero(times)
    offsets, places = select_rows(literals.offsets, group[read])
    row = np.repeat(read, np.diff(offsets))
    return row, literals.features[places].astype(np.int64), times[row] * literals.signs[places]


def _summed(
    values: NDArray[np.int64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    shape: tuple[int, int],
) -> sp.csr_array:
    """Return a sparse matrix of int32 whose columns rise in each row, zeros kept."""
    matrix = sp.coo_array((values.astype(np.int32), (rows, columns)), shape=shape).tocsr()
    matrix.sum_duplicates()
    return matrix
