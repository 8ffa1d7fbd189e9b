"""Pass 1: choose for every term the channel through which its inputs reach its neurons.

A feature that few terms read (light) can drive the codes of all its terms. A feature that many
terms read (heavy) would then drive nearly every neuron. Adler and Shavit, *On the Complexity of
Neural Computation in Superposition* (2024), separate the two by influence, near the fourth root of
the number of terms. So does this pass:

- all literals light: the **output** channel, in which the term has a random code;
- several literals, all heavy and plain: the **input** channel, in which the term has the neurons
  that its features share;
- otherwise the **mixed** channel: the heaviest literal owns a pool of neurons, and the other
  literals drive codes inside the pool. A large pool is exclusive: its neurons fire only while its
  owner is on (or, for a negated owner, off), and its terms need one input less. Smaller pools
  overlap at random.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.common.distinct import distinct

# A heavy literal with fewer terms than this gets no pool and counts as light.
MIN_POOL_TERMS = 16
# A pool of at least this many terms has neurons that serve nothing else.
EXCLUSIVE_POOL_TERMS = 1000
# A smaller pool has such neurons too if its terms share their outputs, as those of a relation do:
# such an output needs a territory, which an overlapping pool cannot contain.
MIN_SHARED_POOL_TERMS = 64
SHARED_OUTPUTS = 0.75
# Universal AND needs a region of its own; with fewer terms than this, pools take fewer neurons.
MIN_INPUT_TERMS = 1000
# A feature that owns more than one in this many of all terms gets input dimensions of its own.
TOO_HEAVY_SHARE = 32
# With more terms per feature than this, giving each feature a dimension of its own costs little.
BASIS_TERMS_PER_FEATURE = 8


class Channel(IntEnum):
    """The way a term's inputs reach its neurons; OWN is a neuron for it alone.

    No term of a network in superposition is of the last kind."""

    OUTPUT = 0
    INPUT = 1
    MIXED = 2
    OWN = 3


@dataclass(frozen=True, eq=False)
class Assignment:
    """The channel, owner and pool chosen for each term, all of shape (terms,).

    `owner` int32 is the feature that owns the term's exclusive pool. `owner_sign` int8 is +1 if the
    owner opens the pool by being on, and -1 if by being off. `pool` int32 is the feature whose
    overlapping pool the term is in. Terms without an owner or pool have -1 (and sign 0).
    """

    channel: NDArray[np.uint8]
    owner: NDArray[np.int32]
    owner_sign: NDArray[np.int8]
    pool: NDArray[np.int32]


def assign_channels(terms: Terms) -> Assignment:
    """Choose a channel for every term by the influence of its literals."""
    heavy = terms.influence > heavy_limit(len(terms))
    heavy_literal = heavy[terms.literals]
    term = terms.term_of_literal
    heavies = np.bincount(term, heavy_literal, len(terms)).astype(np.int64)
    several = terms.widths >= 2
    all_plain = terms.plain == terms.widths
    shared = several & all_plain & (heavies == terms.widths)
    if shared.sum() < MIN_INPUT_TERMS:
        shared[:] = False
    owner, owner_sign = _heaviest_literal(terms)
    owned = several & (heavies > 0) & ~shared
    owned &= (owner_sign > 0) | (terms.plain > 0)
    owned &= (terms.plain - (owner_sign > 0)) > 0
    sizes, outputs = _pool_sizes(terms, owner, owner_sign, owned)
    shared_outputs = (sizes >= MIN_SHARED_POOL_TERMS) & (outputs < SHARED_OUTPUTS * sizes)
    exclusive = (sizes >= EXCLUSIVE_POOL_TERMS) | shared_outputs
    pooled = ~exclusive & (sizes >= MIN_POOL_TERMS) & (owner_sign > 0)
    channel = np.full(len(terms), Channel.OUTPUT, np.uint8)
    channel[shared] = Channel.INPUT
    channel[exclusive | pooled] = Channel.MIXED
    return Assignment(
        channel,
        np.where(exclusive, owner, -1).astype(np.int32),
        np.where(exclusive, owner_sign, 0).astype(np.int8),
        np.where(pooled, owner, -1).astype(np.int32),
    )


def one_channel(terms: Terms, channel: Channel) -> Assignment:
    """Return an assignment of all terms to one channel, with no owners and no pools."""
    none = np.full(len(terms), -1, np.int32)
    every = np.full(len(terms), channel, np.uint8)
    return Assignment(every, none, np.zeros(len(terms), np.int8), none)


def overlapping_pools(terms: Terms) -> Assignment:
    """Return an assignment of all terms to overlapping pools of their heaviest literals."""
    owner, _ = _heaviest_literal(terms)
    return replace(one_channel(terms, Channel.MIXED), pool=owner)


def too_heavy(terms: Terms, assignment: Assignment) -> NDArray[np.int32]:
    """Return the features that own too many terms to share dimensions, heaviest first."""
    owned = np.bincount(assignment.owner[assignment.owner >= 0], minlength=terms.features)
    heaviest = np.argsort(-owned, kind="stable")
    return heaviest[owned[heaviest] * TOO_HEAVY_SHARE > len(terms)].astype(np.int32)


def heavy_limit(terms: int) -> float:
    """Return the influence above which a feature is heavy: twice the fourth root of the terms."""
    return float(max(8.0, 2.0 * terms**0.25))


def _heaviest_literal(terms: Terms) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Return each term's literal of largest influence (the first such) and its sign."""
    weight = terms.influence[terms.literals]
    order = np.lexsort((terms.literals, -weight, terms.term_of_literal))
    first = order[terms.offsets[:-1]]
    return terms.literals[first], terms.signs[first]


def _pool_sizes(
    terms: Terms,
    owner: NDArray[np.int32],
    owner_sign: NDArray[np.int8],
    owned: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each owned term the terms and outputs that its pool would hold; 0 for others."""
    sizes, outputs = np.zeros(len(terms), np.int64), np.zeros(len(terms), np.int64)
    key = 2 * owner[owned].astype(np.int64) + (owner_sign[owned] > 0)
    _, pool, counts = np.unique(key, return_inverse=True, return_counts=True)
    fed = distinct(pool * np.int64(terms.outputs) + terms.output[owned]) // terms.outputs
    sizes[owned] = counts[pool]
    outputs[owned] = np.bincount(fed, minlength=len(counts))[pool]
    return sizes, outputs
