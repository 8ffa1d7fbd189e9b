"""Gates placed where there is room, against the same placed by sorting on every level."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit
from polyseme.compiler.schedule.levelling import _Waiting, soonest_and_latest
from polyseme.compiler.schedule.merging import drop_unreached
from polyseme.compiler.schedule.packing import Gates, pack
from polyseme.compiler.schedule.scheduling import open_gates
from support.circuits import circuits


def sorted_levels(gates: Gates, latest: list[int], limit: int, depth: int) -> list[int] | None:
    """List scheduling as its description says: the most urgent first, as many as the limit."""
    read = [
        set(gates.read[begin:end].tolist())
        for begin, end in zip(gates.offsets[:-1], gates.offsets[1:], strict=True)
    ]
    free, level = gates.identities.tolist(), [0] * len(latest)
    done, waiting = set(range(gates.features)), []
    for number in range(1, depth + 1):
        ready = [gate for gate in range(len(read)) if read[gate] <= done]
        waiting += [
            gate for gate in ready if gate not in waiting and not level[gates.features + gate]
        ]
        waiting.sort(key=lambda gate: latest[gates.features + gate])
        counted = [gate for gate in waiting if not free[gate]][:limit]
        placed = [gate for gate in waiting if free[gate] or gate in counted]
        waiting = [gate for gate in waiting if gate not in placed]
        if any(latest[gates.features + gate] <= number for gate in waiting):
            return None
        for gate in placed:
            level[gates.features + gate] = number
        done |= {gates.features + gate for gate in placed}
    return level


@given(circuits(), st.integers(1, 4))
@settings(max_examples=200, deadline=None)
def test_gates_wait_as_if_sorted_on_every_level(circuit: Circuit, limit: int) -> None:
    logic = open_gates(circuit)
    drop_unreached(logic)
    gates = pack(logic)
    if not len(gates.disjunction):
        return
    _, latest = soonest_and_latest(gates)
    depth = len(latest.widths)
    found = _Waiting(gates, latest).within(limit, depth)
    wanted = sorted_levels(gates, latest.level.tolist(), limit, depth)
    assert (None if found is None else found.tolist()) == wanted
