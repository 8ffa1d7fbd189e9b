"""Networks: parts that fit each other, sizes, and how they are shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.errors import OptionError
from polyseme.networks.activation import Clip
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.registry import registered
from polyseme.networks.saving.files import load, load_key
from support.network_parts import layer, minimal, readout
from support.small_networks import (
    deep_network,
    full_weights,
    mixed_network,
    network_of,
    superposed_network,
)


def test_sizes_and_parameters():
    network = deep_network()
    assert (network.neurons, network.neurons_total) == (20, 53)
    hidden = 20 * 12 + 20 + 15 * 20 + 15 + 18 * 15 + 18
    assert network.parameters == hidden + network.provenance.readout_parameters
    assert network.encoder.in_superposition
    assert not network_of("monosemantic").encoder.in_superposition


def test_a_clipped_unit_is_two_neurons():
    network = mixed_network()
    assert [layer.units for layer in network.layers] == [20, 15, 18]
    assert [layer.neurons for layer in network.layers] == [40, 30, 18]
    assert [layer.inputs for layer in network.layers] == [12, 20, 15]
    assert (network.units, network.neurons, network.neurons_total) == (20, 40, 88)


def test_the_widest_layer_is_the_one_of_most_neurons():
    wide, clipped = np.ones((3, 3), np.int8), np.ones((2, 3), np.int8)
    layers = (
        Layer(wide, np.zeros(3, np.int32), 1.0),
        Layer(clipped, np.zeros(2, np.int32), 1.0, Clip(5)),
    )
    network = minimal(layers=layers)
    assert (network.units, network.neurons) == (2, 4)


def test_a_sparse_layer_counts_what_it_stores():
    network = mixed_network()
    stored = sum(np.count_nonzero(full_weights(network.layers[number])) for number in (0, 2))
    assert network.parameters == stored + 15 * 20 + 53 + network.provenance.readout_parameters


def test_weight_bits_do_not_depend_on_how_weights_are_stored():
    network = mixed_network()
    full = tuple(replace(layer, weights=full_weights(layer)) for layer in network.layers)
    assert network.weight_bits() == pytest.approx(replace(network, layers=full).weight_bits())
    nothing = Layer(sp.csr_array((2, 3), dtype=np.int8), np.zeros(2, np.int32), 1.0)
    assert minimal(layers=(nothing,)).weight_bits() == 0


def test_weight_bits_are_entropy_times_number():
    weights = np.array([[0, 0, 1, -1], [0, 0, 1, -1]], np.int8)
    network = minimal(layers=(Layer(weights, np.zeros(2, np.int32), 1.0),), inputs=4)
    assert network.weight_bits() == pytest.approx(8 * 1.5)


@pytest.mark.parametrize("neuron", [-1, 2, 2**31 - 1])
def test_a_readout_of_neurons_that_are_not_there_is_refused(neuron):
    ends = replace(readout(), neurons=np.array([0, 1, neuron], np.int32))
    with pytest.raises(ValueError, match=r"readout neurons must lie in 0\.\.1"):
        minimal(ends=ends)


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="layer 0 reads 5 numbers but gets 3"):
        minimal(layers=(layer(weights=np.ones((2, 5), np.int8)),))
    with pytest.raises(ValueError, match="at least one layer"):
        minimal(layers=())


@pytest.mark.parametrize("kind", ["facts", "deep", "mixed", "stream", "monosemantic"])
def test_a_network_is_shown_in_a_line_and_as_a_small_table(kind):
    network = network_of(kind)
    assert repr(network).startswith("Network('")
    assert len(repr(network)) < 200
    for part in (network.encoder, network.readout, *network.layers, network.key):
        assert len(repr(part)) < 200
        assert "\n" not in repr(part)
    assert f"{network.neurons_total:,} ReLUs" in repr(network)
    lines = str(network).splitlines()
    assert 8 < len(lines) < 25
    assert max(map(len, lines)) < 120
    html = network._repr_html_()
    assert html.startswith("<table>")
    # The last row quotes a name, which HTML writes in another way.
    for line in lines[1:-1]:
        assert f">{line.split('  ')[-1].strip()}</td>" in html


def test_names_that_are_long_or_html_do_not_spoil_a_table():
    network = network_of("deep")
    provenance = replace(network.provenance, source="<b>" + "n" * 900, construction="c" * 900)
    network = replace(network, provenance=provenance)
    assert len(repr(network)) < 200
    assert "<b>" not in network._repr_html_()


def test_a_table_of_many_layers_leaves_some_out():
    network = superposed_network(10_000)
    wide = np.eye(400, dtype=np.int8)
    many = Layer(wide, np.zeros(400, np.int32), 1.0)
    deeper = replace(network, key=None, layers=(*network.layers, *([many] * 20)))
    assert "16 layers more" in str(deeper)


@pytest.mark.parametrize("path", [None, 5, b"net", ["net"]])
def test_what_is_no_path_is_refused(path):
    network = network_of("facts")
    calls = [network.save, network.key.save, load, load_key]
    # Without a path a model is not written.
    calls += [network.to_onnx] if path is not None else []
    for call in calls:
        with pytest.raises(OptionError, match="must be the path of a file") as caught:
            call(path)
        assert repr(path) in str(caught.value)


def test_the_methods_of_a_network_are_documented_and_registered():
    for name in ("run", "save", "to_torch", "to_onnx"):
        assert "Raises:" in getattr(Network, name).__doc__
    with pytest.raises(KeyError):
        registered("nothing")
