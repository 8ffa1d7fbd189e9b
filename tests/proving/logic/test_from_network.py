"""Networks turned back into logic, against networks that are run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import polyseme as ps
from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.errors import CapacityError
from polyseme.networks.activation import Clip, Relu, Square
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network, Provenance
from polyseme.networks.run import LayerRunner, outputs_on
from polyseme.proving.logic.from_network import network_logic
from polyseme.proving.logic.graph import Graph, values
from polyseme.proving.logic.ranges import ranges_of

FEATURES = 5


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Networks of one to three layers with any small weights, clips, scales, carried numbers."""
    positions = draw(arrays(np.int32, (FEATURES, 1), elements=st.integers(0, 3)))
    signs = draw(arrays(np.int8, (FEATURES, 1), elements=st.sampled_from((-1, 1))))
    width, layers = 4, []
    for _ in range(draw(st.integers(1, 3))):
        units = draw(st.integers(1, 4))
        weights = draw(arrays(np.int8, (units, width), elements=st.integers(-2, 2)))
        carried = draw(st.sets(st.integers(0, width - 1), max_size=2))
        layers.append(
            Layer(
                sp.csr_array(weights) if draw(st.booleans()) else weights,
                draw(arrays(np.int32, units, elements=st.integers(-3, 3))),
                draw(st.sampled_from((0.25, 0.5, 1.0, 2.0))),
                Clip(draw(st.integers(1, 4))) if draw(st.booleans()) else Relu(),
                np.array(sorted(carried), np.int32),
            )
        )
        width = layers[-1].width
    outputs = draw(st.integers(1, 3))
    counts = draw(st.lists(st.integers(0, 3), min_size=outputs, max_size=outputs))
    total = sum(counts)
    readout = Readout(
        Names(prefix="y", count=outputs),
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        draw(arrays(np.int32, total, elements=st.integers(0, width - 1))),
        draw(arrays(np.int16, total, elements=st.integers(-12, 12))),
        draw(
            arrays(
                np.float32,
                outputs,
                elements=st.sampled_from((-6.5, -1.0, 0.0, 0.5, 1.0, 3.25, 6.5, 12.0, np.inf)),
            )
        ),
    )
    code = SparseCode(4, positions, signs)
    origin = Provenance("drawn", "none", 2, 0, 1, 1, 0, {})
    encoder = Encoder(Names(prefix="x", count=FEATURES), code)
    return Network(encoder, tuple(layers), readout, origin)


def rows_of(features: int) -> tuple[NDArray[np.int32], list[int]]:
    """All inputs: as lists of features, and as a number per feature."""
    rows = np.arange(2**features)
    on = (rows[:, None] >> np.arange(features)) & 1
    listed = np.where(on, np.arange(features), -1).astype(np.int32)
    return listed, [sum(1 << row for row in rows.tolist() if row >> k & 1) for k in range(features)]


def as_logic(network: Network, active: int | None = None) -> NDArray[np.bool_]:
    """Outputs on all inputs, by logic."""
    features = len(network.encoder.features)
    graph = Graph(features)
    literals = network_logic(network, graph, active)
    found = values(graph, rows_of(features)[1], 2**features)
    bits = [found[one >> 1] ^ (2**2**features - 1 if one & 1 else 0) for one in literals]
    return np.array([[bool(one >> row & 1) for one in bits] for row in range(2**features)])


@settings(max_examples=50)
@given(networks())
def test_the_logic_of_any_small_network_is_what_it_computes(network: Network) -> None:
    assert np.array_equal(as_logic(network), outputs_on(network, rows_of(FEATURES)[0]).toarray())


@settings(max_examples=50)
@given(networks(), st.integers(0, FEATURES))
def test_within_a_promise_the_logic_is_what_it_computes(network: Network, active: int) -> None:
    rows = rows_of(FEATURES)[0]
    few = (rows >= 0).sum(axis=1) <= active
    ran = outputs_on(network, rows).toarray()
    assert np.array_equal(as_logic(network, active)[few], ran[few])


@settings(max_examples=50)
@given(networks())
def test_bounds_hold_and_no_number_matters_beyond_them(network: Network) -> None:
    ranges, rows = ranges_of(network), rows_of(FEATURES)[0]
    seen = LayerRunner(network).activations(rows)
    for number, values_seen in enumerate(seen, 1):
        assert (values_seen.min(axis=0) >= ranges.lowest[number]).all()
        assert (values_seen.max(axis=0) <= ranges.highest[number]).all()
        assert (ranges.matters[number] <= ranges.highest[number]).all()
        assert (ranges.matters[number] >= ranges.lowest[number]).all()


def exact(text: str, **options: Any) -> Network:
    return ps.compile(ps.read(text), construction="monosemantic", **options)


def test_units_of_an_or_of_many_matter_only_up_to_one() -> None:
    network = exact("y = " + " | ".join(f"(a{i} & b{i})" for i in range(9)))
    ranges = ranges_of(network)
    assert (ranges.highest[1] == 1).all()
    several = exact("y = " + " | ".join(f"a{i}" for i in range(9)), active=9)
    plain = replace(
        several.layers[0], weights=-several.layers[0].weights, bias=np.zeros(1, np.int32)
    )
    readout = replace(several.readout, weights=np.array([12], np.int16))
    counting = replace(
        several, layers=(plain,), readout=replace(readout, thresholds=np.array([6.5], np.float32))
    )
    ranges = ranges_of(counting)
    assert ranges.highest[1].tolist() == [9]
    assert 0 < ranges.matters[1][0] < 1


def test_squares_are_refused() -> None:
    network = exact("y = a & b")
    layer = replace(network.layers[0], activation=Square())
    with pytest.raises(CapacityError, match="squared"):
        network_logic(replace(network, layers=(layer,)), Graph(2))


def test_units_of_many_values_are_refused() -> None:
    steep = Layer((2 ** np.arange(14, dtype=np.int16))[None], np.array([0], np.int32), 1.0)
    network = exact("y = " + " & ".join(f"a{i}" for i in range(14)))
    readout = replace(network.readout, thresholds=np.array([100_000.5], np.float32))
    with pytest.raises(CapacityError, match="takes more than 256 values"):
        network_logic(replace(network, layers=(steep,), readout=readout), Graph(14))


def test_sums_that_float32_may_round_are_refused() -> None:
    network = exact("y = a & b")
    high = replace(network.layers[0], bias=np.array([2**24 - 1], np.int32))
    with pytest.raises(CapacityError, match=r"unit 0 of layer 0 .* float32"):
        network_logic(replace(network, layers=(high,)), Graph(2))


def test_a_network_in_superposition_is_refused() -> None:
    network = ps.compile(ps.problems.pairwise_and(300, 300), epsilon=None, active=2)
    with pytest.raises(CapacityError, match="of layer 0"):
        network_logic(network, Graph(300))
