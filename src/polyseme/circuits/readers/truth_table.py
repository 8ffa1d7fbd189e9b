"""Truth tables: a row per combination of inputs, in a file or from Python.

a b | carry sum
0 0 | 0 0
0 1 | 0 1
10  | 01
11  | 10
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.readers.covers import define_cover, few_cubes
from polyseme.circuits.readers.signals import Signals
from polyseme.circuits.readers.text import lines_of, read_logic, shown_text
from polyseme.common.files import shown_path
from polyseme.errors import SourceError

MAX_INPUTS = 16
_ELSE = "else"


@dataclass(frozen=True)
class Row:
    """A row: a mark 0, 1 or - (either) per input, 0 or 1 per output, and where it stands.

    Inputs of "else" stand for all combinations that no other row has.
    """

    inputs: str
    outputs: str
    line: int


def read_truth_table(path: str | os.PathLike[str]) -> Netlist:
    """Read a file that names inputs | outputs in its first line and has a row per combination.

    Raises SourceError naming the file, the line and the rule if it is no such file.
    """
    shown = shown_path(path)
    header: tuple[list[str], list[str]] | None = None
    rows: list[Row] = []
    first = 1
    for line, whole in lines_of(read_logic(path), shown):
        text = whole.partition("#")[0].strip()
        if not text:
            continue
        left, bar, right = text.partition("|")
        if not bar or "|" in right:
            raise SourceError(f"{shown}, line {line}: a line must be: inputs | outputs")
        if header is None:
            header, first = (_words(left), _words(right)), line
        else:
            rows.append(Row("".join(_words(left)), "".join(_words(right)), line))
    if header is None:
        raise SourceError(f"{shown}: the file is empty; its first line names inputs | outputs")
    return netlist_of_rows(*header, rows, shown, shown_path(Path(path).name), first)


def netlist_of_rows(
    inputs: Sequence[str],
    outputs: Sequence[str],
    rows: Sequence[Row],
    shown: str,
    name: str,
    first: int = 0,
) -> Netlist:
    """Return the netlist of a truth table: of XORs, of ORs of few ANDs, and of their negations.

    Every combination of inputs must stand in a row, and those in several have the same outputs.
    Raises SourceError naming `shown`, the line and the rule otherwise.
    """
    if not 1 <= len(inputs) <= MAX_INPUTS:
        rule = f"{len(inputs)} inputs; a truth table has 1 to {MAX_INPUTS}, and a PLA file more"
        raise SourceError(f"{shown}: {rule}")
    if not outputs:
        raise SourceError(f"{shown}: no output; name at least one")
    signals = Signals(shown)
    for one in inputs:
        signals.add_input(one, first)
    for one in outputs:
        signals.add_output(one, first)
    tables = _tables(len(inputs), len(outputs), rows, shown)
    size = 2 ** len(inputs)
    literals = [signals.literal(one, first) for one in inputs]
    for one, table in zip(outputs, tables, strict=True):
        # The cubes describe the ones or the zeros, whichever are fewer.
        negated = table.bit_count() > size // 2
        wanted = table ^ (2**size - 1) if negated else table
        define_cover(signals, one, literals, few_cubes(wanted, len(inputs)), first, negated)
    return signals.netlist(name)


def _words(text: str) -> list[str]:
    return re.split(r"[\s,;]+", text.strip()) if text.strip() else []


def _tables(inputs: int, outputs: int, rows: Sequence[Row], shown: str) -> list[int]:
    """Return the truth table of every output: bit r is its value in the combination r."""
    owner = np.full((2,) * inputs, -1, np.int32)
    otherwise = -1
    for number, row in enumerate(rows):
        _check_row(row, inputs, outputs, shown)
        if row.inputs == _ELSE:
            if otherwise >= 0:
                raise SourceError(f"{shown}, line {row.line}: a second row of {_ELSE!r}")
            otherwise = number
            continue
        # Input k is bit k of a combination, so the first input is the last axis.
        place = tuple(slice(None) if mark == "-" else int(mark) for mark in reversed(row.inputs))
        block = owner[place]
        for other in np.unique(block[block >= 0]).tolist():
            if rows[other].outputs != row.outputs:
                raise SourceError(
                    f"{shown}, line {row.line}: says of some inputs otherwise than line "
                    f"{rows[other].line}"
                )
        owner[place] = number
    flat = owner.ravel()
    if (flat < 0).any():
        missing = int(np.argmax(flat < 0))
        if otherwise < 0:
            marks = "".join(str(missing >> place & 1) for place in range(inputs))
            raise SourceError(
                f"{shown}: no row for the inputs {marks}; write a row of {_ELSE!r} for all others"
            )
        flat = np.where(flat < 0, otherwise, flat)
    marks_of_row = np.array([[mark == "1" for mark in row.outputs] for row in rows], bool)
    values = marks_of_row[flat]
    return [
        int.from_bytes(np.packbits(values[:, output], bitorder="little").tobytes(), "little")
        for output in range(outputs)
    ]


def _check_row(row: Row, inputs: int, outputs: int, shown: str) -> None:
    place = f"{shown}, line {row.line}: "
    if row.inputs != _ELSE and (len(row.inputs) != inputs or row.inputs.strip("01-")):
        rule = f"must be {inputs} marks 0, 1 or -, or {_ELSE}"
        raise SourceError(f"{place}inputs {shown_text(row.inputs)} {rule}")
    if len(row.outputs) != outputs or row.outputs.strip("01"):
        raise SourceError(
            f"{place}outputs {shown_text(row.outputs)} must be {outputs} marks 0 or 1"
        )
