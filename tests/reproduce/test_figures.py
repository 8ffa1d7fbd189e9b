"""The figures recomputed, against slow evaluations of what they state."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.stats import norm

from polyseme.circuits.problems import pairwise_and
from polyseme.codes import progression_code
from polyseme.compiler.task import Task
from polyseme.errors import PolysemeError
from polyseme.reproduce import (
    ball_and_box,
    circuits_in_superposition,
    linear_floors,
    mathematical_models,
    reed_solomon,
    scaling,
    threshold_recovery,
    trained_universal_and,
)
from polyseme.reproduce.row import Row
from polyseme.reproduce.small_networks import superpose


def test_the_printed_ratios_and_ours_follow_the_law_of_the_tied_readout() -> None:
    seen = linear_floors.tied_ratio(20, 4, 60, np.random.default_rng(0))
    assert seen.mean == pytest.approx(79 / 60, abs=4 * seen.deviation / 60**0.5)
    for dimensions, by_load in linear_floors.PUBLISHED.items():
        for load, printed in by_load.items():
            features = load * dimensions
            law = (features - 1) / (features - dimensions)
            assert printed == pytest.approx(law, rel=0.03)


def test_the_law_of_the_reads_is_that_of_whole_codes() -> None:
    law = threshold_recovery.recovery_chance(40, 2, 4000, np.random.default_rng(1))
    shares = threshold_recovery.simulated_recovery(40, 2, 60, 40, np.random.default_rng(2))
    spread = np.std(shares) / len(shares) ** 0.5
    slack = 4 * (law.error**2 + spread**2) ** 0.5
    assert np.mean(shares) == pytest.approx(law.chance, abs=slack)
    assert law.by_largest > law.chance


def test_the_law_of_largest_reads_is_that_of_whole_codes() -> None:
    law = threshold_recovery.recovery_chance(16, 2, 4000, np.random.default_rng(9))
    generator = np.random.default_rng(10)
    right = 0
    for _ in range(3000):
        codes = generator.standard_normal((256, 16))
        codes /= np.linalg.norm(codes, axis=1, keepdims=True)
        reads = codes @ codes[:2].sum(axis=0)
        right += bool(reads[:2].min() > reads[2:].max())
    assert 0.05 < right / 3000 < 0.95
    assert right / 3000 == pytest.approx(law.by_largest, abs=0.04)


@pytest.mark.parametrize(
    ("chances", "answers"),
    [
        ([1, 1, 0.1], [2]),
        ([1, 0.99, 0.95, 0.5], [2, 3]),
        ([0.2, 0.1], [0]),
        ([1, 0.97, 0.2], [1, 2]),
    ],
)
def test_answers_that_a_hundred_draws_may_give(chances, answers) -> None:
    assert threshold_recovery.possible_answers(chances, 100) == answers


def test_fewer_draws_stray_further() -> None:
    chances = [1, 0.99, 0.92, 0.3]
    answers = [threshold_recovery.possible_answers(chances, draws) for draws in (50, 2000)]
    assert answers == [[2, 3], [2]]
    assert set(threshold_recovery.PUBLISHED_DRAWS) == set(threshold_recovery.PUBLISHED)


def test_ball_and_box_agrees_with_drawing_every_read() -> None:
    active, features, factor, draws = 4, 60, 1.2, 2500
    generator = np.random.default_rng(3)
    active_tail, inactive_tail = ball_and_box.quantiles(active, features)
    assert active_tail == pytest.approx(norm.ppf(3 / 4))
    width = round(factor * active * (3 * active_tail + inactive_tail) ** 2)
    bias = (3 + (inactive_tail - active_tail) * (active / width) ** 0.5) / 2
    right = 0
    for _ in range(draws):
        # Every code drawn, every pair of features compared with the bias.
        codes = generator.standard_normal((features, width)) / width**0.5
        reads = codes @ codes[:active].sum(axis=0)
        on, off = np.sort(reads[:active]), np.sort(reads[active:])
        false = max(on[-1] + off[-1], off[-1] + off[-2])
        right += bool(on[0] + on[1] > bias > false)
    share = right / draws
    ours = ball_and_box.chance_all_right(active, features, factor, 20_000, generator)
    assert 0.05 < share < 0.95
    assert ours == pytest.approx(share, abs=4 * (share * (1 - share) / draws) ** 0.5)


def test_linear_readouts_of_and_are_off_by_a_quarter() -> None:
    assert mathematical_models.linear_and_errors() == pytest.approx((0.25, 0.25))


@pytest.mark.parametrize("on", [0, 1, 2])
def test_universal_and_reads_what_its_layer_gives(on: int) -> None:
    reads = mathematical_models.universal_and(60, 0.3, 2, on, 40, np.random.default_rng(on))
    generator = np.random.default_rng(on)
    for draw in range(40):
        columns = generator.random((4, 60)) < 0.3
        inputs = np.array([on == 2, on >= 1, 1, 1])
        activity = np.maximum(columns.T @ inputs - 1, 0)
        both = columns[0] * columns[1]
        assert reads.scaled[draw] == pytest.approx((activity * both).sum() / (60 * 0.09))
        assert reads.mean[draw] == pytest.approx((activity * both).sum() / max(both.sum(), 1))


def test_the_quadratic_network_reads_products_of_inner_products() -> None:
    built = mathematical_models.quadratic_and(12, 16, np.random.default_rng(4))
    code = mathematical_models.sign_code(12, 16, np.random.default_rng(4)).astype(float)
    gram = code @ code.T
    worst = 0.0
    for a, b in zip(*np.triu_indices(12, 1), strict=True):
        reads = np.outer(gram[a] + gram[b], gram[a] + gram[b])
        reads[a, b] -= 1
        worst = max(worst, np.abs(reads[np.triu_indices(12, 1)]).max())
    assert built.neurons == 16 * 17 // 2
    assert built.error == pytest.approx(worst)
    assert built.error <= 2 * built.coherence * (1 + built.coherence) + 1e-9


def test_reed_solomon_worst_case_is_the_largest_of_all_inputs() -> None:
    layer = reed_solomon.build_layer(30, 2, 3, 2, seed=5)
    pairs = [(a, b) for b in range(30) for a in range(b)]
    reads = layer.reads(np.array(pairs))
    false = [
        reads[place, gate]
        for place, pair in enumerate(pairs)
        for gate in range(len(layer.pairs))
        if set(layer.pairs[gate]) != set(pair)
    ]
    worst = reed_solomon.worst_case(layer, 2)
    assert worst.reads == pytest.approx(max(false))
    assert layer.reads(np.array([worst.active]))[0, worst.gate] == pytest.approx(worst.reads)


@pytest.mark.parametrize("size", reed_solomon.SIZES)
def test_the_published_sizes_meet_the_bound(size) -> None:
    influence, active, shared, weight, _, neurons = size
    layer = reed_solomon.build_layer(2000, influence, weight, shared + 1, seed=6)
    assert layer.weights.shape == (neurons, 2000)
    bound = (active - 1) * influence * shared / weight
    assert reed_solomon.worst_case(layer, active).reads == pytest.approx(bound)


def test_trained_neurons_and_tables_no_neurons_have() -> None:
    neurons = trained_universal_and.fit(trained_universal_and.TABLES)
    assert (neurons.larger, neurons.smaller, neurons.bias) == pytest.approx((0.1, -0.15, 0.05))
    bent = {**trained_universal_and.TABLES, "A": (0.05, 0.15, 0.15, 0.3)}
    with pytest.raises(ValueError, match="no two weights"):
        trained_universal_and.fit(bent)


def test_rotations_turn_a_vector_and_keep_their_indicator() -> None:
    small = circuits_in_superposition.rotations(3, 4, np.random.default_rng(7))
    start = np.array([[1.5, 0.5, 1 + np.cos(0.3), 1 + np.sin(0.3)]])
    for network in range(3):
        after = small.run(start, np.array([network]))[:, 0]
        turn = small.own[0, network, 2:, 2:]
        np.testing.assert_allclose(turn @ turn.T, np.eye(2), atol=1e-12)
        vector = np.array([np.cos(0.3), np.sin(0.3)])
        for state in after:
            vector = turn @ vector
            np.testing.assert_allclose(state, [1.5, 0.5, *(1 + vector)], atol=1e-9)


def test_rotation_errors_start_as_the_error_terms_say() -> None:
    networks = 150
    generator = np.random.default_rng(8)
    small = circuits_in_superposition.rotations(networks, 2, generator)
    large = superpose(small, progression_code(networks, 250, 6), generator)
    seen = circuits_in_superposition.rotation_errors(large, 2, 1500, generator)
    predicted = circuits_in_superposition.predicted_error(networks, 2, 1)
    assert seen[0] == pytest.approx(predicted, rel=0.25)
    assert circuits_in_superposition.predicted_error(networks, 1, 1) == 0
    assert circuits_in_superposition.rotation_errors(large, 1, 100, generator)[0] < 1e-9


def test_the_published_estimate_is_equation_6_55() -> None:
    networks, neurons, width, spread = 557, 1000, 4, 6
    kappa = width / neurons - 1 / (spread * networks)
    for layer in (1, 2, 3):
        for active in (1, 2, 3):
            wanted = (layer - 1) * networks * kappa**2 * (active + 8 * (active - 1))
            wanted += 9 * layer * kappa * (active - 1)
            found = circuits_in_superposition.predicted_error(networks, active, layer)
            assert found == pytest.approx(wanted)


def test_the_estimate_is_compared_only_within_its_range() -> None:
    errors = [np.full(5, 0.1), np.full(5, 0.2)]
    rows = circuits_in_superposition._error_rows(557, 1, errors)
    estimates = [row.statement for row in rows if row.locator == "equation 6.55"]
    assert [text.partition("rotation ")[2][0] for text in estimates] == ["1", "2"]
    assert len(rows) == 5 + len(estimates)


def test_moments_of_a_read_are_published_and_ours() -> None:
    reads = mathematical_models.universal_and(400, 0.2, 3, 2, 20, np.random.default_rng(12))
    rows = mathematical_models._moment_rows(2, reads)
    assert [row.kind for row in rows] == ["published", "ours", "ours"]


def test_crossings_are_found_between_sizes_that_bracket_them(monkeypatch) -> None:
    def log_error(plan, neurons, samples, note):
        return log(scaling.ERROR) - 10 * log(neurons / 321.5)

    monkeypatch.setattr(scaling, "_log_error", log_error)
    circuit = pairwise_and(features=50, gates=50, seed=0)
    plan = scaling.make_plan(Task(circuit, 3, 1e-2, "superposed"))
    for start in (300, 330, 318, 345):
        found = scaling.find_crossing(plan, start, 10, lambda line: None)
        assert found.neurons == pytest.approx(321.5)
        assert found.slope == pytest.approx(10)
    with pytest.raises(PolysemeError, match="brackets"):
        scaling.find_crossing(plan, 10, 10, lambda line: None)


def growth(constant: float, power: float) -> list[Row]:
    gates = [2**one for one in (10, 12, 14, 16, 18)]
    sizes = [constant * (one * np.log2(one)) ** 0.5 * one**power for one in gates]
    return scaling.growth_rows(
        [scaling.Crossing(*pair, 10.0) for pair in zip(gates, sizes, strict=True)]
    )


def test_growth_between_the_laws_agrees_and_beyond_them_does_not() -> None:
    bound, falls, lower, upper = growth(3, 0.0)
    assert all(row.agrees for row in (bound, falls, lower, upper))
    assert [row.kind for row in (bound, falls, lower, upper)] == ["published"] * 2 + ["ours"] * 2
    assert "the flatter is sqrt(m' log m')" in bound.note
    assert not growth(3, 0.25)[1].agrees
    assert not growth(0.3, 0.0)[0].agrees
    assert not any(row.agrees for row in growth(3, 0.25)[2:])
