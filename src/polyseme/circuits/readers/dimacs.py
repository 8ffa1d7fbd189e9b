"""DIMACS CNF: a conjunction of clauses, as one output that is on when all are satisfied."""

from __future__ import annotations

import os
import re
from array import array
from pathlib import Path

import numpy as np

from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.names import Names
from polyseme.circuits.readers.text import (
    claimed_size,
    lines_of,
    read_logic,
    shown_text,
)
from polyseme.common.files import shown_path
from polyseme.errors import SourceError

_NUMBERS = re.compile(r"[-0-9 \t\f\v]*")


def read_dimacs(path: str | os.PathLike[str]) -> Netlist:
    """Read a CNF file; its inputs are named "x1", "x2", ..., and its output "satisfied".

    Raises SourceError naming the file, the line and the rule if it is no such file.
    """
    shown = shown_path(path)
    text = read_logic(path)
    clauses = _Clauses(shown, len(text))
    for line, whole in lines_of(text, shown):
        row = whole.strip()
        if row.startswith("%"):
            break
        if row and not row.startswith("c"):
            clauses.take(row, line)
    clauses.finish()
    return _netlist(clauses, shown_path(Path(path).name))


class _Clauses:
    """The clauses so far, taken line by line; `numbers` has all of them, each with its final 0."""

    def __init__(self, shown: str, length: int):
        self._shown = shown
        self._length = length
        self._header_line = 0
        self._last_line = 0
        self._promised = 0
        self.variables = 0
        self.numbers = array("i")

    def take(self, row: str, line: int) -> None:
        """Take a line that is neither blank nor a comment."""
        if row.startswith("p"):
            self._take_header(row.split(), line)
            return
        if not self._header_line:
            raise self._error(line, f"{shown_text(row)} stands before the header p cnf")
        if not _NUMBERS.fullmatch(row):
            raise self._error(line, f"{shown_text(row)} must be numbers only")
        for word in row.split():
            try:
                number = int(word)
            except ValueError as error:
                raise self._error(line, f"{shown_text(word)} is no number") from error
            if not -self.variables <= number <= self.variables:
                raise self._error(
                    line, f"literal {shown_text(word)} is beyond the {self.variables} variables"
                )
            self.numbers.append(number)
        self._last_line = line

    def finish(self) -> None:
        """Check the rules that can be checked only at the end of the file."""
        if not self._header_line:
            raise SourceError(f"{self._shown}: no header p cnf VARIABLES CLAUSES")
        if len(self.numbers) and self.numbers[-1] != 0:
            raise self._error(self._last_line, "the last clause does not end with 0")
        found = self.numbers.count(0)
        if found != self._promised:
            raise self._error(
                self._header_line, f"the header promises {self._promised} clauses, not {found}"
            )

    def _take_header(self, words: list[str], line: int) -> None:
        if self._header_line:
            raise self._error(line, f"a second header; the first is on line {self._header_line}")
        if len(words) != 4 or words[:2] != ["p", "cnf"]:
            raise self._error(line, "the header must be p cnf VARIABLES CLAUSES")
        what = f"{self._shown}, line {line}: number of"
        self.variables = claimed_size(words[2], 0, self._length, f"{what} variables")
        self._promised = claimed_size(words[3], 0, self._length, f"{what} clauses")
        self._header_line = line

    def _error(self, line: int, rule: str) -> SourceError:
        return SourceError(f"{self._shown}, line {line}: {rule}")


def _netlist(clauses: _Clauses, name: str) -> Netlist:
    numbers = np.array(clauses.numbers, np.int32)
    ends = np.flatnonzero(numbers == 0)
    literals = numbers[numbers != 0]
    # A clause is the negation of an AND of negations; the last gate is the AND of the clauses.
    negations = 2 * np.abs(literals) + (literals > 0)
    holds = 2 * (1 + clauses.variables + np.arange(len(ends))) + 1
    offsets = np.concatenate(([0], ends - np.arange(len(ends)), [len(literals) + len(ends)]))
    return Netlist(
        inputs=Names([f"x{number + 1}" for number in range(clauses.variables)]),
        kinds=np.full(len(ends) + 1, NetlistKind.AND, np.uint8),
        fan_in_offsets=offsets.astype(np.int64),
        fan_in=np.concatenate((negations, holds)).astype(np.int32),
        outputs=np.array([2 * (1 + clauses.variables + len(ends))], np.int32),
        output_names=Names(["satisfied"]),
        name=name,
    )
