"""Berkeley logic interchange format (BLIF): models of covers, latches and other models.

The first model is the circuit. The models that it uses (`.subckt`) are put in its place: the signal
`s` of the second use of model `m` is called `m2.s`, unless it is a port, which is one signal with
what the using model connects to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
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
    ".gate": "a gate of a library cannot be looked up; write it as .names",
    ".mlatch": "a latch of a library cannot be looked up; write it as .latch",
    ".start_kiss": "a table of states is not supported; write it as .names and .latch",
}
# Nothing after these belongs to the circuit; .exdc begins its external don't-cares.
_LAST = (".end", ".exdc")
# Files whose models stand in each other deeper than this are refused.
MAX_MODEL_DEPTH = 100
# A short file can use a model twice in a model used twice, and so on.
MAX_INNER_STATEMENTS = 10**7
_INPUTS = (".inputs", ".input")
_OUTPUTS = (".outputs", ".output")
_NO_NAME = ".model must name the model that begins"
_LATCH_TYPES = ("fe", "re", "ah", "al", "as")
_LATCH_STATES = ("0", "1", "2", "3")


def read_blif(path: str | os.PathLike[str]) -> Netlist:
    """Read the first model of a BLIF file, and in it the other models that it uses.

    Latches are cut: each becomes one more input, and an output "<latch>.next". Raises SourceError
    naming the file, the line and the rule if it is no such file.
    """
    shown = shown_path(path)
    signals = Signals(shown)
    model = _Model(shown, signals)
    statements = _statements(read_logic(path), shown)
    for line, words in statements:
        if words[0] == ".model" and model.begun:
            statements = chain([(line, words)], statements)
            break
        if words[0] in _LAST:
            break
        model.take(words, line)
    model.end_cover()
    if model.uses:
        _put_in(model.uses, _Models(statements, shown), signals, shown)
    return signals.netlist(shown_path(Path(path).name))


_Words = tuple[int, list[str]]


@dataclass(frozen=True)
class _Use:
    """A `.subckt`: its line, the model's name, and the signal connected to each port."""

    line: int
    model: str
    connected: dict[str, str]


class _Models:
    """The statements of every model behind the first one, by name."""

    def __init__(self, statements: Iterator[_Words], shown: str):
        self.statements: dict[str, list[_Words]] = {}
        self.ports: dict[str, tuple[set[str], set[str]]] = {}
        current: list[_Words] | None = None
        for line, words in statements:
            if words[0] == ".model":
                name = words[1] if len(words) == 2 else ""
                if not name or name in self.statements:
                    rule = f"model {shown_text(name)} is defined twice" if name else _NO_NAME
                    raise SourceError(f"{shown}, line {line}: {rule}")
                current = self.statements[name] = []
                self.ports[name] = (set(), set())
            elif words[0] in _LAST:
                current = None
            elif current is not None:
                current.append((line, words))
                if words[0] in (*_INPUTS, *_OUTPUTS):
                    self.ports[name][words[0] in _OUTPUTS].update(words[1:])


def _put_in(uses: list[_Use], models: _Models, signals: Signals, shown: str) -> None:
    """Put the models of uses in their place, and the models that these use."""
    # Of each use that is still to be put in: the models around it.
    waiting: list[tuple[_Use, tuple[str, ...]]] = [(use, ()) for use in reversed(uses)]
    times: dict[str, int] = {}
    taken = 0
    while waiting:
        use, around = waiting.pop()
        place = f"{shown}, line {use.line}: "
        if use.model not in models.statements:
            raise SourceError(f"{place}model {shown_text(use.model)} is not defined in this file")
        if use.model in around:
            raise SourceError(f"{place}model {shown_text(use.model)} is part of itself")
        if len(around) == MAX_MODEL_DEPTH:
            raise SourceError(f"{place}models stand in each other more than {len(around)} deep")
        inputs, outputs = models.ports[use.model]
        for port in use.connected:
            if port not in inputs and port not in outputs:
                raise SourceError(
                    f"{place}model {shown_text(use.model)} has no port {shown_text(port)}"
                )
        for port in sorted(inputs - use.connected.keys()):
            raise SourceError(f"{place}input {shown_text(port)} is not connected")
        times[use.model] = times.get(use.model, 0) + 1
        prefix = f"{use.model}{times[use.model]}."
        taken += 1 + len(models.statements[use.model])
        if taken > MAX_INNER_STATEMENTS:
            raise SourceError(f"{place}models come to more than {MAX_INNER_STATEMENTS} statements")
        inner = _Model(shown, signals, use.connected, prefix)
        for line, words in models.statements[use.model]:
            inner.take(words, line)
        inner.end_cover()
        waiting += [(one, (*around, use.model)) for one in reversed(inner.uses)]


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
    """The signals of a model so far; it takes the statements one by one.

    Of a model inside another one, `connected` has the outer signal of every port, and all other
    signals are named with `prefix`.
    """

    def __init__(
        self,
        shown: str,
        signals: Signals,
        connected: Mapping[str, str] | None = None,
        prefix: str = "",
    ):
        self.begun = False
        self.uses: list[_Use] = []
        self._signals = signals
        self._shown = shown
        self._connected = connected
        self._prefix = prefix
        # The cover being read: its line, its inputs and output, its cubes and their output value.
        self._line = 0
        self._names: list[str] = []
        self._cubes: list[str] = []
        self._value = ""

    def _outer(self, name: str) -> str:
        if self._connected is None:
            return name
        return self._connected.get(name) or self._prefix + name

    def take(self, words: list[str], line: int) -> None:
        """Take a statement: a directive or a row of the cover that is open."""
        self.begun = True
        if not words[0].startswith("."):
            self._take_row(words, line)
            return
        self.end_cover()
        directive, names = words[0], words[1:]
        if directive == ".names":
            if not names:
                raise self._error(line, ".names must name at least its output")
            self._line, self._names = line, [self._outer(name) for name in names]
        elif directive in (*_INPUTS, *_OUTPUTS):
            if self._connected is None:
                self._add_ports(directive, names, line)
        elif directive == ".subckt":
            self.uses.append(self._use(names, line))
        elif directive == ".latch":
            self._take_latch(names, line)
        elif directive in _REFUSED:
            raise self._error(line, f"{directive}: {_REFUSED[directive]}")
        elif directive not in _IGNORED and directive != ".model":
            raise self._error(line, f"{shown_text(directive)} is no directive this reader knows")

    def _add_ports(self, directive: str, names: list[str], line: int) -> None:
        add = self._signals.add_input if directive in _INPUTS else self._signals.add_output
        for name in names:
            add(name, line)

    def _use(self, words: list[str], line: int) -> _Use:
        if not words:
            raise self._error(line, ".subckt must be: model port=signal ...")
        connected: dict[str, str] = {}
        for word in words[1:]:
            port, equals, name = word.partition("=")
            if not (port and equals and name):
                raise self._error(line, f"{shown_text(word)} must be port=signal")
            if port in connected:
                raise self._error(line, f"port {shown_text(port)} is connected twice")
            connected[port] = self._outer(name)
        return _Use(line, words[0], connected)

    def end_cover(self) -> None:
        """Define the output of the cover that is open, if one is."""
        if not self._names:
            return
        *inputs, output = self._names
        literals = [self._signals.literal(name, self._line) for name in inputs]
        negated = self._value == "0"
        define_cover(self._signals, output, literals, self._cubes, self._line, negated)
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
        self._signals.add_state(self._outer(state), self._outer(stored), line)

    def _error(self, line: int, rule: str) -> SourceError:
        return SourceError(f"{self._shown}, line {line}: {rule}")
