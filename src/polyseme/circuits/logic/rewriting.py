"""Making a netlist smaller without changing what it computes, with the extra `logic` (aigverse).

Sources: A. Mishchenko, S. Chatterjee and R. Brayton, "DAG-aware AIG rewriting", DAC 2006;
A. Mishchenko and R. Brayton, "Scalable logic synthesis using a simple circuit structure", IWLS 2006
(resubstitution and refactoring).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.logic.aig import netlist_of, two_input_ands
from polyseme.circuits.logic.kept_names import with_kept_names
from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.logic.normalise import normalise
from polyseme.common.extras import import_aigverse


def rewrite(netlist: Netlist) -> Netlist:
    """Return a smaller netlist of ANDs and XORs of two literals that computes the same.

    Its ANDs are rewritten, resubstituted and refactored in rounds until a round saves no gate.
    Inputs and outputs are the same, and there are no more gates than the netlist has as ANDs of
    two. Gates keep their names if they are outputs or are built as they were; others lose theirs.
    Raises MissingExtraError when aigverse is not installed, and SourceError as `normalise`
    does.
    """
    aigverse = import_aigverse("rewriting")
    algorithms = aigverse.algorithms
    # Normalising removes repeated inputs: in an index list, a gate with the same literal twice is
    # neither an AND nor an XOR.
    ands = two_input_ands(netlist_of(normalise(netlist)))
    graph = aigverse.networks.AigIndexList(_index_list(ands)).to_aig()
    best = graph = algorithms.cleanup_dangling(graph)
    while True:
        graph = algorithms.aig_cut_rewriting(graph)
        algorithms.aig_resubstitution(graph, inplace=True)
        algorithms.sop_refactoring(graph, inplace=True)
        graph = algorithms.cleanup_dangling(graph)
        if graph.num_gates >= best.num_gates:
            smaller = _netlist(np.array(best.to_index_list().raw(), np.int64), netlist)
            return with_kept_names(smaller, ands)
        best = graph


def _index_list(ands: Netlist) -> list[int]:
    """Return an index list: counts of inputs, outputs and gates, the gates' and outputs' literals.

    Every gate has two literals, the smaller one first; the larger one first would mean an XOR.
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
