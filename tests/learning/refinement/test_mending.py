"""Networks mended until no input is wrong, tried on every input."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.learning.refinement.mending import is_mendable, mended

CIRCUIT = ps.read("and2:features=200,gates=200")


def built(construction, neurons):
    return ps.compile(
        CIRCUIT,
        construction=construction,
        active=2,
        neurons=neurons,
        epsilon=None,
        error=0.9,
    )


def test_a_network_that_is_wrong_on_few_inputs_is_mended_by_few_steps():
    network, told = built("least-noise", 90), []
    assert ps.verify_exhaustively(network, active=2).wrong > 0
    right = mended(network, CIRCUIT, 2, told.append)
    assert ps.verify_exhaustively(right, active=2).wrong == 0
    assert ps.prove(right, active=2).proved
    old, new = network.layers[0].weights, right.layers[0].weights
    assert new.dtype == old.dtype
    assert 0 < (new != old).mean() < 0.01
    assert right.key.layers[0].describes(right.layers[0], right.encoder.code)
    assert told[-1] == "mending: 0 outputs are wrong on some input"
    again = mended(network, CIRCUIT, 2, told.append)
    assert np.array_equal(again.layers[0].weights, new)


@pytest.mark.slow
def test_inputs_that_break_each_other_are_mended_together():
    # Inputs mended one by one, and forgotten, break each other here without end.
    right = mended(built("least-noise", 65), CIRCUIT, 2, lambda _: None)
    assert ps.verify_exhaustively(right, active=2).wrong == 0


def test_a_network_that_is_right_only_gets_another_threshold():
    network = built("least-noise", 110)
    right = mended(network, CIRCUIT, 2, lambda _: None)
    assert np.array_equal(right.layers[0].weights, network.layers[0].weights)
    margins = ps.prove(right, active=2).margins
    low, high = margins.lowest_on.min(), margins.highest_off.max()
    assert abs(right.readout.thresholds[0] / margins.scale - (low + high) / 2) <= 1


def test_a_network_far_too_small_is_given_up():
    told = []
    assert mended(built("least-noise", 50), CIRCUIT, 2, told.append) is None
    assert len(told) < 5


@pytest.mark.parametrize(
    ("construction", "able"), [("least-noise", True), ("three-channel", False)]
)
def test_only_weights_that_do_not_factor_are_mended(construction, able):
    assert is_mendable(built(construction, 110)) is able
