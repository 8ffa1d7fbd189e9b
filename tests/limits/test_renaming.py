"""Circuits that differ by names, against brute force."""

from __future__ import annotations

import itertools
import sys
from math import factorial, log2

import numpy as np
import pytest
from hypothesis import given, settings

from polyseme.circuits import Circuit, evaluate_dense, problems
from polyseme.limits.renaming import renaming_bits
from support.gates import IDENTITY, OR, XOR, over, small_circuits


def renamings(circuit: Circuit) -> int:
    """How many functions there are of the features renamed, by trying every renaming."""
    features = len(circuit.features)
    bits = np.array(list(itertools.product((0, 1), repeat=features)), bool)
    return len(
        {
            evaluate_dense(circuit, bits[:, list(order)]).tobytes()
            for order in itertools.permutations(range(features))
        }
    )


@given(small_circuits())
@settings(max_examples=60, deadline=None)
def test_renaming_never_counts_functions_there_are_not(circuit: Circuit) -> None:
    assert 0 <= renaming_bits(circuit) <= log2(renamings(circuit)) + 1e-9


def test_renaming_counts_a_permutation_whole() -> None:
    assert renaming_bits(problems.permutation(300)) == pytest.approx(log2(factorial(300)))
    twins = over(5, [(OR, (0, 1)), (XOR, (5, 2)), (IDENTITY, (3,))], [6, 7])
    # 0, 1 and 2 alone do the same, though they are wired differently; 4 does nothing.
    assert renaming_bits(twins) == pytest.approx(log2(factorial(5) / factorial(3)))
    assert renaming_bits(problems.pairwise_and(20, 30)) == 0


def test_renaming_a_wide_circuit_by_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = problems.layered(200, 3)
    whole = renaming_bits(circuit)
    # By its module: as an attribute of the package, `bounds` is the function.
    monkeypatch.setattr(sys.modules[renaming_bits.__module__], "_TRIED_OUTPUTS", 64)
    assert 0 < renaming_bits(circuit) < whole < log2(factorial(200))
