"""Deep random circuits in which activity neither dies out nor spreads, however deep they are.

Each level has as many gates as there are features and reads only the level before. Every wire has
one *carrying* edge into the next level (an OR's input, the plain input of an AND_NOT, an
identity's), so a wire that is on keeps some gate of the next level on. Three wires of four also
have one *testing* edge (an AND's input or the negated input of an AND_NOT).

If gates read wires at random, two inputs of an AND would hardly ever be on together, and the ANDs
would do nothing. So features are dealt into groups, all groups are followed through the levels as
these are drawn, and half of the ANDs read wires that some group has on together. Each such AND
switches one more wire on. For balance, as many wires are merged by an OR of two wires of one group
or shut off by an AND_NOT of them. The other ORs take first the wires that no group switches on,
each beside some other wire; otherwise they would merge wires of groups, and activity would die out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import GateKind
from polyseme.common.ragged import row_offsets

Generator = np.random.Generator
Integers = NDArray[np.int64]

# Of the wires that groups lose for balance, one in so many is shut off by an AND_NOT, and the
# others are merged by ORs.
_SHUT_EVERY = 4
# A group that loses wires for balance keeps at least so many, because an AND needs two.
_FEWEST = 2


@dataclass(frozen=True, eq=False)
class _Level:
    """One level: `kinds` uint8 (width,), and `reads` int64 (width, 2), wires of the level before.

    Gates of one input have -1 as their second.
    """

    kinds: NDArray[np.uint8]
    reads: Integers


def deal_groups(width: int, active: int, generator: Generator) -> Integers:
    """Deal features into groups of `active`, (groups, active); a remainder is in no group."""
    groups = width // active
    return generator.permutation(width)[: groups * active].reshape(groups, active)


def draw_layers(
    width: int, depth: int, active: int, generator: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int32]]:
    """Draw the gates of a layered circuit as a `Circuit` holds them: kinds, offsets and fan-in.

    `width` features (at least 8) are followed by `depth` levels of `width` gates, a quarter each of
    AND, OR and AND_NOT, the others identities. Groups of `active` features (at most `width`) keep
    about `active` wires on at every level. The groups are those that `deal_groups` draws from a
    generator in the same state.
    """
    dealt = deal_groups(width, active, generator)
    groups = len(dealt)
    # Wires that are on are kept as sorted numbers group * width + wire.
    on = np.sort((np.arange(groups)[:, None] * width + dealt).ravel())
    kinds = np.empty((depth, width), np.uint8)
    reads = np.empty((depth, width, 2), np.int32)
    for number in range(depth):
        level = _draw_level(on, width, groups, active, generator)
        kinds[number] = level.kinds
        reads[number] = np.where(level.reads < 0, -1, level.reads + number * width)
        on = _next_on(on, level)
    flat = reads.reshape(-1, 2)
    widths = (flat >= 0).sum(axis=1)
    return kinds.ravel(), row_offsets(widths), flat[flat >= 0]


def _draw_level(on: Integers, width: int, groups: int, active: int, generator: Generator) -> _Level:
    quarter = width // 4
    counts = np.bincount(on // width, minlength=groups)
    fired = _grow(on, width, counts, quarter // 2, generator)
    counts += np.bincount(fired[:, 0], minlength=groups)
    surplus = int(counts.sum()) - groups * active
    lost = _shrink(on, width, counts, min(max(surplus, 0), quarter), generator)
    merged, shut = _merge_or_shut(lost, fired[:, 1:])
    ors, plain, carried = _carry(on % width, width, merged, shut, generator)
    ands, negated = _test(width, fired[:, 1:], shut, generator)
    return _shuffled(ands, ors, np.stack((plain, _apart(plain, negated)), 1), carried, generator)


def _pairs(on: Integers, width: int, generator: Generator) -> tuple[Integers, Integers]:
    """Draw disjoint pairs of wires that a group has on together.

    Returns the group and the two wires, (pairs, 3), and the number of the pair within its group,
    (pairs,).
    """
    mixed = generator.permutation(on)
    # A wire that several groups have on is given to one of them.
    _, first = np.unique(mixed % width, return_index=True)
    mixed = mixed[np.sort(first)]
    mixed = mixed[np.argsort(mixed // width, kind="stable")]
    group, wire = np.divmod(mixed, width)
    place = np.arange(len(group)) - np.searchsorted(group, group)
    begin = np.flatnonzero((place[:-1] % 2 == 0) & (group[1:] == group[:-1]))
    return np.stack((group[begin], wire[begin], wire[begin + 1]), 1), place[begin] // 2


def _grow(on: Integers, width: int, counts: Integers, most: int, generator: Generator) -> Integers:
    """Draw at most `most` pairs for ANDs, (pairs, 3), first from groups with few wires on."""
    pairs, place = _pairs(on, width, generator)
    rank = counts[pairs[:, 0]] + place + 2 * generator.random(len(pairs))
    return pairs[np.argsort(rank, kind="stable")[:most]]


def _shrink(
    on: Integers, width: int, counts: Integers, most: int, generator: Generator
) -> Integers:
    """Draw at most `most` pairs to become one wire, first from groups with many wires on."""
    pairs, place = _pairs(on, width, generator)
    left = counts[pairs[:, 0]] - place - 1
    pairs, left = pairs[left >= _FEWEST], left[left >= _FEWEST]
    rank = left + 2 * generator.random(len(pairs))
    return pairs[np.argsort(-rank, kind="stable")[:most]]


def _merge_or_shut(lost: Integers, tested: Integers) -> tuple[Integers, Integers]:
    """Split pairs into those that an OR merges and those that an AND_NOT shuts, (pairs, 2) each."""
    # A wire has only one testing edge, so one that an AND reads cannot be negated.
    shut = (np.arange(len(lost)) % _SHUT_EVERY == 0) & ~np.isin(lost[:, 2], tested)
    return lost[~shut, 1:], lost[shut, 1:]


def _carry(
    on: Integers, width: int, merged: Integers, shut: Integers, generator: Generator
) -> tuple[Integers, Integers, Integers]:
    """Deal each wire to one carrying edge; return ORs (quarter, 2), plain inputs and identities."""
    quarter = width // 4
    free = np.ones(width, bool)
    free[merged] = False
    free[shut[:, 0]] = False
    alive = np.zeros(width, bool)
    alive[on] = True
    rest = generator.permutation(np.flatnonzero(free))
    rest = rest[np.argsort(alive[rest], kind="stable")]
    more = quarter - len(merged)
    second, rest = rest[:more], generator.permutation(rest[more:])
    first, plain, carried = np.split(rest, [more, more + quarter - len(shut)])
    ors = np.concatenate((merged, np.stack((first, second), 1)))
    return ors, np.concatenate((shut[:, 0], plain)), carried


def _test(
    width: int, fired: Integers, shut: Integers, generator: Generator
) -> tuple[Integers, Integers]:
    """Deal wires to testing edges, none to two; return ANDs (quarter, 2) and negated inputs."""
    quarter = width // 4
    free = np.ones(width, bool)
    free[fired] = False
    free[shut[:, 1]] = False
    rest = generator.permutation(np.flatnonzero(free))
    more = 2 * (quarter - len(fired))
    ands = np.concatenate((fired, rest[:more].reshape(-1, 2)))
    negated = rest[more : more + quarter - len(shut)]
    return ands, np.concatenate((shut[:, 1], negated))


def _apart(plain: Integers, negated: Integers) -> Integers:
    """Exchange negated inputs until none equals its gate's plain one; each list has no repeats."""
    same = np.flatnonzero(plain == negated)
    if len(same) == 1:
        same = np.append(same, (same + 1) % len(plain))
    result = negated.copy()
    # Plain inputs are distinct, so the plain input of one gate is not that of the next, and one
    # rotation is enough.
    result[same] = np.roll(negated[same], 1)
    return result


def _shuffled(
    ands: Integers, ors: Integers, and_nots: Integers, carried: Integers, generator: Generator
) -> _Level:
    identities = np.stack((carried, np.full_like(carried, -1)), 1)
    parts = {
        GateKind.AND: ands,
        GateKind.OR: ors,
        GateKind.AND_NOT: and_nots,
        GateKind.IDENTITY: identities,
    }
    kinds = np.repeat(np.array(list(parts), np.uint8), [len(part) for part in parts.values()])
    order = generator.permutation(len(kinds))
    return _Level(kinds[order], np.concatenate(list(parts.values()))[order])


def _next_on(on: Integers, level: _Level) -> Integers:
    """Return the wires that each group has on at the next level, as the same sorted numbers."""
    width = len(level.kinds)
    gates = np.arange(width)
    first, second = level.reads.T
    is_and, negates = level.kinds == GateKind.AND, level.kinds == GateKind.AND_NOT
    is_or = level.kinds == GateKind.OR
    carried_to, and_of = np.empty(width, np.int64), np.full(width, -1)
    carried_to[first[~is_and]] = gates[~is_and]
    carried_to[second[is_or]] = gates[is_or]
    and_of[first[is_and]] = gates[is_and]
    group, wire = np.divmod(on, width)
    gate = carried_to[wire]
    carried = ~negates[gate] | ~_among(group * width + second[gate], on)
    fires = and_of[wire] >= 0
    fires[fires] = _among((group * width + second[and_of[wire]])[fires], on)
    return np.unique(
        np.concatenate(((group * width + gate)[carried], (group * width + and_of[wire])[fires]))
    )


def _among(keys: Integers, known: Integers) -> NDArray[np.bool_]:
    """Return True for each key that is among the sorted `known`, bool of the same shape."""
    if not len(known):
        return np.zeros(len(keys), bool)
    found: NDArray[np.bool_] = (
        known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
    )
    return found
