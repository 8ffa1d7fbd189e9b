"""Reads of features through a layer that does not bend, against products of whole matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import problems
from polyseme.codes.balanced import balanced_code
from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.proving.linear_reads import FeatureGroups, LinearReads, largest


@st.composite
def codes(draw: st.DrawFn) -> SparseCode:
    features, generator = draw(st.integers(1, 70)), np.random.default_rng(draw(st.integers(0, 99)))
    if draw(st.booleans()):
        return orthogonal_block_code(features, 32, draw(st.sampled_from([1, 4, 32])), generator)
    return balanced_code(features, 30, draw(st.integers(1, 6)), generator, signed=True)


@given(codes(), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_groups_read_what_the_code_reads(code: SparseCode, rows: int) -> None:
    weights = np.random.default_rng(rows).integers(-9, 10, (rows, code.neurons))
    groups = FeatureGroups.of(code)
    reads = groups.reads(weights.astype(np.float32))
    flat = reads.reshape(-1, rows)
    assert np.array_equal(flat[groups.slot], code.matrix().toarray() @ weights.T)
    assert len(set(groups.slot.tolist())) == code.features
    # Rows of no feature read nothing.
    assert not np.delete(flat, groups.slot, axis=0).any()
    assert groups.signs.shape[1] <= 16


@given(st.integers(1, 300), st.integers(1, 5), st.integers(1, 4), st.integers(0, 99), st.data())
@settings(max_examples=100, deadline=None)
def test_the_largest_reads_are_those_of_a_sorted_row(
    groups: int, size: int, rows: int, seed: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, min(groups * size, 30)) | st.just(groups * size))
    generator = np.random.default_rng(seed)
    reads = generator.integers(-3, 4 + 9 * seed, (groups, size, rows)).astype(np.float32)
    wanted = np.maximum(-np.sort(-reads.reshape(-1, rows), axis=0)[:count], 0)
    assert np.array_equal(largest(reads, count), wanted)


def test_outputs_and_units_read_what_the_matrices_say() -> None:
    network = ps.compile(
        problems.pairwise_and(100, 90), construction="tight-frames", neurons=64, active=2
    )
    reads, layer = LinearReads.of(network, 2), network.layers[0]
    code = network.encoder.code.matrix().toarray().astype(int)
    units = layer.weights.astype(int) @ code.T
    readout = reads.readout.toarray().astype(int)
    some = slice(5, 33)
    slot = reads.groups.slot
    assert np.array_equal(reads.of_units(some).reshape(-1, 28)[slot], units[some].T)
    assert np.array_equal(reads.of_outputs(some).reshape(-1, 28)[slot], (readout @ units)[some].T)
    assert np.array_equal(reads.of_output(7), (readout @ units)[7])
    assert np.array_equal(reads.rest, readout @ layer.bias)
    assert reads.rows == 64 + 90


@pytest.mark.parametrize("rows", [1, 16, 100])
def test_blocks_cover_all_rows(rows: int) -> None:
    network = ps.compile(
        problems.pairwise_and(64, 64), construction="tight-frames", neurons=64, active=2
    )
    blocks = list(LinearReads.of(network, 2).blocks(rows))
    assert [i for some in blocks for i in range(rows)[some]] == list(range(rows))
