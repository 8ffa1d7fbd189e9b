"""Making a netlist smaller without changing what it computes, with the extra `logic` (aigverse).

Sources: A. Mishchenko, S. Chatterjee and R. Brayton, "DAG-aware AIG rewriting", DAC 2006;
A. Mishchenko and R. Brayton, "Scalable logic synthesis using a simple circuit structure", IWLS 2006
(resubstitution and refactoring).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.logic.aig import netlist_of, two_input_ands
from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.logic.normalise import normalise
from polyseme.common.extras import import_aigverse


def rewrite(netlist: Netlist) -> Netlist:
    """Rewrite, resubstitute and refactor the ANDs of a netlist as long as each round saves some.

    The result is ANDs and XORs of two literals, with the same inputs, outputs, names and function,
    and no more gates than the netlist has as ANDs of two. Raises MissingExtraError when aigverse is
    not installed, and SourceError as `normalise` does.
    """
    aigverse = import_aigverse("rewriting")
    algorithms = aigverse.algorithms
    # Normalised first: a gate with the same literal twice would read as neither AND nor XOR.
    ands = two_input_ands(netlist_of(normalise(netlist)))
    graph = aigverse.networks.AigIndexList(_index_list(ands)).to_aig()
    best = graph = algorithms.cleanup_dangling(graph)
    while True:
        graph = algorithms.aig_cut_rewriting(graph)
        algorithms.aig_resubstitution(graph, inplace=True)
        algorithms.sop_refactoring(graph, inplace=True)
        graph = algorithms.cleanup_dangling(graph)
        if graph.num_gates >= best.num_gates:
            return _netlist(np.array(best.to_index_list().raw(), np.int64), netlist)
        best = graph


def _index_list(ands: Netlist) -> list[int]:
    """Counts of inputs, outputs and gates, then two literals a gate, then the outputs' literals.

    The smaller literal comes first: the other way round says XOR.
    """
    pairs = np.sort(ands.fan_in.reshape(-1, 2), axis=1).ravel()
    counts = [len(ands.inputs), len(ands.outputs), ands.gates]
    return [*counts, *pairs.tolist(), *ands.outputs.tolist()]


def _netlist(index_list: NDArray[np.int64], like: Netlist) -> Netlist:
    gates = int(index_list[2])
    pairs, outputs = np.split(index_list[3:], [2 * gates])
    pairs = pairs.reshape(-1, 2)
    return Netlist(
        inputs=like.inputs,
        kinds=np.where(pairs[:, 0] > pairs[:, 1], NetlistKind.XOR, NetlistKind.AND).astype(
            np.uint8
        ),
        fan_in_offsets=np.arange(0, 2 * gates + 1, 2, dtype=np.int64),
        fan_in=pairs.ravel().astype(np.int32),
        outputs=outputs.astype(np.int32),
        output_names=like.output_names,
        name=like.name,
    )
