"""Formulas such as `a & ~b | c` as text, which become gates and are never evaluated as Python.

Operators bind as in Python, C and Verilog: `~` first, then `&`, `^`, `|`, and `? :` last. The
parser keeps its own stack, so parentheses may be nested as deep as a file is long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from polyseme.circuits.logic.netlist import NetlistKind
from polyseme.circuits.logic.wide_gates import AddGate, any_of, at_least
from polyseme.circuits.readers.text import shown_text, whole_number
from polyseme.errors import SourceError

# How tightly operators bind, and what each is called in `_Parser.reduce`.
_BINDING = {"?": 1, "?:": 1, "|": 2, "^": 3, "~^": 3, "&": 4, "~": 5}
FUNCTIONS = ("all", "any", "at_least")
MAX_COUNT = 10**7


@dataclass(frozen=True)
class Token:
    """A piece of a formula: `kind` is "operator", "name" or "constant"; `line` is where it is."""

    kind: str
    text: str
    line: int


@dataclass
class _Open:
    """An operator, parenthesis or function on the stack that waits for what follows it."""

    text: str
    line: int
    # Of a function: how many values there were before its arguments, and its number.
    values: int = 0
    count: int = 0


def read_formula(
    tokens: Sequence[Token],
    shown: str,
    literal_of: Callable[[str, int], int],
    add: AddGate,
) -> int:
    """Return the literal of a formula.

    `literal_of` returns the literal of a name on a line, `add` adds a gate. Constants are "0" and
    "1". Raises SourceError that begins with `shown` and names the line and the rule.
    """
    parser = _Parser(shown, literal_of, add)
    place = 0
    while place < len(tokens):
        place += parser.take(tokens, place)
    return parser.finish(tokens[-1].line if tokens else 0)


class _Parser:
    """Values and open operators so far: the shunting-yard of Dijkstra."""

    def __init__(self, shown: str, literal_of: Callable[[str, int], int], add: AddGate):
        self._shown = shown
        self._literal_of = literal_of
        self._add = add
        self._values: list[int] = []
        self._open: list[_Open] = []
        # Whether a value must come next, rather than an operator between two values.
        self._wants_value = True

    def take(self, tokens: Sequence[Token], place: int) -> int:
        """Take the token at a place, and return how many were taken."""
        token = tokens[place]
        if token.kind != "operator":
            return self._take_value(tokens, place)
        if token.text == "(":
            self._want(True, token)
            self._open.append(_Open("(", token.line))
        elif token.text == "~":
            self._want(True, token)
            self._open.append(_Open("~", token.line))
        else:
            self._want(False, token)
            self._take_after_value(token)
        return 1

    def _take_value(self, tokens: Sequence[Token], place: int) -> int:
        token = tokens[place]
        self._want(True, token)
        called = token.kind == "name" and token.text in FUNCTIONS
        if called and _text_at(tokens, place + 1) == "(":
            opened = _Open(token.text, token.line, len(self._values))
            self._open.append(opened)
            if token.text != "at_least":
                return 2
            if _text_at(tokens, place + 3) != ",":
                raise self._error(token.line, "at_least takes a number, a comma and what it counts")
            what = f"{self._shown}, line {token.line}: the number of at_least"
            opened.count = whole_number(tokens[place + 2].text, 0, MAX_COUNT, what)
            return 4
        constant = token.kind == "constant"
        self._values.append(
            int(token.text) if constant else self._literal_of(token.text, token.line)
        )
        self._wants_value = False
        return 1

    def _take_after_value(self, token: Token) -> None:
        if token.text == ")":
            self._close(token)
        elif token.text == ",":
            self._reduce(0)
            if not self._open or self._open[-1].text not in FUNCTIONS:
                raise self._error(token.line, "a comma stands outside a function")
            self._wants_value = True
        elif token.text == ":":
            self._reduce(_BINDING["?"] + 1)
            while self._open and self._open[-1].text == "?:":
                self._apply(self._open.pop())
            if not self._open or self._open[-1].text != "?":
                raise self._error(token.line, "':' without '?'")
            self._open[-1].text = "?:"
            self._wants_value = True
        else:
            # Of equal operators the left one is first, but a ? b : c ? d : e is a ? b : (c ...).
            right = token.text == "?"
            self._reduce(_BINDING[token.text] + right)
            self._open.append(_Open(token.text, token.line))
            self._wants_value = True

    def finish(self, line: int) -> int:
        """Return the literal of the whole formula, which ends on a line."""
        if self._wants_value:
            raise self._error(line, "a formula ends where a name must stand")
        self._reduce(0)
        if self._open:
            waiting = self._open[-1]
            text = "(" if waiting.text in FUNCTIONS else waiting.text
            rule = "is never closed" if text == "(" else "has no ':'"
            raise self._error(waiting.line, f"{text!r} {rule}")
        return self._values[0]

    def _close(self, token: Token) -> None:
        self._reduce(0)
        if not self._open or self._open[-1].text == "?":
            raise self._error(token.line, "')' without '('")
        opened = self._open.pop()
        if opened.text != "(":
            arguments = self._values[opened.values :]
            del self._values[opened.values :]
            self._values.append(self._called(opened, arguments))

    def _called(self, function: _Open, arguments: list[int]) -> int:
        if function.text == "all":
            return self._add(NetlistKind.AND, arguments)
        if function.text == "any":
            return any_of(arguments, self._add)
        return at_least(function.count, arguments, self._add)

    def _reduce(self, binding: int) -> None:
        """Apply open operators that bind at least so tightly, the last one first."""
        while self._open and _BINDING.get(self._open[-1].text, -1) >= binding:
            if self._open[-1].text == "?":
                return
            self._apply(self._open.pop())

    def _apply(self, operator: _Open) -> None:
        if operator.text == "~":
            self._values[-1] ^= 1
            return
        right = self._values.pop()
        left = self._values.pop()
        if operator.text == "?:":
            chooser = self._values.pop()
            made = choose(chooser, left, right, self._add)
        elif operator.text == "&":
            made = self._add(NetlistKind.AND, (left, right))
        elif operator.text == "|":
            made = any_of((left, right), self._add)
        else:
            made = self._add(NetlistKind.XOR, (left, right)) ^ (operator.text == "~^")
        self._values.append(made)

    def _want(self, value: bool, token: Token) -> None:
        if value == self._wants_value:
            return
        wanted = "a name, ~ or (" if self._wants_value else "an operator"
        raise self._error(token.line, f"{shown_text(token.text)} stands where {wanted} must stand")

    def _error(self, line: int, rule: str) -> SourceError:
        return SourceError(f"{self._shown}, line {line}: {rule}")


def choose(chooser: int, if_on: int, if_off: int, add: AddGate) -> int:
    """Return the literal of `if_on` where `chooser` is true, and else of `if_off`."""
    on = add(NetlistKind.AND, (chooser, if_on))
    off = add(NetlistKind.AND, (chooser ^ 1, if_off))
    return any_of((on, off), add)


def _text_at(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].text if place < len(tokens) else ""
