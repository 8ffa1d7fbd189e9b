"""Unrolled restoring square roots as text: large and deep logic of any size, all ANDs of two.

    python benchmarks/harness/square_root.py 64 > root.aag

The root of a whole number is found bit by bit, the highest first, as by hand: two more bits of the
number are appended to the remainder, and four times the root so far plus one is subtracted. If a
borrow is left over, the bit of the root is 0 and the remainder is as before. Every subtraction
ripples from bit to bit, so a root of n bits takes about 5 n^2 ANDs in 1.1 n^2 levels: at 71 bits as
many as the circuit `sqrt` of the EPFL benchmarks, which is of the same kind.
"""

from __future__ import annotations

import sys

OFF, ON = 0, 1


class _Ands:
    """ANDs in the literals of AIGER: two times the variable, plus 1 where negated."""

    def __init__(self, inputs: int):
        self._inputs = inputs
        self.rows: list[tuple[int, int, int]] = []

    def both(self, first: int, second: int) -> int:
        """Return a literal of (first and second); one of a constant takes no AND."""
        if OFF in (first, second):
            return OFF
        if ON in (first, second):
            return second if first == ON else first
        literal = 2 * (self._inputs + len(self.rows) + 1)
        self.rows.append((literal, max(first, second), min(first, second)))
        return literal

    def either(self, first: int, second: int) -> int:
        """Return a literal of (first or second)."""
        return self.both(first ^ 1, second ^ 1) ^ 1

    def subtract(self, first: int, second: int, borrow: int) -> tuple[int, int]:
        """Return first - second - borrow: the bit, and the borrow that is left over."""
        less, more = self.both(first ^ 1, second), self.both(first, second ^ 1)
        same = self.both(less ^ 1, more ^ 1)
        kept, passed = self.both(same ^ 1, borrow ^ 1), self.both(same, borrow)
        return self.either(kept, passed), self.either(less, passed)


def square_root(bits: int) -> str:
    """Return the whole square root of a number of 2 x `bits` bits, as an ASCII AIGER file.

    Inputs are n0 (the lowest bit), n1, ...; outputs are root0, root1, ...
    """
    ands = _Ands(2 * bits)
    number = [2 * (variable + 1) for variable in range(2 * bits)]
    remainder: list[int] = []
    root: list[int] = []
    for place in reversed(range(bits)):
        # Lowest bits first, as in all lists here.
        remainder = [number[2 * place], number[2 * place + 1], *remainder]
        tried = [ON, OFF, *root]
        tried += [OFF] * (len(remainder) - len(tried))
        borrow, left = OFF, []
        for first, second in zip(remainder, tried, strict=True):
            bit, borrow = ands.subtract(first, second, borrow)
            left.append(bit)
        fits = borrow ^ 1
        # What is left is at most twice the root so far, so its highest bits are 0.
        size = bits - place + 1
        pairs = list(zip(left, remainder, strict=True))[:size]
        remainder = [
            ands.either(ands.both(fits, new), ands.both(borrow, old)) for new, old in pairs
        ]
        root = [fits, *root]
    return _text(number, ands.rows, root)


def _text(inputs: list[int], ands: list[tuple[int, int, int]], outputs: list[int]) -> str:
    header = f"aag {len(inputs) + len(ands)} {len(inputs)} 0 {len(outputs)} {len(ands)}"
    rows = [*inputs, *outputs, *(f"{literal} {one} {two}" for literal, one, two in ands)]
    names = [f"i{place} n{place}" for place in range(len(inputs))]
    names += [f"o{place} root{place}" for place in range(len(outputs))]
    return "\n".join([header, *map(str, rows), *names, ""])


if __name__ == "__main__":
    print(square_root(int(sys.argv[1])), end="")
