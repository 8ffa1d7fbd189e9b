"""Logic as it was read, added to a graph gate by gate."""

from __future__ import annotations

from itertools import pairwise

from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.proving.logic.graph import Graph


def netlist_logic(netlist: Netlist, graph: Graph) -> list[int]:
    """Return the literal of every output of a netlist, in a graph over its inputs.

    Args:
        netlist: The logic, with its gates in topological order.
        graph: A graph with one input per input, in their order. It gets the ANDs.

    Returns:
        A literal per output.
    """
    literals = list(range(0, 2 * len(netlist.inputs) + 2, 2))
    fan_in, ends = netlist.fan_in.tolist(), netlist.fan_in_offsets.tolist()
    for kind, (begin, end) in zip(netlist.kinds.tolist(), pairwise(ends), strict=True):
        read = [literals[literal >> 1] ^ (literal & 1) for literal in fan_in[begin:end]]
        literals.append(graph.all_of(read) if kind == NetlistKind.AND else graph.odd_of(read))
    return [literals[literal >> 1] ^ (literal & 1) for literal in netlist.outputs.tolist()]
