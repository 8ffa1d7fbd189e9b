"""Athletes by hand: both networks are right on every input of at most two names."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import polyseme as ps
from polyseme.errors import OptionError
from polyseme.learning.toy_models.published import athletes


@pytest.mark.parametrize("name", athletes.NETWORKS)
def test_all_pairs_are_decided_and_peyton_ruth_is_refused(name):
    network = athletes.NETWORKS[name]()
    for (first, _), (_, last) in product(athletes.ATHLETES, repeat=2):
        told = network.run([first, last])
        assert told == (["athlete"] if (first, last) in athletes.ATHLETES else [])
    assert network.run(["Peyton", "Ruth"]) == []


@pytest.mark.parametrize("name", athletes.NETWORKS)
def test_they_are_proved_and_saved_with_a_key_that_is_true(name, tmp_path):
    network = athletes.NETWORKS[name]()
    assert ps.verify_exhaustively(network, athletes.athletes()).wrong == 0
    assert ps.prove(network).proved
    network.save(tmp_path / "net.safetensors", key=True)
    loaded = ps.load(tmp_path / "net.safetensors")
    assert loaded.run(["Babe", "Ruth"]) == ["athlete"]
    assert ps.load_key(tmp_path / "net.key.safetensors").belongs_to(loaded)


def test_every_name_is_on_three_neurons_and_every_neuron_serves_four_athletes():
    network = athletes.in_superposition()
    weights = network.layers[0].weights
    assert weights.shape == (6, 16)
    assert (weights.sum(axis=0) == 3).all()
    assert (weights.sum(axis=1) == 8).all()
    assert (network.layers[0].bias == -1).all()
    words = weights[:, :8].T.astype(int)
    assert np.unique(words, axis=0).shape == (8, 6)
    assert words[0] @ words[1] == 2


def test_the_figure_needs_no_training(tmp_path):
    pytest.importorskip("matplotlib")
    found = ps.learning.toy_models.figure("athletes")
    for name in athletes.NETWORKS:
        assert found.findings[name]["pairs_decided"] == 64
        assert found.findings[name]["Peyton Ruth"] == "refused"
        on = found.data[name] >= found.data[f"threshold {name}"]
        assert (on == np.eye(8, dtype=bool)).all()
    found.save(tmp_path / "drawn.png")


@pytest.mark.parametrize("given", [{"steps": 5}, {"state": "a.state"}])
def test_what_is_made_by_hand_takes_no_steps_and_no_state(given):
    with pytest.raises(OptionError, match="athletes is made by hand: it takes no steps"):
        ps.learning.toy_models.figure("athletes", **given)
