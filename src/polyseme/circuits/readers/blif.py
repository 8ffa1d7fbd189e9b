"""Berkeley logic interchange format (BLIF): one flat model of covers and latches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.readers.covers import define_cover
from polyseme.circuits.readers.signals import Signals
from polyseme.circuits.readers.text import (
    MAX_LINE_LENGTH,
    lines_of,
    read_logic,
    shown_text,
)
from polyseme.common.files import shown_path
from polyseme.errors import SourceError

# Directives about timing, load and origin, which do not change the function.
_IGNORED = (
    *(".area", ".attr", ".clock", ".clock_event", ".cname", ".cycle", ".delay", ".param", ".wire"),
    *(".input_arrival", ".input_drive", ".max_input_load", ".output_load", ".output_required"),
    *(".default_input_arrival", ".default_input_drive", ".default_max_input_load"),
    *(".default_output_load", ".default_output_required", ".wire_load_slope"),
)
_REFUSED = {
    ".search": "another file cannot be searched; write all of the circuit into one",
    ".subckt": "models inside models are not supported; flatten the circuit first",
    ".gate": "a gate of a library cannot be looked up; write it as .names",
    ".mlatch": "a latch of a library cannot be looked up; write it as .latch",
    ".start_kiss": "a table of states is not supported; write it as .names and .latch",
}
# Nothing after these belongs to the circuit; .exdc begins its external don't-cares.
_LAST = (".end", ".exdc")
_LATCH_TYPES = ("fe", "re", "ah", "al", "as")
_LATCH_STATES = ("0", "1", "2", "3")


def read_blif(path: str | os.PathLike[str]) -> Netlist:
    """Read the first model of a BLIF file.

    Latches are cut: each becomes one more input, and an output "<latch>.next". Raises SourceError
    naming the file, the line and the rule if it is no such file.
    """
    shown = shown_path(path)
    model = _Model(shown)
    begun = False
    for line, words in _statements(read_logic(path), shown):
        if words[0] in _LAST or (begun and words[0] == ".model"):
            break
        begun = True
        model.take(words, line)
    model.end_cover()
    return model.signals.netlist(shown_path(Path(path).name))


def _statements(text: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line of each statement and its words; a final backslash continues a line."""
    start, words, length = 0, list[str](), 0
    for line, whole in lines_of(text, shown):
        piece = whole.partition("#")[0].rstrip()
        going_on = piece.endswith("\\")
        start = start or line
        words += piece.removesuffix("\\").split()
        length += len(piece)
        if length > MAX_LINE_LENGTH:
            raise SourceError(
                f"{shown}, line {start}: continued over more than {MAX_LINE_LENGTH} characters"
            )
        if going_on:
            continue
        if words:
            yield start, words
        start, words, length = 0, [], 0
    if start:
        raise SourceError(f"{shown}, line {start}: continued beyond the end of the file")


class _Model:
    """The signals of a model so far; it takes the statements one by one."""

    def __init__(self, shown: str):
        self.signals = Signals(shown)
        self._shown = shown
        # The cover being read: its line, its inputs and output, its cubes and their output value.
        self._line = 0
        self._names: list[str] = []
        self._cubes: list[str] = []
        self._value = ""

    def take(self, words: list[str], line: int) -> None:
        """Take a statement: a directive or a row of the cover that is open."""
        if not words[0].startswith("."):
            self._take_row(words, line)
            return
        self.end_cover()
        directive, names = words[0], words[1:]
        if directive == ".names":
            if not names:
                raise self._error(line, ".names must name at least its output")
            self._line, self._names = line, names
        elif directive in (".inputs", ".input"):
            for name in names:
                self.signals.add_input(name, line)
        elif directive in (".outputs", ".output"):
            for name in names:
                self.signals.add_output(name, line)
        elif directive == ".latch":
            self._take_latch(names, line)
        elif directive in _REFUSED:
            raise self._error(line, f"{directive}: {_REFUSED[directive]}")
        elif directive not in _IGNORED and directive != ".model":
            raise self._error(line, f"{shown_text(directive)} is no directive this reader knows")

    def end_cover(self) -> None:
        """Define the output of the cover that is open, if one is."""
        if not self._names:
            return
        *inputs, output = self._names
        literals = [self.signals.literal(name, self._line) for name in inputs]
        negated = self._value == "0"
        define_cover(self.signals, output, literals, self._cubes, self._line, negated)
        self._names, self._cubes, self._value = [], [], ""

    def _take_row(self, words: list[str], line: int) -> None:
        if not self._names:
            raise self._error(line, f"{shown_text(words[0])} stands outside a cover")
        *planes, value = words
        inputs = len(self._names) - 1
        if len(planes) != (inputs > 0):
            wanted = f"{inputs} marks, a blank and 0 or 1" if inputs else "0 or 1"
            raise self._error(line, f"a row of this cover must be {wanted}")
        cube = planes[0] if planes else ""
        if len(cube) != inputs:
            raise self._error(line, f"{len(cube)} marks for a cover of {inputs} inputs")
        if cube.strip("01-"):
            raise self._error(line, f"cube {shown_text(cube)} must be of 0, 1 and - only")
        if value not in ("0", "1"):
            raise self._error(line, f"output {shown_text(value)} of a cover must be 0 or 1")
        if self._value and value != self._value:
            raise self._error(line, "a cover must not mix rows of output 0 and of output 1")
        self._cubes.append(cube)
        self._value = value

    def _take_latch(self, words: list[str], line: int) -> None:
        if not 2 <= len(words) <= 5:
            raise self._error(line, ".latch must be: input output [type control] [initial value]")
        stored, state, *clocking = words
        if len(clocking) % 2 and clocking.pop() not in _LATCH_STATES:
            raise self._error(line, f"initial value {shown_text(words[-1])} must be 0, 1, 2 or 3")
        if clocking and clocking[0] not in _LATCH_TYPES:
            kinds = ", ".join(_LATCH_TYPES)
            raise self._error(line, f"latch type {shown_text(clocking[0])} must be of {kinds}")
        self.signals.add_state(state, stored, line)

    def _error(self, line: int, rule: str) -> SourceError:
        return SourceError(f"{self._shown}, line {line}: {rule}")
