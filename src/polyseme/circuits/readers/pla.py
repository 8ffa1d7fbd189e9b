"""Espresso's PLA format: a table of cubes over all inputs that feed all outputs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.names import Names
from polyseme.circuits.readers.text import (
    check_signal,
    claimed_size,
    lines_of,
    read_logic,
    shown_text,
)
from polyseme.common.files import shown_path
from polyseme.common.ragged import row_offsets
from polyseme.errors import SourceError

# On-set and off-set are compared if cubes x cubes x columns is at most this.
MAX_CHECK_WORK = 10**10

_TYPES = ("f", "fd", "fr", "fdr")
_KNOWN = (".i", ".o", ".p", ".type", ".ilb", ".ob", ".phase")
_UNSUPPORTED = (
    *(".mv", ".kiss", ".label", ".symbolic", ".symbolic-output", ".pair"),
    *(".vars", ".start_kiss", ".end_kiss"),
)
_INPUT_MARKS = str.maketrans("2", "-")
_OUTPUT_MARKS = str.maketrans("432", "10-")
_BLANKS = str.maketrans("", "", " \t|")


def read_pla(path: str | os.PathLike[str]) -> Netlist:
    """Read a PLA file; an output is on exactly on its on-set.

    Don't-cares are off. An output of phase 0 is on exactly on its off-set. Raises SourceError
    naming the file, the line and the rule if it is no such
    file, or if the on-set of an output overlaps its off-set.
    """
    shown = shown_path(path)
    text = read_logic(path)
    table = _Table(shown, len(text))
    for line, whole in lines_of(text, shown):
        row = whole.partition("#")[0].strip()
        if row in (".e", ".end"):
            break
        if row.startswith("."):
            table.take_directive(row.split(), line)
        elif row:
            table.take_row(row.translate(_BLANKS), line)
    table.finish()
    return _netlist(table, shown_path(Path(path).name))


class _Table:
    """The cubes so far, in their order; it takes the lines of a file one by one.

    `parts` numbers the distinct input parts. Every cube has the number of its input part in `part`,
    its output marks in `outputs` and its line in `lines`.
    """

    def __init__(self, shown: str, length: int):
        self.shown = shown
        self._length = length
        self._given: dict[str, int] = {}
        self._names: dict[str, list[str]] = {}
        self._sizes: dict[str, int] = {}
        self.kind = "fd"
        self.phases = ""
        self.parts: dict[str, int] = {}
        self.part: list[int] = []
        self.outputs: list[str] = []
        self.lines: list[int] = []
        self._pieces: list[str] = []
        self._missing = 0
        self._begun = 0

    def take_directive(self, words: list[str], line: int) -> None:
        """Take a line that begins with a dot."""
        directive, values = words[0], words[1:]
        if directive in _UNSUPPORTED:
            raise self._error(line, f"{directive} is not supported; only plain tables are")
        if directive not in _KNOWN:
            raise self._error(line, f"{shown_text(directive)} is no directive this reader knows")
        if directive in self._given:
            first = self._given[directive]
            raise self._error(line, f"{directive} is given a second time; the first: line {first}")
        self._given[directive] = line
        if directive in (".ilb", ".ob"):
            self._names[directive] = values
            return
        if directive == ".phase":
            # Blanks between the marks are allowed, as in cubes.
            self._take_phases("".join(values), line)
            return
        if len(values) != 1:
            raise self._error(line, f"{directive} takes one value, not {len(values)}")
        if directive != ".p" and (self.lines or self._pieces):
            raise self._error(line, f"{directive} must stand before the first cube")
        if directive != ".type":
            lowest = 1 if directive == ".o" else 0
            what = f"{self.shown}, line {line}: {directive}"
            self._sizes[directive] = claimed_size(values[0], lowest, self._length, what)
        elif values[0] not in _TYPES:
            raise self._error(line, f"type {shown_text(values[0])} must be f, fd, fr or fdr")
        else:
            self.kind = values[0]

    def _take_phases(self, marks: str, line: int) -> None:
        if ".o" not in self._sizes:
            raise self._error(line, ".phase must stand behind .o")
        if len(marks) != self._sizes[".o"] or marks.strip("01"):
            rule = f"must be {self._sizes['.o']} marks 0 or 1, one per output"
            raise self._error(line, f".phase {shown_text(marks)} {rule}")
        self.phases = marks

    def take_row(self, marks: str, line: int) -> None:
        """Take a cube, or a piece of one that goes over several lines."""
        if not self._pieces:
            for directive in (".i", ".o"):
                if directive not in self._sizes:
                    raise self._error(line, f"a cube stands before {directive}")
            self._begun, self._missing = line, self.width
        self._pieces.append(marks)
        self._missing -= len(marks)
        if self._missing <= 0:
            self._end_cube()

    def finish(self) -> None:
        """Check the rules that can be checked only at the end of the file."""
        for directive in (".i", ".o"):
            if directive not in self._sizes:
                raise SourceError(f"{self.shown}: {directive} is missing")
        if self._pieces:
            self._end_cube()
        promised = self._sizes.get(".p", len(self.lines))
        if promised != len(self.lines):
            rule = f".p promises {promised} cubes; the file has {len(self.lines)}"
            raise self._error(self._given[".p"], rule)

    @property
    def inputs(self) -> int:
        """Number of columns that are inputs."""
        return self._sizes[".i"]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self._sizes[".i"] + self._sizes[".o"]

    def names(self, directive: str, size: str, prefix: str) -> Names:
        """Return the names that a directive lists, or numbered ones if the file lists none."""
        if directive not in self._names:
            return Names(prefix=prefix, count=self._sizes[size])
        line, listed = self._given[directive], self._names[directive]
        if len(listed) != self._sizes[size]:
            rule = f"{directive} lists {len(listed)} names; {size} says {self._sizes[size]}"
            raise self._error(line, rule)
        seen: set[str] = set()
        for name in listed:
            check_signal(name, f"{self.shown}, line {line}: ")
            if name in seen:
                raise self._error(line, f"name {shown_text(name)} is listed twice")
            seen.add(name)
        return Names(listed)

    def _end_cube(self) -> None:
        cube, line = "".join(self._pieces), self._begun
        self._pieces = []
        if len(cube) != self.width:
            rule = f"a cube of {len(cube)} marks where .i and .o ask for {self.width}"
            raise self._error(line, rule)
        inputs = cube[: self.inputs].translate(_INPUT_MARKS)
        outputs = cube[self.inputs :].translate(_OUTPUT_MARKS)
        if inputs.strip("01-"):
            raise self._error(line, f"inputs {shown_text(inputs)} must be of 0, 1, - and 2 only")
        if outputs.strip("01-~"):
            rule = "must be of 0, 1, -, ~, 2, 3 and 4 only"
            raise self._error(line, f"outputs {shown_text(outputs)} {rule}")
        self.part.append(self.parts.setdefault(inputs, len(self.parts)))
        self.outputs.append(outputs)
        self.lines.append(line)

    def _error(self, line: int, rule: str) -> SourceError:
        return SourceError(f"{self.shown}, line {line}: {rule}")


def _netlist(table: _Table, name: str) -> Netlist:
    inputs, outputs = table.inputs, table.width - table.inputs
    input_names = table.names(".ilb", ".i", "x")
    output_names = table.names(".ob", ".o", "o")
    parts = _marks(list(table.parts), inputs)
    part = np.array(table.part, np.int64)
    feeds = _marks(table.outputs, outputs)
    if "r" in table.kind:
        _refuse_contradictions(table, parts[part], feeds, output_names)
    cared = parts != ord("-")
    literals = _columns(cared, 2) + (parts[cared] == ord("0"))
    # An OR is the negation of an AND of negations. Outputs that share an input part share its AND.
    on, negated = _cubes_that_feed(table, feeds)
    feeding = _feeding(on, part, len(parts))
    negations = _columns(feeding, 2) + np.int32(2 * inputs + 1)
    counts = np.concatenate((cared.sum(axis=1), feeding.sum(axis=1)))
    return Netlist(
        inputs=input_names,
        kinds=np.full(len(counts), NetlistKind.AND, np.uint8),
        fan_in_offsets=row_offsets(counts),
        fan_in=np.concatenate((literals, negations)).astype(np.int32),
        outputs=(2 * (1 + inputs + len(parts) + np.arange(outputs)) + ~negated).astype(np.int32),
        output_names=output_names,
        name=name,
    )


def _cubes_that_feed(
    table: _Table, feeds: NDArray[np.uint8]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which cubes feed which output, (cubes, outputs), and which outputs are negated.

    An output of phase 1 is on where a cube of its on-set is. One of phase 0 is on on its off-set:
    of the types that list it, where a cube of it is, and of others where no cube of the on-set or
    the don't-cares is.
    """
    on = feeds == ord("1")
    off_phase = np.array([mark == "0" for mark in table.phases or "1" * feeds.shape[1]], bool)
    if "r" in table.kind:
        return np.where(off_phase, feeds == ord("0"), on), np.zeros(len(off_phase), bool)
    covered = on | (feeds == ord("-")) if "d" in table.kind else on
    return np.where(off_phase, covered, on), off_phase


def _marks(rows: list[str], width: int) -> NDArray[np.uint8]:
    """Return rows of marks as their ASCII codes, (rows, width)."""
    return np.frombuffer("".join(rows).encode(), np.uint8).reshape(len(rows), width)


def _columns(chosen: NDArray[np.bool_], step: int) -> NDArray[np.int32]:
    """Return `step` * (1 + column) for every place chosen, row by row."""
    numbers = step * np.arange(1, chosen.shape[1] + 1, dtype=np.int32)
    return np.broadcast_to(numbers, chosen.shape)[chosen]


def _feeding(on: NDArray[np.bool_], part: NDArray[np.int64], parts: int) -> NDArray[np.bool_]:
    """Return True for each part that switches an output on, (outputs, parts).

    `on` is (cubes, outputs), and `part` is the part of each cube.
    """
    if not parts:
        return np.zeros((on.shape[1], 0), bool)
    order = np.argsort(part, kind="stable")
    starts = np.searchsorted(part[order], np.arange(parts))
    return np.logical_or.reduceat(on[order], starts, axis=0).T


def _refuse_contradictions(
    table: _Table, parts: NDArray[np.uint8], feeds: NDArray[np.uint8], names: Names
) -> None:
    """Raise SourceError for two cubes that overlap and of which one is on, the other off.

    Comparing all pairs costs rows x rows x columns; a table above MAX_CHECK_WORK is not checked.
    """
    rows = len(parts)
    if rows * rows * table.width > MAX_CHECK_WORK:
        return
    ones, zeros = (parts == ord("1")).astype(np.float32), (parts == ord("0")).astype(np.float32)
    on, off = (feeds == ord("1")).astype(np.float32), (feeds == ord("0")).astype(np.float32)
    for begin in range(0, rows, 1024):
        some = slice(begin, begin + 1024)
        # Cubes overlap unless an input is 1 in one of them and 0 in the other.
        apart = ones[some] @ zeros.T + zeros[some] @ ones.T
        clash = (apart == 0) & (on[some] @ off.T > 0)
        if clash.any():
            first, second = (int(place) for place in np.argwhere(clash)[0])
            first += begin
            name = names[int(np.argmax((on[first] > 0) & (off[second] > 0)))]
            raise SourceError(
                f"{table.shown}, line {table.lines[first]}: output {shown_text(name)} is on "
                f"where line {table.lines[second]} says it is off"
            )
