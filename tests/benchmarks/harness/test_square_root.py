"""Unrolled square roots against whole numbers."""

from __future__ import annotations

from math import isqrt
from pathlib import Path

import numpy as np
import pytest

import polyseme as ps
from harness.square_root import square_root
from polyseme.circuits import evaluate_dense


@pytest.mark.parametrize("bits", [1, 2, 3, 5, 20])
def test_the_circuit_computes_the_root(bits: int, tmp_path: Path) -> None:
    path = tmp_path / "root.aag"
    path.write_text(square_root(bits))
    circuit = ps.read(path)
    assert list(circuit.features) == [f"n{place}" for place in range(2 * bits)]
    assert list(circuit.output_names) == [f"root{place}" for place in range(bits)]
    numbers = (
        np.arange(4**bits) if bits < 6 else np.random.default_rng(0).integers(4**bits, size=99)
    )
    found = evaluate_dense(circuit, (numbers[:, None] >> np.arange(2 * bits) & 1).astype(bool))
    roots = (found << np.arange(bits)).sum(axis=1)
    assert roots.tolist() == [isqrt(number) for number in numbers.tolist()]


def test_it_is_as_large_and_deep_as_said(tmp_path: Path) -> None:
    path = tmp_path / "root.aag"
    path.write_text(square_root(32))
    circuit = ps.read(path)
    assert circuit.gates / 32**2 == pytest.approx(5, abs=0.1)
    assert circuit.depth / 32**2 == pytest.approx(1.1, abs=0.1)
