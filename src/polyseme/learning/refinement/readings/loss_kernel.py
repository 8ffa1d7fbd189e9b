"""The loss of readings and its slope, for a run of gates: plain loops, compiled by numba.

All reads are float32 (units, features). Features that are on beside the fixed ones are taken in
blocks, so that the rows of a gate's units stay in the cache.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.readings.machine_code import compiled

Floats = NDArray[np.float32]
Wholes = NDArray[np.int32]

_BLOCK = 512
# Places of the limits: the distance of a gate that is on from 1, the height of one that is off, and
# of one that is off with a single input on; and of the weights of the last and of sharers.
ON, OFF, PAIR = 0, 1, 2
NONE = -1


@compiled
def _read(
    reads: Floats,
    units: Wholes,
    base: Floats,
    begin: int,
    further: int,
    count: int,
    offset: np.float32,
    gain: np.float32,
    readings: Floats,
) -> None:
    """Read a gate with features `begin`, `begin` + 1, ... on beside those that make up `base`.

    Features from `further` on are on as well, unless `further` is negative.
    """
    zero = np.float32(0)
    readings[:count] = offset
    for number in range(len(units)):
        # Slices, whose places are never negative, are what becomes vector instructions.
        low, row = base[number], reads[units[number], begin : begin + count]
        if further < 0:
            for place in range(count):
                readings[place] += gain * max(low + row[place], zero)
        else:
            other = reads[units[number], further : further + count]
            for place in range(count):
                readings[place] += gain * max(low + row[place] + other[place], zero)


@compiled
def _collect(
    reads: Floats,
    units: Wholes,
    base: Floats,
    begin: int,
    further: int,
    count: int,
    readings: Floats,
    lowest: np.float32,
    highest: np.float32,
    barred: Wholes,
    weight: np.float32,
    gain: np.float32,
    slope: Floats,
) -> float:
    """Add the squares of readings beyond their limits, and the slopes along the reads."""
    loss = 0.0
    partner = barred[2]
    for place in range(count):
        reading = readings[place]
        if reading > highest:
            over = reading - highest
        elif reading < lowest:
            over = reading - lowest
        else:
            continue
        one = begin + place
        other = further + place if further >= 0 else NONE
        if one == barred[0] or one == barred[1] or one == partner:
            continue
        if other >= 0 and (other == barred[0] or other == barred[1]):
            continue
        loss += weight * over * over
        push = np.float32(2) * weight * gain * over
        for number in range(len(units)):
            unit = units[number]
            total = base[number] + reads[unit, one]
            if other >= 0:
                total += reads[unit, other]
            if total > 0:
                slope[unit, one] += push
                if other >= 0:
                    slope[unit, other] += push
                if partner >= 0:
                    slope[unit, partner] += push
    return loss


@compiled
def _of_sharer(
    turned: Floats,
    bias: Floats,
    units: Wholes,
    own: Wholes,
    stranger: int,
    offset: np.float32,
    gain: np.float32,
    highest: np.float32,
    weight: np.float32,
    slope: Floats,
) -> float:
    """Add the reading of a gate while another, whose inputs are `own`, is on with a stranger."""
    one, other, third = turned[own[0]], turned[own[1]], turned[stranger]
    reading = offset
    for number in range(len(units)):
        unit = units[number]
        total = bias[unit] + one[unit] + other[unit] + third[unit]
        reading += gain * max(total, np.float32(0))
    if reading <= highest:
        return 0.0
    over = reading - highest
    push = np.float32(2) * weight * gain * over
    for number in range(len(units)):
        unit = units[number]
        if bias[unit] + one[unit] + other[unit] + third[unit] > 0:
            slope[unit, own[0]] += push
            slope[unit, own[1]] += push
            slope[unit, stranger] += push
    return float(weight * over * over)


@compiled
def loss_of_gates(
    first: int,
    last: int,
    reads: Floats,
    turned: Floats,
    bias: Floats,
    gates: Wholes,
    units: Wholes,
    partners: Wholes,
    shifts: Wholes,
    offsets: NDArray[np.int64],
    sharers: Wholes,
    stride: int,
    phase: int,
    limits: Floats,
    weights: Floats,
    offset: np.float32,
    gain: np.float32,
    slope: Floats,
) -> float:
    """Return the loss of gates `first` to `last`, and add its slope along the reads to `slope`.

    `turned` are the reads by feature and unit. `gates` are the inputs of every gate, `units` its
    units, `partners` for each of its inputs the other input of another gate (or -1). `limits` are
    those at ON, OFF and PAIR; `weights` those of PAIR cases and of sharers. Every `stride`-th
    sharer is looked at, from `phase` on.
    """
    features = reads.shape[1]
    one, never = np.float32(1), np.float32(-1e9)
    readings = np.empty(_BLOCK, np.float32)
    base = np.empty(units.shape[1], np.float32)
    barred = np.empty(3, np.int32)
    loss = 0.0
    for gate in range(first, last):
        mine = units[gate]
        barred[0], barred[1] = gates[gate, 0], gates[gate, 1]
        # The cases of one third feature: the gate on, and each input on with its partner.
        for case in range(3):
            single = gates[gate, 0] if case < 2 else gates[gate, 1]
            partner = gates[gate, 1] if case == 0 else partners[gate, case - 1]
            if partner < 0:
                continue
            barred[2] = NONE if case == 0 else partner
            low, high = (one - limits[ON], one + limits[ON]) if case == 0 else (never, limits[OFF])
            for number in range(len(mine)):
                unit = mine[number]
                base[number] = bias[unit] + reads[unit, single] + reads[unit, partner]
            for begin in range(0, features, _BLOCK):
                count = min(_BLOCK, features - begin)
                _read(reads, mine, base, begin, NONE, count, offset, gain, readings)
                loss += _collect(
                    reads,
                    mine,
                    base,
                    begin,
                    NONE,
                    count,
                    readings,
                    low,
                    high,
                    barred,
                    one,
                    gain,
                    slope,
                )
        # One input on, and two strangers: every feature with the one that is a shift away.
        barred[2] = NONE
        for which in range(2):
            for number in range(len(mine)):
                base[number] = bias[mine[number]] + reads[mine[number], gates[gate, which]]
            shift, begin = shifts[gate, which], 0
            while begin < features:
                count = min(_BLOCK, features - begin)
                if begin < features - shift:
                    count = min(count, features - shift - begin)
                    further = begin + shift
                else:
                    further = begin + shift - features
                _read(reads, mine, base, begin, further, count, offset, gain, readings)
                loss += _collect(
                    reads,
                    mine,
                    base,
                    begin,
                    further,
                    count,
                    readings,
                    never,
                    limits[PAIR],
                    barred,
                    weights[0],
                    gain,
                    slope,
                )
                begin += count
        for place in range(offsets[gate] + (phase + gate) % stride, offsets[gate + 1], stride):
            sharer = sharers[place]
            for which in range(2):
                stranger, rest = gates[sharer, which], gates[sharer, 1 - which]
                met = stranger == barred[0] or stranger == barred[1]
                if met or rest == barred[0] or rest == barred[1]:
                    continue
                loss += _of_sharer(
                    turned,
                    bias,
                    units[sharer],
                    gates[gate],
                    stranger,
                    offset,
                    gain,
                    limits[OFF],
                    weights[1],
                    slope,
                )
    return loss
