"""The loss of readings and its slope, beside a slow evaluation and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.learning.refinement.readings.cases import Cases, cases_of
from polyseme.learning.refinement.readings.loss_kernel import loss_of_gates

FEATURES, UNITS, WEIGHT = 14, 9, 3
LIMITS = np.array([0.1, 0.05, 0.03], np.float32)
WEIGHTS = np.array([2.5, 2.0], np.float32)
OFFSET, GAIN = np.float32(-0.2), np.float32(0.4)


@pytest.fixture
def cases() -> Cases:
    draw = np.random.default_rng(3)
    gates = np.array([draw.choice(FEATURES, 2, replace=False) for _ in range(10)], np.int32)
    units = np.array([draw.choice(UNITS, WEIGHT, replace=False) for _ in range(10)], np.int32)
    return cases_of(gates, units, FEATURES, UNITS, draw)


@pytest.fixture
def reads() -> np.ndarray:
    return np.random.default_rng(4).normal(0, 0.6, (UNITS, FEATURES)).astype(np.float32)


BIAS = np.full(UNITS, -0.5, np.float32)
SHIFTS = np.random.default_rng(5).integers(1, FEATURES, (10, 2)).astype(np.int32)


def turned(reads):
    return np.ascontiguousarray(reads.T)


def evaluated(cases, reads, stride, phase):
    """The kernel's loss and slope, of all gates."""
    slope = np.zeros_like(reads)
    found = loss_of_gates(
        0, len(cases.gates), reads, turned(reads), BIAS, cases.gates, cases.units, cases.partners,
        SHIFTS, cases.offsets, cases.sharers, stride, phase, LIMITS, WEIGHTS, OFFSET, GAIN, slope,
    )  # fmt: skip
    return found, slope


def slow_inputs(cases, stride, phase):
    """Every case: the gate that is read, the features on, the limits, and the weight."""
    on, off, pair = map(float, LIMITS)
    for gate, (one, other) in enumerate(cases.gates.tolist()):
        for third in range(FEATURES):
            if third not in (one, other):
                yield gate, (one, other, third), 1 - on, 1 + on, 1.0
        for single, partner in zip((one, other), cases.partners[gate].tolist(), strict=True):
            for third in range(FEATURES):
                if partner >= 0 and third not in (one, other, partner):
                    yield gate, (single, partner, third), -np.inf, off, 1.0
        for single, shift in zip((one, other), SHIFTS[gate].tolist(), strict=True):
            for first in range(FEATURES):
                second = (first + shift) % FEATURES
                if not {first, second} & {one, other}:
                    yield gate, (single, first, second), -np.inf, pair, float(WEIGHTS[0])
        mine = set(cases.units[gate].tolist())
        sharers = [
            rival
            for rival in range(len(cases.gates))
            if rival != gate and mine & set(cases.units[rival].tolist())
        ]
        for rival in sharers[(phase + gate) % stride :: stride]:
            if not set(cases.gates[rival].tolist()) & {one, other}:
                for stranger in cases.gates[rival].tolist():
                    yield rival, (one, other, stranger), -np.inf, off, float(WEIGHTS[1])


def slow_loss(cases, reads, stride=2, phase=0):
    loss = 0.0
    for gate, features, lowest, highest, weight in slow_inputs(cases, stride, phase):
        units = cases.units[gate]
        sums = reads[units][:, list(features)].astype(float).sum(axis=1) + BIAS[units]
        reading = float(OFFSET) + float(GAIN) * np.maximum(sums, 0).sum()
        loss += weight * (max(reading - highest, 0) + max(lowest - reading, 0)) ** 2
    return loss


@pytest.mark.parametrize(("stride", "phase"), [(1, 0), (2, 0), (2, 1)])
def test_the_loss_is_that_of_every_case_by_itself(cases, reads, stride, phase):
    found, _ = evaluated(cases, reads, stride, phase)
    assert found > 1
    assert found == pytest.approx(slow_loss(cases, reads, stride, phase), rel=1e-4)


def test_the_slope_is_that_of_finite_differences(cases, reads):
    """Own entries are left out: W moves only where own reads do not change."""
    _, slope = evaluated(cases, reads, 2, 1)
    own = np.zeros(reads.shape, bool)
    for gate, units in enumerate(cases.units):
        own[np.ix_(units, cases.gates[gate])] = True
    checked = 0
    for unit, feature in np.argwhere(~own):
        moved = np.repeat(reads[None].astype(float), 2, axis=0)
        moved[:, unit, feature] += (1e-5, -1e-5)
        rise = (slow_loss(cases, moved[0], 2, 1) - slow_loss(cases, moved[1], 2, 1)) / 2e-5
        assert slope[unit, feature] == pytest.approx(rise, rel=1e-3, abs=1e-3)
        checked += bool(rise)
    assert checked > 40


def test_pieces_add_up_to_the_whole(cases, reads):
    whole, slope = evaluated(cases, reads, 2, 0)
    parts, added = 0.0, np.zeros_like(reads)
    for first, last in ((0, 3), (3, 3), (3, 10)):
        parts += loss_of_gates(
            first, last, reads, turned(reads), BIAS, cases.gates, cases.units, cases.partners,
            SHIFTS, cases.offsets, cases.sharers, 2, 0, LIMITS, WEIGHTS, OFFSET, GAIN, added,
        )  # fmt: skip
    assert parts == pytest.approx(whole)
    assert added == pytest.approx(slope, rel=1e-4, abs=1e-5)


def test_features_are_read_alike_whatever_the_block(cases, reads):
    """A copy of every feature, far away, adds the same squares in the cases of one third."""
    copies = 90
    wide = np.tile(reads, (1, copies))
    narrow_limits = np.array([0.1, 0.05, 1e9], np.float32)
    alone = Cases(cases.gates, cases.units, cases.partners, np.zeros(11, np.int64), cases.sharers)

    def of_thirds(held):
        return loss_of_gates(
            0, 10, held, turned(held), BIAS, alone.gates, alone.units, alone.partners, SHIFTS,
            alone.offsets, alone.sharers, 2, 0, narrow_limits, WEIGHTS, OFFSET, GAIN,
            np.zeros_like(held),
        )  # fmt: skip

    # A gate's own features count as thirds in the copies, so one copy more adds always the same.
    two, three, many = (of_thirds(np.tile(reads, (1, times))) for times in (2, 3, copies))
    assert wide.shape[1] > 2 * 512
    assert many == pytest.approx(two + (copies - 2) * (three - two), rel=1e-4)


def test_partners_are_other_inputs_of_another_gate():
    draw = np.random.default_rng(0)
    gates = np.array([[0, 1], [1, 2], [2, 3], [4, 5], [1, 6]], np.int32)
    units = np.arange(5, dtype=np.int32)[:, None]
    seen = set()
    for _ in range(60):
        partners = cases_of(gates, units, 7, 5, draw).partners
        seen |= {tuple(row) for row in partners.tolist()}
        assert partners[3].tolist() == [-1, -1]
        assert partners[0, 0] == -1
        assert partners[2].tolist() == [1, -1]
        assert partners[0, 1] in (2, 6)
        assert partners[1, 0] in (0, 6)
        assert partners[4].tolist() in ([0, -1], [2, -1])
    # Every other gate of a feature is met.
    assert {(-1, 2), (-1, 6), (0, 3), (6, 3), (0, -1), (2, -1)} <= seen


def test_sharers_are_the_gates_on_a_common_unit():
    gates = np.array([[0, 1], [2, 3], [4, 5]], np.int32)
    units = np.array([[0, 1], [1, 2], [3, 4]], np.int32)
    cases = cases_of(gates, units, 6, 5, np.random.default_rng(0))
    assert cases.offsets.tolist() == [0, 1, 2, 2]
    assert cases.sharers.tolist() == [1, 0]
