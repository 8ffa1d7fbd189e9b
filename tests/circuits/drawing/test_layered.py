"""Layered circuits: how they are wired, and that activity lasts and does something."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyseme.circuits import Circuit, GateKind, evaluate_dense, evaluate_sparse, read, wires_on
from polyseme.circuits.drawing.layered import deal_groups
from polyseme.circuits.problems import layered
from polyseme.errors import PolysemeError


@st.composite
def sizes(draw: st.DrawFn) -> tuple[int, int, int, int]:
    width = draw(st.integers(8, 40))
    return width, draw(st.integers(1, 6)), draw(st.integers(1, width)), draw(st.integers(0, 99))


@given(sizes())
@settings(max_examples=60, deadline=None)
def test_every_level_is_wired_by_the_rules(size: tuple[int, int, int, int]) -> None:
    width, depth, active, seed = size
    circuit = layered(width, depth, active, seed)
    quarter = width // 4
    assert len(circuit.features) == width
    assert circuit.gates == width * depth
    assert circuit.outputs.tolist() == list(range(width * depth, width * (depth + 1)))
    for level in range(depth):
        kinds, carrying, testing = [], [], []
        for gate in range(level * width, (level + 1) * width):
            begin, end = circuit.fan_in_offsets[gate : gate + 2]
            inputs = [int(wire) - level * width for wire in circuit.fan_in[begin:end]]
            kind = GateKind(int(circuit.kinds[gate]))
            kinds.append(kind)
            assert len(inputs) == (1 if kind is GateKind.IDENTITY else 2)
            tested = {GateKind.AND: inputs, GateKind.AND_NOT: inputs[1:]}.get(kind, [])
            testing += tested
            carrying += inputs[: len(inputs) - len(tested)]
        assert [kinds.count(GateKind(kind)) for kind in range(4)] == [
            width - 3 * quarter,
            quarter,
            quarter,
            quarter,
        ]
        assert sorted(carrying) == list(range(width))
        assert len(set(testing)) == len(testing) == 3 * quarter
        assert set(testing) <= set(range(width))


@given(sizes())
@settings(max_examples=20, deadline=None)
def test_dense_and_sparse_evaluation_agree(size: tuple[int, int, int, int]) -> None:
    circuit = layered(*size)
    width, active = size[0], size[2]
    generator = np.random.default_rng(0)
    rows = np.argsort(generator.random((30, width)), axis=1)[:, :active].astype(np.int32)
    bits = np.zeros((30, width), bool)
    np.put_along_axis(bits, rows, True, axis=1)
    dense = evaluate_dense(circuit, bits)
    assert np.array_equal(dense, evaluate_sparse(circuit, rows).toarray())


def test_the_seed_decides() -> None:
    one, same, other = (layered(40, 3, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(one.fan_in, same.fan_in)
    assert np.array_equal(one.kinds, same.kinds)
    assert not np.array_equal(one.fan_in, other.fan_in)


def activity(circuit: Circuit, rows: NDArray[np.int32]) -> tuple[NDArray[np.int64], ...]:
    """Gates on, (samples, levels), and how many of them are ANDs."""
    width = len(circuit.features)
    values = wires_on(circuit, rows).toarray()[:, width:].reshape(len(rows), -1, width)
    ands = (circuit.kinds == GateKind.AND).reshape(-1, width)
    return values.sum(axis=2), (values & ands).sum(axis=2)


@pytest.mark.parametrize(("active", "fired"), [(2, 0.2), (3, 0.3), (5, 0.4)])
def test_activity_of_a_group_lasts_and_ands_fire_at_every_level(active: int, fired: float) -> None:
    circuit = layered(600, 60, active, seed=4)
    groups = deal_groups(600, active, np.random.default_rng(4)).astype(np.int32)
    assert len(np.unique(groups)) == groups.size
    on, ands = activity(circuit, groups)
    assert on.min() >= 1
    assert on.max() <= 2 * active + 2
    assert np.abs(on.mean(axis=0) - active).max() < 0.3
    assert ((ands > 0).mean(axis=0) > fired).all()
    # A level changes activity both ways: ANDs add wires, merging and shutting take some away.
    assert (np.diff(on, axis=1) > 0).any(axis=0).all()
    assert (np.diff(on, axis=1) < 0).any(axis=0).all()


def test_groups_have_ors_that_merge_and_negations_that_shut() -> None:
    circuit = layered(600, 10, seed=4)
    groups = deal_groups(600, 3, np.random.default_rng(4)).astype(np.int32)
    values = wires_on(circuit, groups).toarray()
    begin = circuit.fan_in_offsets[:-1]
    for kind in (GateKind.OR, GateKind.AND_NOT):
        gates = np.flatnonzero(circuit.kinds == kind)
        both = values[:, circuit.fan_in[begin[gates]]] & values[:, circuit.fan_in[begin[gates] + 1]]
        assert (np.bincount(gates[both.any(axis=0)] // 600, minlength=10) > 5).all()


def test_activity_of_random_features_lasts_too() -> None:
    circuit = layered(1000, 60)
    generator = np.random.default_rng(1)
    rows = np.argsort(generator.random((500, 1000)), axis=1)[:, :3].astype(np.int32)
    on, _ = activity(circuit, rows)
    assert on.min() >= 1
    assert np.abs(on.mean(axis=0) - 3).max() < 0.3


def test_wires_stay_in_use_however_deep() -> None:
    """Groups do not run together: most gates of the last level are on for some group."""
    groups = deal_groups(600, 3, np.random.default_rng(0)).astype(np.int32)
    used = evaluate_sparse(layered(600, 200), groups).toarray().any(axis=0)
    assert used.mean() > 0.8


@pytest.mark.parametrize(
    ("source", "circuit"),
    [
        ("layered:width=9,depth=2", layered(9, 2)),
        ("layered:width=8,depth=3,active=8", layered(8, 3, 8)),
        ("layered:depth=1,seed=7,active=1,width=12", layered(12, 1, 1, 7)),
    ],
)
def test_read_opens_it(source: str, circuit: Circuit) -> None:
    opened = read(source)
    assert opened.name == circuit.name
    assert np.array_equal(opened.fan_in, circuit.fan_in)
    assert np.array_equal(read(opened.name).kinds, circuit.kinds)
    assert opened.features[0] == "x0"
    assert opened.output_names[-1] == f"g{len(circuit.features) - 1}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((7, 2, 3, 0), "layered:width=7,depth=2,active=3: width must be at least 8"),
        ((0, 2, 3, 0), "width is 0; it must be 1 to"),
        ((8, 0, 3, 0), "depth is 0; it must be 1 to"),
        ((8, 2, 0, 0), "active is 0; it must be 1 to"),
        ((8, 2, 9, 0), "layered:width=8,depth=2,active=9: active must be at most width, 8"),
        ((8, 2, 3, -1), "seed is -1; it must be"),
        ((8, 2.0, 3, 0), "depth is 2.0; it must be"),
        ((10**5, 101, 3, 0), "width x depth 10100000 must be at most 10000000"),
        ((10**8, 10**8, 3, 0), "width x depth 10000000000000000 must be at most"),
    ],
)
def test_sizes_out_of_range_are_refused(arguments: tuple[int, ...], message: str) -> None:
    with pytest.raises(PolysemeError) as caught:
        layered(*arguments)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("layered:width=9", "key depth is missing; write depth=NUMBER"),
        ("layered:depth=9", "key width is missing; write width=NUMBER"),
        ("layered:width=7,depth=9", "width '7' must lie from 8 to 10000000"),
        ("layered:width=8,depth=0", "depth '0' must lie from 1 to 10000000"),
        ("layered:width=8,depth=1,active=0", "active '0' must lie from 1 to 10000000"),
        ("layered:width=8,depth=1,active=9", "active must be at most width, 8"),
        ("layered:width=8,depth=1,gates=9", "the keys are width, depth, active, seed"),
    ],
)
def test_a_source_out_of_range_is_refused(source: str, message: str) -> None:
    with pytest.raises(PolysemeError) as caught:
        read(source)
    assert message in str(caught.value)
