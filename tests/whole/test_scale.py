"""What makes a million gates possible gives the numbers that the slow and obvious way gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from polyseme.circuits.problems import layered
from polyseme.codes import orthogonal_block_code, row_kernels
from polyseme.compiler.compile import compile
from polyseme.compiler.constructions.frames import joint_reads
from polyseme.networks.run import LayerRunner, outputs_on, readout_matrix
from polyseme.networks.saving.safetensors_layout import safetensors_pieces
from polyseme.verification.sampling import wrong_samples
from support.large import CIRCUIT, rows_of, tight


def test_outputs_read_together_are_read_as_sparse_rows():
    network = tight()
    runner = LayerRunner(network)
    assert runner.reads_in_blocks
    # More features than promised: ReLUs bend. And a number of samples that fills no block.
    hidden = runner.hidden(runner.encode(rows_of(150, active=12)), sparse=True)
    readings = np.asarray(readout_matrix(network) @ hidden.T)
    assert np.array_equal(runner.readings(hidden), readings)
    on = network.readout.thresholds <= readings.T
    assert on.any()
    assert np.array_equal(runner.on(hidden).toarray(), on)
    assert np.array_equal(outputs_on(network, rows_of(150, active=12)).toarray(), on)
    assert runner.on(hidden).has_sorted_indices
    seen = np.zeros_like(readings)
    for block in runner.blocks(hidden):
        seen[block.outputs, block.samples] += block.sums
    assert np.array_equal(seen, readings)


def test_what_differs_from_rest_where_outputs_are_on_at_rest():
    network = tight()
    thresholds = network.readout.thresholds.copy()
    thresholds[::3] = -1e6
    network = replace(network, readout=replace(network.readout, thresholds=thresholds))
    runner = LayerRunner(network)
    assert np.array_equal(runner.resting, np.arange(1500) % 3 == 0)
    hidden = runner.hidden(runner.encode(rows_of(70)), sparse=True)
    readings = np.asarray(readout_matrix(network) @ hidden.T).T
    on = readings >= thresholds
    assert np.array_equal(runner.decide(hidden).toarray(), on != runner.resting)
    assert wrong_samples(network, CIRCUIT, rows_of(70)).all()


def test_outputs_of_deeper_networks_and_of_other_codes_stay_sparse_rows():
    deep = compile(layered(40, 2), neurons=60)
    assert len(deep.layers) > 1
    assert not LayerRunner(deep).reads_in_blocks
    other = compile(CIRCUIT, neurons=600, construction="three-channel")
    assert not LayerRunner(other).reads_in_blocks


def test_outputs_read_their_features_at_what_is_wanted(monkeypatch):
    generator = np.random.default_rng(5)
    outputs = orthogonal_block_code(600, 256, 32, generator)
    inputs = orthogonal_block_code(600, 256, 32, generator)
    wanted = sp.random_array((600, 600), density=2 / 600, format="csr", rng=generator)
    wanted.data = np.ones(wanted.nnz, np.float32)
    found = []
    for limit in (0, 10**12):
        monkeypatch.setattr(row_kernels, "_WORTHWHILE", limit)
        strengths = joint_reads.joint_strengths(wanted, outputs, inputs)
        made = joint_reads.joint_compression(wanted, strengths, outputs, 4)
        found.append((strengths, made.toarray()))
    assert np.array_equal(found[0][0], found[1][0])
    assert np.array_equal(found[0][1], found[1][1])
    R, A = outputs.matrix().toarray() / 32**0.5, inputs.matrix().toarray() / 32**0.5
    strengths = sp.csr_array((found[0][0], wanted.indices, wanted.indptr), wanted.shape).toarray()
    reads = (R @ R.T @ strengths @ A @ A.T)[wanted.nonzero()]
    plain = (R @ R.T @ wanted.toarray() @ A @ A.T)[wanted.nonzero()]
    assert abs(reads - 1).max() < 0.15
    assert ((reads - 1) ** 2).mean() < ((plain - 1) ** 2).mean() / 16
    # C keeps what L says on average, in quarters, each output's neurons with its signs.
    kept = (R * 32**0.5 @ made.toarray())[wanted.nonzero()] / 32 / 4
    alone = np.bincount(wanted.indices, minlength=600)[wanted.indices] == 1
    assert alone.any()
    assert abs(kept - found[0][0])[alone].max() <= 1 / 4 / 32 + 1e-6


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=5),
        st.tuples(
            st.sampled_from(["uint8", "int8", "int16", "int32", "float32", "int64"]),
            st.lists(st.integers(0, 3), min_size=1, max_size=3),
            st.booleans(),
        ),
        max_size=8,
    ),
    st.text(max_size=20),
)
def test_files_are_the_bytes_that_safetensors_writes(described, text):
    described.pop("__metadata__", None)
    tensors = {}
    for name, (dtype, shape, turned) in described.items():
        tensor = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
        tensors[name] = tensor.T if turned else tensor
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    metadata = {"polyseme": text}
    assert b"".join(safetensors_pieces(tensors, metadata)) == save(contiguous, metadata)


def test_a_tensor_of_another_type_is_refused():
    with pytest.raises(ValueError, match="float64"):
        list(safetensors_pieces({"one": np.zeros(2)}, {}))
