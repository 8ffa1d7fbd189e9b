"""Any family of sets can be balanced."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.drawing.balancing import balance


@st.composite
def families(draw: st.DrawFn) -> tuple[int, list[tuple[int, ...]]]:
    """Distinct sets of equal size, as uneven as they come."""
    features = draw(st.integers(1, 7))
    inputs = draw(st.integers(1, features))
    every = list(itertools.combinations(range(features), inputs))
    return features, draw(st.lists(st.sampled_from(every), min_size=1, unique=True))


@given(families(), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_any_family_can_be_balanced(family: tuple[int, list[tuple[int, ...]]], seed: int) -> None:
    features, sets = family
    generator = np.random.default_rng(seed)
    hashes = generator.integers(2**64, size=features, dtype=np.uint64)
    balanced = balance(np.array(sets, np.int32), hashes, generator)
    assert balanced.shape == (len(sets), len(sets[0]))
    assert len({frozenset(row) for row in balanced.tolist()}) == len(sets)
    assert all(len(set(row)) == len(row) for row in balanced.tolist())
    counts = np.bincount(balanced.ravel(), minlength=features)
    assert counts.max() - counts.min() <= 1
