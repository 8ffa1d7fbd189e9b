"""The factored form of a shallow circuit: each output is an OR of groups of terms.

A *group* has a *factor*, an AND of literals or of none, its *members*, which are literals, and a
number `least`. It is on when its factor is satisfied and at least so many members are. Every term
is in one group, and no group spans two outputs. There are two kinds:

- *counted*: no factor; the terms are all sets of `least` members. With `least` 1 this is an OR of
  single literals, with as many as there are members an AND, and between the two a threshold.
- *factored*: `least` is 1; the terms are the factor and one member each, at least two of them. In a
  table of facts the factor is a relation, and the members are the subjects with one object.

A term may fit into several factored groups, one for each of its literals. It goes to the largest,
and then, several times over, to the one that most terms have gone to, so that groups become few.
How few there could be is a problem of covering (in a circuit of pairs: a vertex cover), which
nothing solves at this size. All steps are sorts and sums over arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.equal_rows import equal_rows, row_hashes, scattered
from polyseme.circuits.terms import Terms
from polyseme.common.ragged import row_numbers, row_offsets, select_rows

# Rounds in which terms gather in fewer groups, at most; they end when no term moves.
_ROUNDS = 8
# No circuit has so many terms. From 32 of 64 things on there are more sets than that.
_MANY = 2**31
_MOST_STEPS = 32


@dataclass(frozen=True, eq=False)
class LiteralRows:
    """Rows of literals, and how many of each are plain and negated.

    Row r has the literals offsets[r] to offsets[r + 1] - 1. Shapes: `offsets` int64 (rows + 1,);
    `features` int32 and `signs` int8 (+1 plain, -1 negated), both (literals,); `plain` and
    `negated` int64 (rows,).
    """

    offsets: NDArray[np.int64]
    features: NDArray[np.int32]
    signs: NDArray[np.int8]
    plain: NDArray[np.int64]
    negated: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Factored:
    """The groups of a circuit's terms, in the order of their first terms.

    Shapes: `group` int64 (terms,) is the group of each term, and `first` int64 (groups,) the first
    term of each group; `output` int32 and `least` int64 (groups,); `factors` and `members` have one
    row per group, the features of each rising.
    """

    features: int
    group: NDArray[np.int64]
    first: NDArray[np.int64]
    output: NDArray[np.int32]
    least: NDArray[np.int64]
    factors: LiteralRows
    members: LiteralRows

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.output)


# By the identity of the terms; an entry goes when its terms do.
_FORMS: WeakKeyDictionary[Terms, Factored] = WeakKeyDictionary()


def factored(terms: Terms) -> Factored:
    """Return the groups of terms; found once per `Terms`."""
    form = _FORMS.get(terms)
    if form is None:
        form = _FORMS[terms] = _grouped(terms)
    return form


@dataclass(frozen=True, eq=False)
class _TermSets:
    """Distinct terms as sets: `codes` int64 are 2 feature + (1 if negated), rising in each term."""

    output: NDArray[np.int64]
    offsets: NDArray[np.int64]
    codes: NDArray[np.int64]

    @property
    def widths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)

    def select(self, chosen: NDArray[np.int64]) -> _TermSets:
        offsets, places = select_rows(self.offsets, chosen)
        return _TermSets(self.output[chosen], offsets, self.codes[places])


def _grouped(terms: Terms) -> Factored:
    codes = 2 * terms.literals.astype(np.int64) + (terms.signs < 0)
    span = 2 * terms.features
    # Sorted as one number each, which is much faster than sorting pairs.
    codes = np.sort(terms.term_of_literal * span + codes) % span
    every = _TermSets(terms.output.astype(np.int64), terms.offsets, codes)
    same = equal_rows(every.output, every.offsets, every.codes)
    distinct = np.flatnonzero(same == np.arange(len(terms)))
    sets = every.select(distinct)
    first, member = _groups_of(sets)
    groups = np.flatnonzero(first == np.arange(len(distinct)))
    group = np.searchsorted(groups, first)
    term, place = row_numbers(sets.widths), np.arange(len(sets.codes))
    is_member = (member[term] < 0) | (member[term] == place)
    is_factor = ~is_member & (first[term] == term)
    return Factored(
        terms.features,
        group[np.searchsorted(distinct, same)],
        distinct[groups],
        terms.output[distinct[groups]],
        np.where(member[groups] < 0, sets.widths[groups], 1),
        _rows(group[term[is_factor]], sets.codes[is_factor], len(groups)),
        _rows(group[term[is_member]], sets.codes[is_member], len(groups)),
    )


def _rows(row: NDArray[np.int64], codes: NDArray[np.int64], rows: int) -> LiteralRows:
    """Return the distinct codes of every row, rising."""
    span = int(codes.max(initial=0)) + 1
    pairs = _distinct(row * span + codes)
    row, codes = np.divmod(pairs, span)
    features, is_negated = np.divmod(codes, 2)
    widths = np.bincount(row, minlength=rows)
    negated = np.bincount(row[is_negated == 1], minlength=rows)
    signs = (1 - 2 * is_negated).astype(np.int8)
    return LiteralRows(
        row_offsets(widths), features.astype(np.int32), signs, widths - negated, negated
    )


def _distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    rising = np.sort(numbers)
    distinct: NDArray[np.int64] = rising[np.append(True, np.diff(rising) > 0)[: len(rising)]]
    return distinct


def _groups_of(sets: _TermSets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first term of each term's group, and the place of its member; -1 if counted."""
    first, complete = _counted(sets)
    member = np.full(len(first), -1)
    rest = np.flatnonzero(~complete)
    first[rest] = rest
    if len(rest):
        others = sets.select(rest)
        chosen = _members(others)
        leader = _first_with_factor(others, chosen)
        several = np.bincount(leader, minlength=len(rest))[leader] > 1
        first[rest[several]] = rest[leader[several]]
        # From places among the literals of the rest to places among those of all.
        within = chosen - others.offsets[:-1]
        member[rest[several]] = (sets.offsets[rest] + within)[several]
    return first, member


def _counted(sets: _TermSets) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the first term of the same output and width, and whether such terms are all there are.

    They are all sets of so many of their literals if there are as many of them as of such sets.
    """
    widths = sets.widths
    alike = sets.output * (int(widths.max()) + 1) + widths
    _, first, number, terms = np.unique(
        alike, return_index=True, return_inverse=True, return_counts=True
    )
    span = int(sets.codes.max()) + 1
    literals = _distinct(np.repeat(number, widths) * span + sets.codes) // span
    complete = choices(np.bincount(literals), widths[first]) == terms
    return first[number], complete[number]


def choices(of: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of sets of `chosen` among `of` things, or a number above 2^31 if larger."""
    fewer = np.minimum(chosen, of - chosen)
    found = np.ones(len(of), np.int64)
    for step in range(1, min(int(fewer.max(initial=0)), _MOST_STEPS) + 1):
        larger = np.minimum(found, _MANY) * (of - fewer + step) // step
        found = np.where(step <= fewer, larger, found)
    return np.where(fewer > _MOST_STEPS, _MANY, found)


def _members(sets: _TermSets) -> NDArray[np.int64]:
    """Choose for each term the literal that is its member; the others are its factor.

    Factors are told apart by hashes, so that a long term does not have to be written down once per
    literal; `_first_with_factor` compares them.
    """
    hashes = scattered(sets.codes)
    whole = np.repeat(row_hashes(sets.output, sets.offsets, hashes), sets.widths)
    _, factor = np.unique(whole - hashes, return_inverse=True)
    sizes = np.bincount(factor)
    for _ in range(_ROUNDS):
        score = sizes[factor] * len(sizes) + factor
        best = np.maximum.reduceat(score, sets.offsets[:-1])
        gathered = np.bincount(best % len(sizes), minlength=len(sizes))
        if np.array_equal(gathered, sizes):
            break
        sizes = gathered
    is_best = score == np.repeat(best, sets.widths)
    places = np.where(is_best, np.arange(len(score)), -1)
    chosen: NDArray[np.int64] = np.maximum.reduceat(places, sets.offsets[:-1])
    return chosen


def _first_with_factor(sets: _TermSets, member: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first term of the same output and factor, the literals that are not the member."""
    kept = np.ones(len(sets.codes), bool)
    kept[member] = False
    return equal_rows(sets.output, row_offsets(sets.widths - 1), sets.codes[kept])
