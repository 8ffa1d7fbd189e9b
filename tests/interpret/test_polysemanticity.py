"""Polysemanticity: counts and words agree with the answer key."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from polyseme.interpret.polysemanticity import LayerPolysemanticity


@pytest.fixture(scope="module")
def shallow() -> ps.Network:
    return ps.compile(ps.read("and2:features=200,gates=200"), neurons=150, epsilon=None)


@pytest.fixture(scope="module")
def deep() -> ps.Network:
    return ps.compile(ps.problems.layered(400, 4), neurons=300, carry="gates")


def test_counts_are_the_terms_that_each_neuron_serves(shallow):
    found = ps.polysemanticity(shallow)
    assert found.things == "terms"
    (layer,) = found.layers
    assert layer.counts.tolist() == [
        len(ps.served_by(shallow, unit)) for unit in range(shallow.neurons)
    ]
    assert (layer.least, layer.most) == (layer.counts.min(), layer.counts.max())
    assert layer.median == np.median(layer.counts)


def test_words_are_those_of_the_key(shallow):
    key = shallow.key
    assert key is not None
    assert ps.served_by(shallow, 7) == tuple(key.describe(int(t)) for t in key.columns_of(7))
    assert ps.served_by(shallow, 7) == ps.served_by(shallow, 7, layer=0)


def test_a_deep_network_has_counts_of_wires_per_layer(deep):
    found = ps.polysemanticity(deep)
    assert found.things == "wires"
    assert [layer.layer for layer in found.layers] == [0, 1, 2, 3]
    for number, (layer, counted) in enumerate(zip(deep.layers, found.layers, strict=True)):
        assert counted.counts.shape == (layer.units,)
        for unit in (0, layer.units - 1):
            assert len(ps.served_by(deep, unit, number)) == counted.counts[unit]


@pytest.mark.parametrize("counts", [[3], [0, 0, 0], [1, 2, 9], list(range(25)), [5, 1_000_000]])
@pytest.mark.parametrize("bars", [1, 3, 10])
def test_every_unit_is_in_one_bar(counts, bars):
    layer = LayerPolysemanticity(0, np.array(counts, np.int64))
    drawn = layer.histogram(bars)
    assert len(drawn) <= bars
    assert [bar.units for bar in drawn] == [
        sum(bar.low <= count <= bar.high for count in counts) for bar in drawn
    ]
    assert sum(bar.units for bar in drawn) == len(counts)
    assert drawn[0].low == min(counts)


@pytest.mark.parametrize(
    ("unit", "layer", "rule"),
    [
        (150, None, "0 to 149"),
        (-1, None, "0 to 149"),
        (1.5, None, "whole number"),
        (0, 1, "0 to 0"),
        (0, "first", "whole number"),
    ],
)
def test_a_unit_that_is_not_there_is_refused(shallow, unit, layer, rule):
    with pytest.raises(ps.PolysemeError, match=rule):
        ps.served_by(shallow, unit, layer)


def test_a_unit_of_a_deep_network_needs_its_layer(deep):
    with pytest.raises(ps.PolysemeError, match="name its layer, 0 to 3"):
        ps.served_by(deep, 0)


def test_a_network_without_its_key_tells_nothing(shallow):
    bare = replace(shallow, key=None)
    for ask in (ps.polysemanticity, lambda network: ps.served_by(network, 0)):
        with pytest.raises(ps.PolysemeError, match="no answer key"):
            ask(bare)


def test_a_histogram_needs_a_bar(shallow):
    with pytest.raises(ps.PolysemeError, match="bars"):
        ps.polysemanticity(shallow).layers[0].histogram(0)
