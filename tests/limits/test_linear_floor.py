"""Floors of linear layers against matrices that reach them, and against simulated noise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from polyseme.circuits import problems
from polyseme.limits.ands import Ands, ands_of
from polyseme.limits.linear_floor import (
    drawn_code_variance,
    linear_floor,
    rank_variance,
    share_failing,
)
from support.gates import AND, OR, XOR, over


def reads_wanted(features: int, inputs: int) -> NDArray[np.float64]:
    """Which output reads which feature; as many outputs, and all influences are alike."""
    gates = problems.k_and(features, features, inputs).fan_in.reshape(features, inputs)
    wanted = np.zeros((features, features))
    wanted[np.arange(features)[:, None], gates] = 1
    return wanted


def tight_frame(vectors: int, places: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Rows of orthogonal columns, their squared lengths 1 on average, (vectors, places)."""
    basis = np.linalg.qr(generator.standard_normal((vectors, places)))[0]
    return basis * np.sqrt(vectors / places)


@pytest.mark.parametrize(("features", "inputs", "neurons"), [(60, 2, 24), (60, 2, 40), (50, 3, 30)])
def test_no_weights_between_drawn_codes_make_less_noise(
    features: int, inputs: int, neurons: int
) -> None:
    generator = np.random.default_rng(neurons)
    wanted = reads_wanted(features, inputs)
    own = np.argwhere(wanted)
    outputs, codes = (tight_frame(features, neurons, generator) for _ in range(2))
    # The weights of least norm with all own reads 1, which between tight frames make least noise.
    rows = (outputs[own[:, 0], :, None] * codes[own[:, 1], None, :]).reshape(len(own), -1)
    weights = np.linalg.lstsq(rows, np.ones(len(own)), rcond=None)[0].reshape(neurons, neurons)
    reads = outputs @ weights @ codes.T
    assert np.allclose(reads[wanted > 0], 1)
    seen = (reads[wanted == 0] ** 2).mean()
    floor = drawn_code_variance(Ands(inputs, features, features, inputs), neurons)
    assert seen == pytest.approx(floor, rel=0.12)


def test_own_reads_need_weights() -> None:
    assert drawn_code_variance(Ands(2, 50, 50, 2), 10) == np.inf
    assert np.isfinite(drawn_code_variance(Ands(2, 50, 50, 2), 11))
    assert drawn_code_variance(Ands(2, 50, 50, 2), 50) == pytest.approx(0.0017, abs=1e-4)


@pytest.mark.parametrize("neurons", [5, 20, 45])
def test_for_permutations_the_rank_bound_is_that_of_welch(neurons: int) -> None:
    found = rank_variance(Ands(1, 50, 50, 1), neurons)
    assert found == pytest.approx((50 - neurons) / (neurons * 49))
    # A tight frame with codes of equal length reaches it.
    angles = 2 * np.pi * np.outer(np.arange(50), np.arange(1, 11)) / 50
    frame = np.concatenate((np.cos(angles), np.sin(angles)), axis=1) / np.sqrt(10)
    gram = frame @ frame.T
    off = (gram**2).sum() - 50
    assert off / (50 * 49) == pytest.approx(rank_variance(Ands(1, 50, 50, 1), 20))


@pytest.mark.parametrize(("inputs", "rank"), [(2, 3), (2, 12), (3, 6)])
def test_no_reads_of_a_low_rank_are_smaller(inputs: int, rank: int) -> None:
    features = 40
    wanted = reads_wanted(features, inputs)
    left, values, right = np.linalg.svd(wanted)
    # Of all matrices of the rank, this one has the largest inner product for its norm.
    best = (left[:, :rank] * values[:rank]) @ right[:rank]
    best *= wanted.sum() / (best * wanted).sum()
    squares = (best**2).sum()
    foreign = features * (features - inputs)
    bound = rank_variance(Ands(inputs, features, features, inputs), rank)
    assert bound * foreign + wanted.sum() <= squares * (1 + 1e-9)
    # It is not far: with singular values twice as large it would say four times less.
    assert bound * foreign + wanted.sum() > squares / 3


def simulated(ands: Ands, active: int, variance: float, draws: int) -> float:
    """Least share of satisfied inputs that fail, over thresholds, with noise drawn."""
    generator = np.random.default_rng(0)
    rivals = round(active * ands.influence - ands.inputs)

    def noise(foreign: int, count: int) -> NDArray[np.float64]:
        return generator.standard_normal((draws, count)) * np.sqrt(foreign * variance)

    on = ands.inputs + noise(active - ands.inputs, 1)[:, 0]
    highest = (1 + noise(active - 1, rivals)).max(axis=1)
    rest = noise(active, ands.outputs - rivals - 1).max(axis=1)
    off = np.maximum(highest, rest)
    return min(float(np.mean((on < t) | (off >= t))) for t in np.linspace(1.2, 1.9, 36))


@pytest.mark.parametrize("variance", [0.02, 0.03])
def test_the_share_that_fails_is_that_of_drawn_noise(variance: float) -> None:
    ands = Ands(2, 200, 200, 2)
    assert share_failing(ands, 3, variance) == pytest.approx(
        simulated(ands, 3, variance, 40_000), rel=0.15
    )


def test_no_noise_fails_nowhere_and_endless_noise_everywhere() -> None:
    ands = Ands(2, 200, 200, 2)
    assert share_failing(ands, 3, 0.0) == 0
    assert share_failing(ands, 3, np.inf) == 1


@pytest.mark.parametrize("drawn", [True, False])
def test_the_floor_is_the_first_size_that_is_enough(drawn: bool) -> None:
    ands = Ands(2, 1000, 1000, 2)
    floor = linear_floor(ands, 3, 1e-3, readout_is_drawn=drawn)
    variance = drawn_code_variance if drawn else rank_variance
    assert share_failing(ands, 3, variance(ands, floor)) <= 1e-3
    assert share_failing(ands, 3, variance(ands, floor - 1)) > 1e-3
    assert linear_floor(ands, 4, 1e-3, readout_is_drawn=drawn) > floor
    assert linear_floor(ands, 3, 1e-2, readout_is_drawn=drawn) < floor


@pytest.mark.parametrize(
    ("ands", "active", "found"),
    [
        (Ands(2, 1000, 1000, 2), 3, 432),
        (Ands(2, 10_000, 10_000, 2), 3, 1296),
        (Ands(2, 100_000, 100_000, 2), 3, 4048),
        (Ands(1, 10_000, 10_000, 1), 3, 1472),
        (Ands(4, 5000, 5000, 4), 6, 1552),
    ],
)
def test_the_linear_networks_that_were_found_are_near_their_floor(
    ands: Ands, active: int, found: int
) -> None:
    floor = linear_floor(ands, active, 1e-3, readout_is_drawn=True)
    assert 0.8 * found < floor < found
    assert linear_floor(ands, active, 1e-3, readout_is_drawn=False) < floor / 4


def test_what_circuits_are_ands() -> None:
    assert ands_of(problems.k_and(30, 40, 3)) == Ands(3, 30, 40, 4)
    assert ands_of(problems.permutation(30)) == Ands(1, 30, 30, 1)
    for other in (
        over(4, [(AND, (0, 1)), (OR, (2, 3))]),
        over(4, [(AND, (0, 1)), (AND, (1, 2, 3))]),
        over(4, [(XOR, (0, 1))]),
        problems.layered(16, 2),
    ):
        assert ands_of(other) is None
