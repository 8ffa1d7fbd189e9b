"""Names of gates that rewriting leaves: those of outputs, and of gates built as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polyseme.circuits.logic.netlist import Netlist


def with_kept_names(after: Netlist, before: Netlist) -> Netlist:
    """Return `after` with the names of `before` whose gates are still there.

    The two have the same inputs and compute the same outputs, and their gates read two literals. A
    gate is still there if the same gates over the same inputs build it, or if it is an output.
    """
    known: dict[tuple[int, int, int], int] = {}
    old, new = _built(before, known), _built(after, known)
    place: dict[int, int] = {}
    for node, literal in enumerate(new):
        place.setdefault(literal >> 1, 2 * node ^ (literal & 1))
    for was, now in zip(before.outputs.tolist(), after.outputs.tolist(), strict=True):
        built = old[was >> 1] ^ (was & 1)
        place.setdefault(built >> 1, now ^ (built & 1))
    named: dict[str, int] = {}
    for name, literal in zip(before.named, before.named_literals.tolist(), strict=True):
        built = old[literal >> 1] ^ (literal & 1)
        if built >> 1 in place:
            named[name] = place[built >> 1] ^ (built & 1)
    literals = np.array(list(named.values()), np.int32)
    return replace(after, named=tuple(named), named_literals=literals)


def _built(netlist: Netlist, known: dict[tuple[int, int, int], int]) -> list[int]:
    """Return a literal for every node that is the same for all gates built alike, in all netlists.

    `known` has the number of every gate seen, by its kind and the literals it reads.
    """
    literals = [2 * node for node in range(len(netlist.inputs) + 1)]
    pairs = netlist.fan_in.reshape(-1, 2).tolist()
    for kind, pair in zip(netlist.kinds.tolist(), pairs, strict=True):
        low, high = sorted(literals[literal >> 1] ^ (literal & 1) for literal in pair)
        number = known.setdefault((kind, low, high), len(known) + len(netlist.inputs) + 1)
        literals.append(2 * number)
    return literals
