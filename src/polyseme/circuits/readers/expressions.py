"""Expressions: lines such as `y = a & b | ~c`, in a file or as the text of a source."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from polyseme.circuits.logic.flattening import flatten
from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.readers.formulas import Token, read_formula
from polyseme.circuits.readers.signals import Signals
from polyseme.circuits.readers.text import lines_of, read_logic, shown_text
from polyseme.common.files import shown_path
from polyseme.common.plain_text import normal
from polyseme.errors import SourceError

_ORDERS = ("INORDER", "OUTORDER")
# ABC writes * + and ! in equations.
_SAME = {"*": "&", "+": "|", "!": "~"}
_TOKEN = re.compile(
    r"""\s*(?: (?P<operator>[&|^~()*+!,]) | "(?P<quoted>[^"]*)" | (?P<word>[^\s&|^~()*+!,=;"#]+)
    | (?P<equals>=) | (?P<end>;) | (?P<other>\S) )""",
    re.VERBOSE,
)
# What a source must begin with to be expressions rather than the path of a file.
_ASSIGNMENT = re.compile(r'\s*(?:#[^\n]*\n\s*)*(?:"[^"\n]*"|[^\s&|^~()*+!,=;"#:]+)\s*=(?!=)')


def is_expression(source: str) -> bool:
    """Return whether the text of a source begins as expressions do: with a name and an =."""
    return bool(_ASSIGNMENT.match(source))


def read_expressions(path: str | os.PathLike[str]) -> Netlist:
    """Read a file of expressions.

    Raises SourceError naming the file, the line and the rule if it is no such file.
    """
    return _netlist(read_logic(path), shown_path(path), shown_path(Path(path).name))


def expressions_of(text: str) -> Netlist:
    """Return the netlist of expressions as text. Raises SourceError naming the line and rule."""
    return _netlist(normal(text), "expression", _name_of(text))


def _name_of(text: str) -> str:
    """Return the text of expressions in one line, cut to a length for reports."""
    line = "; ".join(filter(None, map(str.strip, text.splitlines())))
    return shown_text(line)[1:-1] or "expression"


def _netlist(text: str, shown: str, name: str) -> Netlist:
    reader = _Expressions(shown)
    for statement in _statements(text, shown):
        reader.take(statement)
    return flatten(reader.netlist(name))


class _Expressions:
    """The signals of expressions so far; statements may stand in any order."""

    def __init__(self, shown: str):
        self._shown = shown
        self._signals = Signals(shown)
        # Names in the order they are met, with the first line of each.
        self._met: dict[str, int] = {}
        self._defined: dict[str, int] = {}
        self._read: set[str] = set()
        self._orders: dict[str, dict[str, int]] = {}

    def take(self, statement: list[Token]) -> None:
        """Take one statement: a definition, or the order of inputs or outputs."""
        first = statement[0]
        if first.kind != "name" or len(statement) < 2 or statement[1].kind != "equals":
            raise self._error(first.line, "a line must be: NAME = expression")
        right = statement[2:]
        for token in right:
            if token.kind == "equals" and first.text in _ORDERS:
                raise self._error(first.line, f"{first.text} must end in ;")
            if token.kind == "equals":
                raise self._error(token.line, "a second '='; write one definition per line")
        if first.text in _ORDERS:
            self._take_order(first, right)
            return
        if not right:
            raise self._error(first.line, f"nothing stands behind {shown_text(first.text)} =")
        literal = read_formula(right, self._shown, self._literal, self._adder(first.line))
        self._signals.define(first.text, NetlistKind.AND, (literal,), first.line)
        self._defined[first.text] = first.line

    def _adder(self, line: int) -> partial[int]:
        return partial(self._signals.gate, line=line)

    def _literal(self, name: str, line: int) -> int:
        self._met.setdefault(name, line)
        self._read.add(name)
        return self._signals.literal(name, line)

    def _take_order(self, order: Token, names: list[Token]) -> None:
        if order.text in self._orders:
            raise self._error(order.line, f"{order.text} is given twice")
        for token in names:
            if token.kind != "name":
                raise self._error(token.line, f"{order.text} lists names, not {token.text!r}")
        self._orders[order.text] = {}
        for token in names:
            if token.text in self._orders[order.text]:
                raise self._error(token.line, f"{shown_text(token.text)} is listed twice")
            self._orders[order.text][token.text] = token.line

    def netlist(self, name: str) -> Netlist:
        """Return the netlist. Inputs are names that are read and not defined, unless listed."""
        free = {name: line for name, line in self._met.items() if name not in self._defined}
        for one, line in self._orders.get("INORDER", free).items():
            self._signals.add_input(one, line)
        ends = {name: line for name, line in self._defined.items() if name not in self._read}
        if self._defined and not ends and "OUTORDER" not in self._orders:
            first, line = next(iter(self._defined.items()))
            raise self._error(
                line,
                f"every name is read by another, so none is an output ({shown_text(first)} "
                "first); list them: OUTORDER = NAME NAME;",
            )
        for one, line in self._orders.get("OUTORDER", ends).items():
            self._signals.add_output(one, line)
        return self._signals.netlist(name)

    def _error(self, line: int, rule: str) -> SourceError:
        return SourceError(f"{self._shown}, line {line}: {rule}")


def _statements(text: str, shown: str) -> Iterator[list[Token]]:
    """Yield the tokens of every statement.

    A statement ends with a semicolon, or with its line unless a parenthesis is open there, an
    operator stands at the end, or it is INORDER or OUTORDER.
    """
    tokens: list[Token] = []
    depth = 0
    for line, whole in lines_of(text, shown):
        for token in _tokens(whole, line, shown):
            if token.kind == "end":
                yield from (tokens,) if tokens else ()
                tokens, depth = [], 0
                continue
            depth += {"(": 1, ")": -1}.get(token.text if token.kind == "operator" else "", 0)
            tokens.append(token)
        if tokens and depth <= 0 and not _goes_on(tokens):
            yield tokens
            tokens, depth = [], 0
    if tokens:
        yield tokens


def _goes_on(tokens: list[Token]) -> bool:
    last = tokens[-1]
    if last.kind == "equals" or (last.kind == "operator" and last.text != ")"):
        return True
    return tokens[0].text in _ORDERS


def _tokens(text: str, line: int, shown: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(_without_comment(text)):
        kind, piece = str(found.lastgroup), found[str(found.lastgroup)]
        if kind == "other":
            what = "opens a name that is never closed" if piece == '"' else "has no meaning here"
            raise SourceError(f"{shown}, line {line}: {shown_text(piece)} {what}")
        if kind == "operator":
            yield Token(kind, _SAME.get(piece, piece), line)
        elif kind == "word" and piece in ("0", "1"):
            yield Token("constant", piece, line)
        elif kind in ("word", "quoted"):
            yield Token("name", piece, line)
        else:
            yield Token(kind, piece, line)


def _without_comment(text: str) -> str:
    """Return a line up to its #, unless that stands in a quoted name."""
    if "#" not in text:
        return text
    return re.match(r'(?:[^"#]|"[^"]*")*', text)[0]  # type: ignore[index]
