"""Sums of products as text: "1-0" is the AND of the first input and the negated third input."""

from __future__ import annotations

from collections.abc import Sequence

from polyseme.circuits.logic.netlist import NetlistKind
from polyseme.circuits.readers.signals import Signals

# Above this width the cover of a parity would be longer than any file.
_MAX_PARITY_INPUTS = 24


def define_cover(
    signals: Signals,
    name: str,
    literals: Sequence[int],
    cubes: Sequence[str],
    line: int,
    negated: bool = False,
) -> None:
    """Define a signal as the OR of cubes or its negation; the OR of no cubes is false.

    Every cube has one of "0", "1" and "-" for every literal. A cover of all inputs of odd parity,
    or of all of even parity, becomes an XOR.
    """
    if _is_parity(cubes, len(literals)):
        even = cubes[0].count("1") % 2 == 0
        signals.define(name, NetlistKind.XOR, literals, line, negated != even)
    elif len(cubes) == 1:
        signals.define(name, NetlistKind.AND, _factors(cubes[0], literals), line, negated)
    else:
        others = [1 ^ _term(signals, cube, literals, line) for cube in cubes]
        signals.define(name, NetlistKind.AND, others, line, not negated)


def _factors(cube: str, literals: Sequence[int]) -> list[int]:
    return [
        literal ^ (mark == "0") for mark, literal in zip(cube, literals, strict=True) if mark != "-"
    ]


def _term(signals: Signals, cube: str, literals: Sequence[int], line: int) -> int:
    factors = _factors(cube, literals)
    return factors[0] if len(factors) == 1 else signals.gate(NetlistKind.AND, factors, line)


def _is_parity(cubes: Sequence[str], width: int) -> bool:
    if not 2 <= width <= _MAX_PARITY_INPUTS or len(cubes) != 1 << (width - 1):
        return False
    odd = cubes[0].count("1") % 2
    alike = all("-" not in cube and cube.count("1") % 2 == odd for cube in cubes)
    return alike and len(set(cubes)) == len(cubes)
