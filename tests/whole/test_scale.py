"""What makes a million gates possible gives the numbers that the slow and obvious way gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from polyseme.circuits.problems import layered, pairwise_and
from polyseme.circuits.terms import terms_of
from polyseme.codes import SparseCode, orthogonal_block_code, row_kernels
from polyseme.codes import shared_places as places_module
from polyseme.codes.shared_places import shared_places
from polyseme.common import parallel
from polyseme.compiler.compile import compile
from polyseme.compiler.constructions.frames import joint_reads
from polyseme.compiler.parts import weights
from polyseme.networks.run import LayerRunner, outputs_on, readout_matrix
from polyseme.networks.saving.safetensors_layout import safetensors_pieces
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import wrong_samples

CIRCUIT = pairwise_and(1500, 1500)


def tight(neurons=420, seed=0):
    return compile(CIRCUIT, neurons=neurons, construction="tight-frames", seed=seed)


def rows_of(samples, active=3):
    return draw_inputs("satisfied", terms_of(CIRCUIT), active, samples, np.random.default_rng(7))


def random_code(features, neurons, weight, seed):
    generator = np.random.default_rng(seed)
    positions = [generator.permutation(neurons)[:weight] for _ in range(features)]
    signs = generator.choice(np.array([-1, 1], np.int8), (features, weight))
    return SparseCode(neurons, np.array(positions), signs)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), max_size=40), st.booleans())
def test_shared_places_are_the_distinct_rows(rows, alike):
    positions = np.array(rows, np.int32).reshape(-1, 3)
    with pytest.MonkeyPatch.context() as patch:
        if alike:
            # Rows that cannot be told apart by their marks are compared in full.
            patch.setattr(places_module, "_marks", lambda rows: np.zeros(len(rows)))
        distinct, which = shared_places(positions)
    assert np.array_equal(distinct[which], positions)
    assert len(distinct) == len({tuple(row) for row in rows})


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


def test_threads_change_nothing(tmp_path, monkeypatch):
    files, wrong, steps = [], [], []
    for count in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", count)
        monkeypatch.setattr(row_kernels, "_WORTHWHILE", 0)
        assert parallel.threads() == int(count)
        network, seen = tight(300), list[int]()
        network.save(tmp_path / count)
        network.key.save(tmp_path / f"{count}.key")
        files.append([(tmp_path / name).read_bytes() for name in (count, f"{count}.key")])

        def note(done: int, of: int, seen: list[int] = seen) -> None:
            seen.append(done)

        wrong.append(wrong_samples(network, CIRCUIT, rows_of(1300), note))
        steps.append(seen)
    assert files[0] == files[1]
    assert 0 < wrong[0].sum() < 1300
    assert np.array_equal(wrong[0], wrong[1])
    assert steps[0] == steps[1] == sorted(steps[0])
    assert steps[0][-1] == 1300


@pytest.mark.parametrize("asked", ["", "0", "no"])
def test_without_a_number_of_threads_there_is_one_a_core_up_to_four(asked, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert 1 <= parallel.threads() <= 4


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_pieces_come_in_order_and_errors_come_through(workers):
    assert list(parallel.in_order(lambda piece: piece**2, range(50), workers)) == [
        piece**2 for piece in range(50)
    ]
    assert list(parallel.in_order(str, [], workers)) == []
    with pytest.raises(ZeroDivisionError):
        list(parallel.in_order(lambda piece: 1 / piece, [2, 1, 0, 3], workers))
    endless = parallel.in_order(lambda piece: piece, iter(int, 1), workers)
    assert next(endless) == 0
    endless.close()


@pytest.mark.parametrize(("neurons", "weight"), [(40, 3), (64, 32), (90, 16)])
def test_kernels_make_the_products_of_scipy(neurons, weight, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(row_kernels, "_WORTHWHILE", 0)
    generator = np.random.default_rng(weight)
    code = random_code(200, neurons, weight, 3)
    assert row_kernels.is_worthwhile(1, code)
    compress = sp.random_array((57, 200), density=0.1, format="csr", rng=generator)
    compress.data = generator.integers(-9, 10, compress.nnz).astype(np.int16)
    expected = compress.toarray().astype(int) @ code.matrix().toarray().astype(int)
    assert np.array_equal(row_kernels.spread(compress, row_kernels.Words.of(code)), expected)
    for limit in (0, 10**12):
        monkeypatch.setattr(row_kernels, "_WORTHWHILE", limit)
        made = weights.weight_matrix(compress, code)
        assert np.array_equal(made, expected)
        assert made.dtype == (np.int8 if abs(expected).max() <= 127 else np.int16)


def test_a_key_is_checked_with_kernels_as_without(monkeypatch):
    pytest.importorskip("numba")
    network = tight(300)
    key, layer = network.key, network.layers[0]
    wrong = layer.weights.copy()
    wrong[17, 30] += 1
    other = replace(network, layers=(replace(layer, weights=wrong),))
    # So loud that a sum of its rows could pass int16 and come round to what is expected.
    loud = key.compression.copy()
    loud.data[:400] = 30_000
    loud = replace(key, compression=loud)
    for limit in (0, 10**12):
        monkeypatch.setattr(row_kernels, "_WORTHWHILE", limit)
        assert key.belongs_to(network)
        assert not key.belongs_to(other)
        assert not loud.belongs_to(network)
    assert row_kernels.fits_in_words(key.compression)
    assert not row_kernels.fits_in_words(loud.compression)


def test_kernels_are_for_codes_they_hold():
    assert not row_kernels.is_worthwhile(10**12, random_code(5, 40, 33, 0))
    wide = SparseCode(2**16 + 1, np.array([[0]]), np.array([[1]], np.int8))
    assert not row_kernels.is_worthwhile(10**12, wide)


def test_what_outputs_read_is_the_same_with_and_without_kernels(monkeypatch):
    pytest.importorskip("numba")
    generator = np.random.default_rng(1)
    outputs, inputs = random_code(70, 50, 8, 1), random_code(90, 60, 16, 2)
    wanted = sp.random_array((70, 90), density=0.04, format="csr", rng=generator)
    wanted.data = np.ones(wanted.nnz, np.float32)
    strengths = generator.integers(-3000, 3000, wanted.nnz).astype(np.int32)
    through = sp.csr_array((strengths, wanted.indices, wanted.indptr), wanted.shape).toarray()
    R, A = (code.matrix().toarray().astype(int) for code in (outputs, inputs))
    expected = (R @ R.T @ through @ A @ A.T)[wanted.nonzero()]
    assert np.array_equal(row_kernels.read_back(wanted, strengths, outputs, inputs), expected)
    assert np.array_equal(joint_reads._read(wanted, strengths, outputs, inputs), expected)


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
