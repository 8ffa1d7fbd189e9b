"""Gate-level Verilog: one module of `assign` and of the primitives `and`, `nand`, `not` and so on.

This reader needs no extra, though aigverse (the extra `logic`) reads Verilog too: version 0.1.7
refuses primitives, keeps no names of inner signals, says neither line nor rule of a broken file,
and takes an output that nothing drives as none. The tests compare the two where both can read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from polyseme.circuits.logic.flattening import flatten
from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.readers.formulas import FUNCTIONS, Token, read_formula
from polyseme.circuits.readers.signals import Signals
from polyseme.circuits.readers.text import read_logic, shown_text
from polyseme.circuits.readers.verilog_tokens import verilog_tokens
from polyseme.common.files import shown_path
from polyseme.errors import SourceError

# Of a vector, bits.
MAX_WIDTH = 2**20

_DIRECTIONS = ("input", "output", "wire")
# Kind of the gate, 1 if its inputs are negated, and whether its output is.
_PRIMITIVES = {
    "and": (NetlistKind.AND, 0, False),
    "nand": (NetlistKind.AND, 0, True),
    "or": (NetlistKind.AND, 1, True),
    "nor": (NetlistKind.AND, 1, False),
    "xor": (NetlistKind.XOR, 0, False),
    "xnor": (NetlistKind.XOR, 0, True),
    "buf": (NetlistKind.AND, 0, False),
    "not": (NetlistKind.AND, 0, True),
}
_BEHAVIOUR = ("always", "initial", "reg", "case", "if", "function", "task", "generate", "inout")
_BIT = re.compile(r"([0-9]+)\s*'\s*[sS]?([bBoOdDhH])\s*([0-9a-fA-F_]+)")
_BASES = {"b": 2, "o": 8, "d": 10, "h": 16}


def read_verilog(path: str | os.PathLike[str]) -> Netlist:
    """Read the one module of a file of gate-level Verilog.

    Raises SourceError naming the file, the line and the rule if it is no such file.
    """
    shown = shown_path(path)
    module = _Module(shown, list(verilog_tokens(read_logic(path), shown)))
    module.read()
    return flatten(module.signals.netlist(shown_path(Path(path).name)))


@dataclass(frozen=True)
class _Range:
    """The bits of a vector, first and last as declared; None for a single wire."""

    first: int
    last: int

    @property
    def bits(self) -> Iterator[int]:
        """The numbers of the bits, lowest first."""
        return iter(range(min(self.first, self.last), max(self.first, self.last) + 1))


class _Module:
    """The tokens of a file, read one after the other, and the signals so far."""

    def __init__(self, shown: str, tokens: list[Token]):
        self.signals = Signals(shown)
        self._shown = shown
        self._tokens = tokens
        self._place = 0
        # The range of every declared name, and the ports that have no direction yet, with lines.
        self._ranges: dict[str, _Range | None] = {}
        self._header_names: dict[str, int] = {}

    def read(self) -> None:
        """Read a module from its first word to its last, behind which nothing may stand."""
        if not self._tokens:
            raise SourceError(f"{self._shown}: the file is empty; a module must stand in it")
        self._expect("module")
        self._name("the module")
        if self._take("("):
            self._header()
        self._expect(";")
        while not self._take("endmodule"):
            self._statement()
        for name, line in self._header_names.items():
            rule = "is a port that is declared neither input nor output"
            raise SourceError(f"{self._shown}, line {line}: {shown_text(name)} {rule}")
        if self._place < len(self._tokens):
            raise self._error("stands behind the module; put all of the circuit into one module")

    def _header(self) -> None:
        direction = ""
        range_: _Range | None = None
        while not self._take(")"):
            if self._peek().text in _DIRECTIONS:
                direction = self._next().text
                self._take("wire")
                range_ = self._range()
            line = self._peek().line
            name = self._name("a port")
            if direction:
                self._declare(direction, name, range_, line)
            else:
                self._header_names[name] = line
            if not self._take(","):
                self._expect(")")
                return

    def _statement(self) -> None:
        token = self._peek()
        if token.kind == "name" and token.text in _DIRECTIONS:
            self._declaration()
        elif token.text == "assign" and token.kind == "name":
            self._next()
            self._assignments()
        elif token.text in _PRIMITIVES and token.kind == "name":
            self._instances(self._next().text)
        elif token.text in _BEHAVIOUR:
            raise self._error("is not gate-level Verilog; synthesise it to assign and gates first")
        elif token.kind in ("name", "escaped"):
            raise self._error("is no primitive; put modules and library cells in place first")
        else:
            raise self._error("stands where a statement must begin")

    def _declaration(self) -> None:
        direction = self._next().text
        self._take("wire")
        range_ = self._range()
        while True:
            line = self._peek().line
            name = self._name("a wire")
            self._declare(direction, name, range_, line)
            if self._take("="):
                self._define(self._bit(name, line), line)
            if not self._take(","):
                break
        self._expect(";")

    def _declare(self, direction: str, name: str, range_: _Range | None, line: int) -> None:
        place = f"{self._shown}, line {line}: "
        again = name in self._ranges
        # A port may be declared a wire again, as old Verilog has it.
        if again and (direction != "wire" or self._ranges[name] != range_):
            raise SourceError(f"{place}{shown_text(name)} is declared twice")
        self._ranges[name] = range_
        if direction == "wire":
            return
        self._header_names.pop(name, None)
        add = self.signals.add_input if direction == "input" else self.signals.add_output
        for bit in self._bits(name):
            add(bit, line)

    def _bits(self, name: str) -> Iterator[str]:
        range_ = self._ranges[name]
        return iter([name]) if range_ is None else (f"{name}[{bit}]" for bit in range_.bits)

    def _range(self) -> _Range | None:
        if not self._take("["):
            return None
        first = self._whole()
        self._expect(":")
        last = self._whole()
        if abs(first - last) >= MAX_WIDTH:
            raise self._error(f"ends a vector of more than {MAX_WIDTH} bits")
        self._expect("]")
        return _Range(first, last)

    def _assignments(self) -> None:
        while True:
            line = self._peek().line
            target = self._signal()
            self._expect("=")
            self._define(target, line)
            if not self._take(","):
                break
        self._expect(";")

    def _define(self, target: str, line: int) -> None:
        self.signals.define(target, NetlistKind.AND, (self._formula(line),), line)

    def _formula(self, line: int) -> int:
        """Read a formula up to the comma, semicolon or parenthesis that ends it."""
        tokens: list[Token] = []
        depth = 0
        while depth or not self._is_sign(",", ";", ")"):
            token = self._peek()
            depth += {"(": 1, ")": -1}.get(token.text if token.kind == "sign" else "", 0)
            if token.kind in ("name", "escaped"):
                tokens.append(Token("name", self._signal(), token.line))
            elif token.kind == "number":
                tokens.append(Token("constant", str(self._constant()), token.line))
            else:
                if not self._is_sign("~", "&", "|", "^", "~^", "?", ":", "(", ")"):
                    raise self._error("has no meaning in a formula of single bits")
                tokens.append(Token("operator", self._next().text, token.line))
        if not tokens:
            raise self._error("stands where a formula must stand")
        add = partial(self.signals.gate, line=line)
        # A signal may be called like a function of expressions, which Verilog has not.
        plain = [Token("other", *_rest(one)) if one.text in FUNCTIONS else one for one in tokens]
        return read_formula(plain, self._shown, self.signals.literal, add)

    def _instances(self, primitive: str) -> None:
        kind, flip, negated = _PRIMITIVES[primitive]
        while True:
            line = self._peek().line
            if self._peek().kind in ("name", "escaped"):
                self._next()
            self._expect("(")
            outputs = [self._signal()]
            literals: list[int] = []
            while self._take(","):
                literals.append(self._formula(line))
            self._expect(")")
            one = primitive in ("buf", "not")
            if len(literals) < 1 or (one and len(literals) != 1):
                rule = "one output and one input" if one else "an output and its inputs"
                raise SourceError(f"{self._shown}, line {line}: {primitive} takes {rule}")
            inputs = [literal ^ flip for literal in literals]
            self.signals.define(outputs[0], kind, inputs, line, negated)
            if not self._take(","):
                break
        self._expect(";")

    def _signal(self) -> str:
        """Read a wire, or a bit of a vector, which must be declared."""
        line = self._peek().line
        name = self._name("a wire")
        if not self._take("["):
            return self._bit(name, line)
        number = self._whole()
        self._expect("]")
        range_ = self._ranges.get(name)
        if range_ is None or number not in range_.bits:
            has = "is no vector" if range_ is None else f"has no bit {number}"
            raise SourceError(f"{self._shown}, line {line}: {shown_text(name)} {has}")
        return f"{name}[{number}]"

    def _bit(self, name: str, line: int) -> str:
        range_ = self._ranges.get(name)
        if range_ is not None:
            bits = abs(range_.first - range_.last) + 1
            rule = f"is a vector of {bits} bits; name one bit of it at a time"
            raise SourceError(f"{self._shown}, line {line}: {shown_text(name)} {rule}")
        return name

    def _constant(self) -> int:
        token = self._next()
        found = _BIT.fullmatch(token.text)
        digits = found[3].replace("_", "") if found else token.text
        base = _BASES[found[2].lower()] if found else 10
        try:
            value = int(digits, base) if len(digits) <= 40 else 2
        except ValueError:
            value = 2
        if value > 1 or (found and found[1] != "1"):
            self._place -= 1
            raise self._error("must be a constant of one bit: 1'b0 or 1'b1")
        return value

    def _whole(self) -> int:
        token = self._peek()
        if token.kind != "number" or not token.text.isdecimal() or len(token.text) > 9:
            raise self._error("must be the number of a bit")
        return int(self._next().text)

    def _name(self, what: str) -> str:
        token = self._peek()
        if token.kind not in ("name", "escaped"):
            raise self._error(f"stands where the name of {what} must stand")
        return self._next().text

    def _peek(self) -> Token:
        if self._place == len(self._tokens):
            last = self._tokens[-1].line
            raise SourceError(f"{self._shown}, line {last}: the file ends before endmodule")
        return self._tokens[self._place]

    def _next(self) -> Token:
        token = self._peek()
        self._place += 1
        return token

    def _is_sign(self, *signs: str) -> bool:
        token = self._peek()
        return token.kind == "sign" and token.text in signs

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token.text == text and token.kind != "escaped":
            self._place += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._error(f"stands where {text!r} must stand")

    def _error(self, rule: str) -> SourceError:
        """Return the error that the next token breaks a rule."""
        token = self._peek()
        return SourceError(f"{self._shown}, line {token.line}: {shown_text(token.text)} {rule}")


def _rest(token: Token) -> tuple[str, int]:
    return token.text, token.line
