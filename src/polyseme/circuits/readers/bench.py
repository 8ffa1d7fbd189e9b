"""The BENCH format of the ISCAS circuits, with the truth tables (LUT) that ABC writes in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.readers.covers import define_cover, few_cubes
from polyseme.circuits.readers.signals import Signals
from polyseme.circuits.readers.text import lines_of, read_logic, shown_text
from polyseme.common.files import shown_path
from polyseme.errors import SourceError

MAX_TABLE_INPUTS = 16

_PORT = re.compile(r"(INPUT|OUTPUT)\s*\((.*)\)", re.IGNORECASE)
# Kind of the gate, 1 if its inputs are negated, True if its output is.
_GATES = {
    "AND": (NetlistKind.AND, 0, False),
    "NAND": (NetlistKind.AND, 0, True),
    "OR": (NetlistKind.AND, 1, True),
    "NOR": (NetlistKind.AND, 1, False),
    "XOR": (NetlistKind.XOR, 0, False),
    "XNOR": (NetlistKind.XOR, 0, True),
    "BUF": (NetlistKind.AND, 0, False),
    "BUFF": (NetlistKind.AND, 0, False),
    "BUFFER": (NetlistKind.AND, 0, False),
    "NOT": (NetlistKind.AND, 0, True),
    "INV": (NetlistKind.AND, 0, True),
    "EXOR": (NetlistKind.XOR, 0, False),
    "NXOR": (NetlistKind.XOR, 0, True),
    "EXNOR": (NetlistKind.XOR, 0, True),
}
_OF_ONE = ("BUF", "BUFF", "BUFFER", "NOT", "INV", "DFF")
# The value is whether the AND of nothing is negated.
_CONSTANTS = {"VDD": False, "GND": True, "CONST1": False, "CONST0": True}
_EMPTY = re.compile(r"\s*\(\s*\)$")


def read_bench(path: str | os.PathLike[str]) -> Netlist:
    """Read a BENCH file.

    Flip-flops are cut: each becomes one more input, and an output "<flip-flop>.next". Raises
    SourceError naming the file, the line and the rule if it is no such file.
    """
    shown = shown_path(path)
    definitions = _Definitions(shown)
    for line, whole in lines_of(read_logic(path), shown):
        text = whole.partition("#")[0].strip()
        if text:
            definitions.take(text, line)
    return definitions.signals.netlist(shown_path(Path(path).name))


class _Definitions:
    """The signals defined so far; it takes the lines of a file one by one."""

    def __init__(self, shown: str):
        self.signals = Signals(shown)
        self._shown = shown

    def take(self, text: str, line: int) -> None:
        """Take a line: a port, or a signal and its definition."""
        port = _PORT.fullmatch(text)
        if port:
            name = self._name(port[2], line)
            if port[1].upper() == "INPUT":
                self.signals.add_input(name, line)
            else:
                self.signals.add_output(name, line)
            return
        left, equals, right = text.partition("=")
        if not equals:
            raise self._error(
                line, f"{shown_text(text)} must be INPUT(a), OUTPUT(a) or a = GATE(b, c)"
            )
        self._define(self._name(left, line), right.strip(), line)

    def _define(self, name: str, right: str, line: int) -> None:
        constant = _EMPTY.sub("", right).upper()
        if constant in _CONSTANTS:
            negated = _CONSTANTS[constant]
            self.signals.define(name, NetlistKind.AND, (), line, negated)
            return
        head, _, inside = right.partition("(")
        words = head.split()
        if not (inside.endswith(")") and 1 <= len(words) <= 2):
            raise self._error(line, f"{shown_text(right)} must be GATE(a, b), vdd or gnd")
        gate, table = words[0].upper(), "".join(words[1:])
        names = [self._name(piece, line) for piece in inside.removesuffix(")").split(",")]
        if gate in _OF_ONE and len(names) != 1:
            raise self._error(line, f"{gate} of {len(names)} inputs; it takes one")
        if gate == "LUT":
            self._define_table(name, table, names, line)
        elif table:
            raise self._error(line, f"{shown_text(table)} stands between gate and inputs")
        elif gate == "MUX":
            self._define_mux(name, names, line)
        elif gate == "DFF":
            self.signals.add_state(name, names[0], line)
        elif gate in _GATES:
            kind, flip, negated = _GATES[gate]
            literals = [self.signals.literal(other, line) ^ flip for other in names]
            self.signals.define(name, kind, literals, line, negated)
        else:
            known = ", ".join([*_GATES, "MUX", "DFF", "LUT"])
            raise self._error(line, f"gate {shown_text(words[0])} is none of {known}")

    def _define_mux(self, name: str, names: list[str], line: int) -> None:
        if len(names) != 3:
            raise self._error(line, f"MUX of {len(names)} inputs; it takes three")
        chooser, if_off, if_on = (self.signals.literal(other, line) for other in names)
        define_cover(self.signals, name, (chooser, if_off, if_on), ("01-", "1-1"), line)

    def _define_table(self, name: str, table: str, names: list[str], line: int) -> None:
        width = len(names)
        if width > MAX_TABLE_INPUTS:
            raise self._error(line, f"LUT of {width} inputs; the most is {MAX_TABLE_INPUTS}")
        digits = max(1, 2**width // 4)
        if not re.fullmatch(f"0[xX][0-9a-fA-F]{{1,{digits}}}", table):
            raise self._error(
                line,
                f"table {shown_text(table)} must be 0x and at most {digits} hexadecimal digits",
            )
        values, rows = int(table, 16), 2**width
        if values >> rows:
            raise self._error(line, f"table {shown_text(table)} has more than {rows} bits")
        # The cubes describe the ones of the table or its zeros, whichever are fewer.
        negated = values.bit_count() > rows // 2
        wanted = values ^ (2**rows - 1) if negated else values
        cubes = few_cubes(wanted, width)
        literals = [self.signals.literal(other, line) for other in names]
        define_cover(self.signals, name, literals, cubes, line, negated)

    def _name(self, text: str, line: int) -> str:
        name = text.strip()
        if "," in name or "=" in name or name.split() != [name]:
            raise self._error(line, f"name {shown_text(name)} must be a word without , and =")
        return name

    def _error(self, line: int, rule: str) -> SourceError:
        return SourceError(f"{self._shown}, line {line}: {rule}")
