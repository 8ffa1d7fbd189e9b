"""Topological order against its definition."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.topological import CyclicError, topological_order


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_topological_order(data: st.DataObject) -> None:
    gates = data.draw(st.integers(0, 12))
    read = [
        data.draw(st.lists(st.integers(-1, gates - 1), max_size=2), label=f"gate {gate}")
        for gate in range(gates)
    ]
    offsets = np.cumsum([0, *map(len, read)]).astype(np.int64)
    flat = np.array([gate for row in read for gate in row], np.int32)
    reach = defaultdict(set, {gate: {i for i in read[gate] if i >= 0} for gate in range(gates)})
    for _ in range(gates):
        for gate in range(gates):
            reach[gate] |= set().union(*(reach[inner] for inner in reach[gate]))
    cyclic = [gate for gate in range(gates) if gate in reach[gate]]
    if cyclic:
        with pytest.raises(CyclicError) as caught:
            topological_order(offsets, flat)
        assert caught.value.gate in cyclic
        return
    order = topological_order(offsets, flat).tolist()
    assert sorted(order) == list(range(gates))
    assert all(order.index(inner) < order.index(g) for g in range(gates) for inner in reach[g])
