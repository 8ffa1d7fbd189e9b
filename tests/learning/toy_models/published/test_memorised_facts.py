"""Memorised facts: the search for the most facts, and what holds them, beside slow ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyseme as ps
from polyseme.learning.toy_models import figures
from polyseme.learning.toy_models.published import memorised_facts as memorised
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

torch = pytest.importorskip("torch")


@given(st.integers(0, 400), st.integers(1, 200))
def test_the_most_facts_are_the_last_of_the_grid_that_are_held(capacity, first):
    asked = []

    def holds(count: int) -> bool:
        asked.append(count)
        return count <= capacity

    found = memorised.most(holds, first)
    grid = {round(first * 1.06**step) for step in range(-200, 200)}
    expected = max((count for count in grid if 0 < count <= capacity), default=0)
    assert found == expected
    assert len(asked) < 40


def test_scores_are_those_of_the_perceptron():
    task = memorised.facts(9, 4, 5, seed=1)
    begun = task.begin(np.random.default_rng(2))
    numbers = {name: torch.from_numpy(values).requires_grad_() for name, values in begun.items()}
    loss = float(task.descend(numbers, np.random.default_rng(3))[0])
    hidden = np.maximum(task.keys @ begun["reads"] + begun["bias"], 0)
    scores = (hidden @ begun["writes"] + begun["offset"]) @ task.values.T
    own = scores[np.arange(9), np.arange(9)]
    assert loss == pytest.approx(float((np.log(np.exp(scores).sum(axis=1)) - own).mean()), rel=1e-5)
    with torch.no_grad():
        right = task.right(numbers)
    assert right == pytest.approx((scores.argmax(axis=1) == np.arange(9)).mean())
    assert task.parameters == sum(values.size for values in begun.values())
    assert np.linalg.norm(task.keys, axis=1) == pytest.approx(1)


def test_training_ends_when_the_facts_are_held_and_is_read_from_its_file(tmp_path):
    task = memorised.facts(12, 8, 8, seed=0)
    made = []

    def until(numbers):
        made.append(1)
        return task.right(numbers) >= 0.99

    state = tmp_path / "facts.state"
    found = train(task, Pace(500, 3e-2), state=state, until=until)
    assert found.steps < 500
    assert found.steps % 5 == 0
    before, asked = state.read_bytes(), len(made)
    again = train(task, Pace(500, 3e-2), state=state, until=until)
    assert (again.steps, len(made)) == (found.steps, asked + 1)
    assert state.read_bytes() == before
    assert again.numbers["reads"].tobytes() == found.numbers["reads"].tobytes()


def test_least_squares_hold_as_many_facts_as_there_are_neurons_and_not_many_more():
    assert memorised.closed_form(memorised.facts(16, 16, 16, seed=0), 0) == 1
    assert memorised.closed_form(memorised.facts(200, 16, 16, seed=0), 0) < 0.5


def test_compiled_networks_hold_a_fact_per_neuron_and_refuse_too_many():
    assert memorised.compiled(9, 144, 0) == 1
    assert memorised.compiled(40, 144, 0) == 0


def test_exponents_are_fitted():
    parameters = np.array([10, 100, 1000])
    assert memorised._exponent(parameters, 3 * parameters) == pytest.approx(1)
    assert memorised._exponent(parameters, np.array([0, 0, 5])) is None


def test_the_figure_is_drawn(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    kind = figures.FIGURES["memorised-facts"]
    small = memorised.Settings(embeddings=(4, 5), steps=60)
    monkeypatch.setattr(
        figures,
        "FIGURES",
        {"memorised-facts": figures._Kind("", small, kind.run, kind.draw)},
    )
    found = ps.learning.toy_models.figure("memorised-facts", state=tmp_path / "state")
    again = ps.learning.toy_models.figure("memorised-facts", state=tmp_path / "state")
    assert found.findings == again.findings
    assert found.findings["facts"][0] > found.findings["facts_closed_form"][0] > 0
    found.save(tmp_path / "drawn.png")


@pytest.mark.slow
def test_facts_grow_with_parameters():
    found = ps.learning.toy_models.figure("memorised-facts").findings
    assert abs(found["exponent_of_facts"] - 1) <= 0.1
    assert min(found["bits_per_parameter"]) > 1.5
