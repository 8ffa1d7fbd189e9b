"""Gates as lists of literals, merged into fewer gates and fewer stages.

A gate with one reader is absorbed by that reader if the result is one AND or one OR:

| reader | reads | becomes |
|---|---|---|
| AND | an AND, plain | AND of the literals of both |
| AND | an OR, negated | AND that has the OR's inputs negated: not (b or c) = not b and not c |
| OR | an OR | OR of the inputs of both |

(An AND_NOT is an AND with negated literals.) Gates are not merged if the result would hold a
literal and its negation: it would be a constant, which no gate can be. No
merged gate has more than MAX_INPUTS literals.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_INPUTS = 6


@dataclass(eq=False)
class Logic:
    """ANDs of literals and ORs of plain literals, in lists that merging changes one by one.

    Node n is the circuit's wire n if n is below `wires`, features first, and no wire of it
    otherwise. Literal 2 * n is node n, 2 * n + 1 its negation. `literals` and `disjunction` (an OR)
    have one entry per node, unused for features; `order` lists the gates, each after
    those it reads; `outputs` are nodes, or -1 for always off.
    """

    features: int
    wires: int
    literals: list[list[int]]
    disjunction: list[bool]
    order: list[int]
    outputs: list[int]


def tidy_gates(logic: Logic) -> None:
    """Remove gates of one input, and gates that no output needs, from `logic`.

    A gate of one input stays only if a gate reads both it and the negation of its input. The
    cost is linear in gates and literals.
    """
    _skip_identities(logic)
    drop_unreached(logic)


def merge_gates(logic: Logic) -> None:
    """Absorb gates of tidy `logic` into their only readers. The cost is linear.

    Lists of literals are replaced, not changed.
    """
    _absorb(logic)
    drop_unreached(logic)


def _skip_identities(logic: Logic) -> None:
    """Replace identities by their inputs in gates and outputs; drop repeated literals."""
    same = list(range(len(logic.literals)))
    for node in logic.order:
        read = dict.fromkeys(2 * same[read >> 1] + (read & 1) for read in logic.literals[node])
        if not any(literal ^ 1 in read for literal in read):
            logic.literals[node] = list(read)
        if len(logic.literals[node]) == 1:
            logic.disjunction[node] = False
            same[node] = logic.literals[node][0] >> 1
    logic.outputs = [same[node] if node >= 0 else -1 for node in logic.outputs]


def drop_unreached(logic: Logic) -> None:
    """Remove gates that no output needs from `order` of `logic`."""
    wanted = bytearray(len(logic.literals))
    for node in logic.outputs:
        if node >= 0:
            wanted[node] = 1
    for node in reversed(logic.order):
        if wanted[node]:
            for literal in logic.literals[node]:
                wanted[literal >> 1] = 1
    logic.order = [node for node in logic.order if wanted[node]]


def _absorb(logic: Logic) -> None:
    readers = _readers(logic)
    for node in logic.order:
        read = logic.literals[node]
        if len(read) <= MAX_INPUTS:
            joined = dict.fromkeys(read)
            for literal in read:
                # An OR fits into an OR and, negated, into an AND; an AND into an AND.
                fitting = logic.disjunction[node] or bool(literal & 1)
                inner = literal >> 1
                if readers[inner] == 1 and logic.disjunction[inner] == fitting:
                    _join(joined, literal, logic.literals[inner], readers)
            logic.literals[node] = list(joined)


def _readers(logic: Logic) -> list[int]:
    """Return the number of readers of each node: above 1 for outputs, 0 for features."""
    readers = [0] * len(logic.literals)
    for node in logic.order:
        for literal in logic.literals[node]:
            readers[literal >> 1] += 1
    for node in logic.outputs:
        if node >= 0:
            readers[node] += 2
    readers[: logic.features] = [0] * logic.features
    return readers


def _join(joined: dict[int, None], literal: int, inner: list[int], readers: list[int]) -> None:
    """Replace `literal` by the literals of an inner gate, if the result is a gate."""
    found = [other ^ (literal & 1) for other in inner]
    fresh = [other for other in found if other not in joined]
    if len(joined) - 1 + len(fresh) > MAX_INPUTS or any(other ^ 1 in joined for other in found):
        return
    for other in found:
        if other in joined:
            readers[other >> 1] -= 1
    del joined[literal]
    joined.update(dict.fromkeys(fresh))
