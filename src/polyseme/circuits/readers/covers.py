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


def few_cubes(table: int, width: int) -> list[str]:
    """Return few cubes that cover a truth table and no more.

    The lowest bit of the table is the row of all zeros; bit k of a row's number is input k.
    """
    return _cubes(table, table, width)[0]


def _cubes(must: int, may: int, width: int) -> tuple[list[str], int]:
    """Return few cubes that cover the table `must` and no more than `may`, and the table covered.

    The lowest bit of a table is the row of all zeros. This is the recursion of Minato and Morreale.
    The table is split by its last input. The rows that only cubes that read this input can cover
    are covered first, and the rows left over by cubes that do not read it. Every cube covers a row
    of `must` that no other covers, so the table bounds the number of cubes and the work, and the
    depth is `width`.
    """
    if not must:
        return [], 0
    if may == 2**2**width - 1:
        return ["-" * width], may
    half = 2 ** (width - 1)
    ones = 2**half - 1
    must_low, must_high, may_low, may_high = must & ones, must >> half, may & ones, may >> half
    low, covered_low = _cubes(must_low & ~may_high, may_low, width - 1)
    high, covered_high = _cubes(must_high & ~may_low, may_high, width - 1)
    left = must_low & ~covered_low | must_high & ~covered_high
    both, covered = _cubes(left, may_low & may_high, width - 1)
    parts = ((low, "0"), (high, "1"), (both, "-"))
    cubes = [cube + mark for part, mark in parts for cube in part]
    return cubes, covered_low | covered | (covered_high | covered) << half
