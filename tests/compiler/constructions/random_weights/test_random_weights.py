"""Constructions of random weights: universal AND, products of signs, and their bounds on tails."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from polyseme.circuits import problems
from polyseme.circuits.circuit import build_circuit
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.random_weights import sign_products
from polyseme.compiler.constructions.random_weights.tails import chance_over, chance_under, sums_of
from polyseme.networks.run import LayerRunner, encode
from support.basic_constructions import AND, built, quick, task_of


def test_universal_and_reads_what_its_features_share() -> None:
    task = task_of(problems.universal_and(10), 2, 1e-2)
    network = built(CATALOGUE["universal-and"], task)
    on_neuron = network.layers[0].weights.astype(bool)
    for output, (first, second) in enumerate(combinations(range(10), 2)):
        run = slice(*network.readout.offsets[output : output + 2])
        shared = np.flatnonzero(on_neuron[:, first] & on_neuron[:, second])
        np.testing.assert_array_equal(network.readout.neurons[run], shared)


def test_universal_and_of_few_neurons_leaves_out_pairs_that_never_meet() -> None:
    task = task_of(problems.universal_and(12), 2, 1e-2)
    network = CATALOGUE["universal-and"].candidate(task).build(20)
    alone = np.diff(network.readout.offsets) == 0
    assert alone.any()
    assert np.isinf(network.readout.thresholds[alone]).all()
    assert np.isfinite(network.readout.thresholds[~alone]).all()


def test_the_density_is_near_a_quarter_of_the_promise_and_does_not_shrink() -> None:
    from polyseme.compiler.constructions.random_weights.universal_and import _best_density

    for active in (2, 3):
        densities = []
        for features in (20, 300):
            task = task_of(problems.pairwise_and(features, features), active, 1e-2, "basis")
            size = CATALOGUE["universal-and"].candidate(task).declared.neurons
            densities.append(_best_density(task, size).chance)
        assert 1 / (4 * active) <= min(densities) <= max(densities) <= 1 / (2 * active)
        assert max(densities) - min(densities) <= 2 / 64


@pytest.mark.parametrize("active", [2, 3, 4, 6])
def test_moments_of_signs_are_those_of_all_sign_patterns(active: int) -> None:
    patterns = np.array(list(product([-1, 1], repeat=active)))
    hidden = np.maximum(patterns.sum(axis=1), 0)
    moments = sign_products.rademacher_moments(active)
    assert moments.unit == pytest.approx((patterns[:, 0] * patterns[:, 1] * hidden).mean())
    assert moments.mean == pytest.approx(hidden.mean())
    assert moments.variance == pytest.approx(hidden.var())


@pytest.mark.parametrize("active", [2, 3, 5])
def test_moments_of_gaussian_weights_are_those_of_samples(active: int) -> None:
    weights = np.random.default_rng(1).standard_normal((400_000, active))
    hidden = np.maximum(weights.sum(axis=1), 0)
    signed = np.sign(weights[:, 0] * weights[:, 1]) * hidden
    moments = sign_products.gaussian_moments(active)
    # Five standard errors of each sample mean.
    slack = 5 / np.sqrt(len(weights))
    assert moments.unit == pytest.approx(signed.mean(), abs=slack * signed.std())
    assert moments.mean == pytest.approx(hidden.mean(), abs=slack * hidden.std())
    assert moments.variance == pytest.approx(hidden.var(), rel=0.02)


def centred_readings(
    name: str, neurons: int, active: int, on: int, draws: int
) -> NDArray[np.float64]:
    """Readings over draws, in units of a true gate's and free of the offset, of three outputs.

    `on` features are on; the outputs have both inputs on, one, and none.
    """
    circuit = build_circuit(
        [f"x{i}" for i in range(9)], [(AND, [0, 1]), (AND, [0, 8]), (AND, [7, 8])], [9, 10, 11]
    )
    row = np.arange(on, dtype=np.int32)[None]
    unit = sign_products.rademacher_moments(active).unit
    if name == "gaussian-products":
        unit = sign_products.gaussian_moments(active).unit
    readings = []
    for seed in range(draws):
        network = CATALOGUE[name].candidate(task_of(circuit, active, seed=seed)).build(neurons)
        runner = LayerRunner(network)
        reading = runner.readings(runner.hidden(encode(network, row), True))[:, 0]
        # Thresholds lie half a unit above the offset.
        readings.append((reading - network.readout.thresholds) / (unit * neurons) + 0.5)
    return np.array(readings)


@pytest.mark.parametrize("name", ["gaussian-products", "rademacher-products"])
@pytest.mark.parametrize("active", [2, 3])
def test_readings_are_unbiased_and_their_error_falls_as_one_over_root_n(
    name: str, active: int
) -> None:
    few, many = (centred_readings(name, size, active, active, 160) for size in (64, 1024))
    for readings in (few, many):
        error = readings.std(axis=0) / np.sqrt(len(readings))
        # Weights of 32 are rounded to odd numbers, and thresholds to half units.
        assert (np.abs(readings.mean(axis=0) - [1, 0, 0]) <= 4 * error + 0.02).all()
    # Sixteen times the neurons, a quarter of the error; 160 draws know each deviation to 6 %.
    ratio = few[:, 1:].std(axis=0) / many[:, 1:].std(axis=0)
    np.testing.assert_allclose(ratio, 4, rtol=0.3)


@pytest.mark.parametrize("name", ["gaussian-products", "rademacher-products"])
def test_the_unit_depends_on_how_many_are_on(name: str) -> None:
    at_promise, fewer, more = (
        centred_readings(name, 1600, 4, on, 40).mean(axis=0) for on in (4, 2, 8)
    )
    assert fewer[0] > 1.2 > at_promise[0] > 0.9 > more[0]


@quick
@given(
    st.integers(-2, 2),
    st.integers(0, 3),
    st.floats(0.02, 0.6),
    st.integers(1, 8),
    st.floats(0.1, 2.5),
)
def test_bounds_hold_for_every_exact_tail(
    level: int, others: int, chance: float, neurons: int, threshold: float
) -> None:
    values = np.maximum(level + np.arange(others + 1), 0)
    single = np.zeros(int(values.max()) + 1)
    np.add.at(single, values, binom.pmf(np.arange(others + 1), others, chance))
    sums = np.ones(1)
    for _ in range(neurons):
        sums = np.convolve(sums, single)
    means = np.arange(len(sums)) / neurons
    bound = sums_of(level, others, chance)
    slack = 1 + 1e-9
    assert sums[means >= threshold].sum() <= chance_over(bound, threshold, neurons) * slack + 1e-12
    assert sums[means <= threshold].sum() <= chance_under(bound, threshold, neurons) * slack + 1e-12


@pytest.mark.parametrize("share", [1.0, 0.3])
@pytest.mark.parametrize("shared", [0.0, 0.3])
def test_bounds_hold_for_noise_and_are_not_wide(shared: float, share: float) -> None:
    generator = np.random.default_rng(2)
    draws, neurons, noise, level, threshold = 40_000, 30, 0.7, 0.0, 0.55
    sums = sums_of(level, 1, 0.2, noise, shared)
    member = generator.random((draws, neurons)) < share
    values = level + (generator.random((draws, neurons)) < 0.2)
    values = values + noise * generator.standard_normal((draws, neurons))
    hidden = np.maximum(values + shared * generator.standard_normal((draws, 1)), 0)
    assert sums.mean() == pytest.approx(hidden.mean(), abs=0.01)
    over = ((hidden - threshold) * member).sum(axis=1) >= 0
    bound = chance_over(sums, threshold, neurons, share)
    assert over.mean() <= bound <= 20 * over.mean()
    under = ((hidden - 0.2) * member).sum(axis=1) <= 0
    bound = chance_under(sums, 0.2, neurons, share)
    assert under.mean() <= bound <= 20 * under.mean()
