"""Kernels of codes of words make the products that scipy makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.codes import SparseCode, row_kernels
from polyseme.compiler.constructions.frames import joint_reads
from polyseme.compiler.parts import weights
from support.large import tight


def random_code(features, neurons, weight, seed):
    generator = np.random.default_rng(seed)
    positions = [generator.permutation(neurons)[:weight] for _ in range(features)]
    signs = generator.choice(np.array([-1, 1], np.int8), (features, weight))
    return SparseCode(neurons, np.array(positions), signs)


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
    held = key.layers[0]
    reads = held.compression.copy()
    reads.data[:400] = 30_000
    loud = replace(key, layers=(replace(held, compression=reads),))
    for limit in (0, 10**12):
        monkeypatch.setattr(row_kernels, "_WORTHWHILE", limit)
        assert key.belongs_to(network)
        assert not key.belongs_to(other)
        assert not loud.belongs_to(network)
    assert row_kernels.fits_in_words(held.compression)
    assert not row_kernels.fits_in_words(reads)


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
