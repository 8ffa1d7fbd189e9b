"""Random netlists and circuits for tests, and a slow oracle of what a netlist computes."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from polyseme.circuits import Circuit, Names, Netlist, NetlistKind, normalise


def make_netlist(
    inputs: int, gates: list[tuple[NetlistKind, list[int]]], outputs: list[int], name: str = "net"
) -> Netlist:
    return Netlist(
        inputs=Names([f"in {i}" for i in range(inputs)]),
        kinds=np.array([kind for kind, _ in gates], np.uint8),
        fan_in_offsets=np.cumsum([0, *(len(read) for _, read in gates)]).astype(np.int64),
        fan_in=np.array([literal for _, read in gates for literal in read], np.int32),
        outputs=np.array(outputs, np.int32),
        output_names=Names([f"out {i}" for i in range(len(outputs))]),
        name=name,
    )


@st.composite
def netlists(draw: st.DrawFn, max_inputs: int = 8) -> Netlist:
    """Small netlists with constants, repeated literals, empty gates and XORs of up to 14."""
    inputs = draw(st.integers(1, max_inputs))
    gates: list[tuple[NetlistKind, list[int]]] = []
    for _ in range(draw(st.integers(0, 12))):
        literals = st.integers(0, 2 * (inputs + len(gates)) + 1)
        widest = draw(st.sampled_from([2, 3, 14]))
        read = draw(st.lists(literals, max_size=widest))
        gates.append((draw(st.sampled_from(NetlistKind)), read))
    literals = st.integers(0, 2 * (inputs + len(gates)) + 1)
    return make_netlist(inputs, gates, draw(st.lists(literals, min_size=1, max_size=6)))


def computed(netlist: Netlist, on: tuple[bool, ...]) -> list[bool]:
    """What the outputs are, one dictionary look-up at a time."""
    values = {0: False, 1: True}
    for signal, value in enumerate(on, start=1):
        values[2 * signal], values[2 * signal + 1] = value, not value
    for gate in range(netlist.gates):
        begin, end = netlist.fan_in_offsets[gate : gate + 2]
        read = [values[literal] for literal in netlist.fan_in[begin:end].tolist()]
        value = all(read) if netlist.kinds[gate] == NetlistKind.AND else sum(read) % 2 == 1
        signal = len(on) + 1 + gate
        values[2 * signal], values[2 * signal + 1] = value, not value
    return [values[literal] for literal in netlist.outputs.tolist()]


def every_input(count: int) -> list[tuple[bool, ...]]:
    return list(itertools.product([False, True], repeat=count))


def large_circuit(gates: int, seed: int) -> Circuit:
    """A circuit of about so many gates, some wide, with inverted and constant outputs."""
    generator = np.random.default_rng(seed)
    inputs = int(generator.integers(20, 300))
    widths = generator.choice([2, 2, 2, 3, 5], gates)
    signal = np.repeat(np.arange(inputs + 1, inputs + 1 + gates), widths)
    # Mostly the neighbourhood, so that circuits are deep, and some inputs.
    reach = np.where(generator.random(len(signal)) < 0.3, signal - 1, np.minimum(200, signal - 1))
    read = signal - 1 - (generator.random(len(signal)) * reach).astype(np.int64)
    outputs = generator.integers(max(1, inputs + gates - 100), inputs + gates + 1, 30)
    literals = 2 * outputs + generator.integers(0, 2, 30)
    literals[:3] = (0, 1, 2)
    return normalise(
        Netlist(
            inputs=Names(prefix="x", count=inputs),
            kinds=(generator.random(gates) < 0.3).astype(np.uint8),
            fan_in_offsets=np.concatenate(([0], np.cumsum(widths))),
            fan_in=(2 * read + generator.integers(0, 2, len(read))).astype(np.int32),
            outputs=literals.astype(np.int32),
            output_names=Names([f"out {i}" for i in range(30)]),
            name=f"random {seed}",
        )
    )
