"""AIGER files, ASCII (.aag) and binary (.aig), version 1.9 without justice and fairness.

A latch is cut. Its value becomes an input after the ordinary inputs, named by its symbol or l0, l1,
and so on; its next-state function becomes an output after the ordinary outputs, named like the
latch with ".next" appended. The latch's reset value is checked and dropped. Bad states and
constraints become outputs after those. Inputs and outputs without a symbol are named i0, o0, b0, c0
and so on. Of several equal names the first is kept, symbols before others, and the rest get _2, _3,
... appended.

This reader exists although aigverse (the extra `logic`) has one. Version 0.1.7 of aigverse, given
broken files, ends the process with a segmentation fault (an output or an AND that reads an
undefined variable, a negative literal), does not end (a truncated binary file), or returns another
circuit without an error (a cycle of ANDs, a difference of ten bytes); its messages name no line.

Source: Biere, Heljanko and Wieringa, "AIGER 1.9 and beyond", technical report 11/2, FMV, JKU Linz,
2011.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.logic.netlist import MAX_GATES, MAX_INPUTS, Netlist, NetlistKind
from polyseme.circuits.names import Names
from polyseme.circuits.readers.aiger_lines import Rows, Scanner
from polyseme.circuits.readers.aiger_symbols import STEM, Symbols, distinct, names_of, read_symbols
from polyseme.circuits.readers.text import (
    MAX_LOGIC_BYTES,
    read_bytes,
    shown_text,
    whole_number,
)
from polyseme.circuits.topological import CyclicError, topological_order
from polyseme.common.files import shown_path
from polyseme.errors import SourceError

MAX_VARIABLES = 2**29
_FIELDS = ("M", "I", "L", "O", "A", "B", "C", "J", "F")
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class _Header:
    """The first line: the counts, by the letter of the field, and whether the file is binary."""

    binary: bool
    counts: dict[str, int]

    @property
    def top(self) -> int:
        """The largest literal."""
        return 2 * self.counts["M"] + 1

    @property
    def sources(self) -> int:
        """Number of inputs and latches."""
        return self.counts["I"] + self.counts["L"]


@dataclass(frozen=True)
class _Body:
    """The part of the file between its header and its symbols, in literals of the file.

    Shapes: `defined` (inputs + latches + ands,), the even literals that these define, in that
    order; `read` (outputs + latches + bad + constraints,), the literals that these read; `fan_in`
    (ands, 2). `defined_lines`, `read_lines` and `and_lines` are the lines of the file that hold
    them, 0 for those that are not in a line.
    """

    defined: Numbers
    defined_lines: Numbers
    read: Numbers
    read_lines: Numbers
    fan_in: Numbers
    and_lines: Numbers


def read_aiger(path: str | os.PathLike[str]) -> Netlist:
    """Read an AIGER file, ASCII or binary; its first word says which.

    The netlist is named like the file. Raises SourceError naming the file, the line (in binary data
    the byte) and the rule if it is no such file.
    """
    scanner = Scanner(read_bytes(path, MAX_LOGIC_BYTES, "a file of logic"), shown_path(path))
    header = _read_header(scanner)
    body = _read_body(scanner, header)
    fan_in, outputs = _in_order(scanner, header, body)
    letters = {letter: header.counts[letter.upper()] for letter in "ilobc"}
    symbols = read_symbols(scanner, letters)
    inputs = names_of(symbols, [("i", letters["i"]), ("l", letters["l"])])
    return Netlist(
        inputs=inputs,
        kinds=np.full(len(fan_in), NetlistKind.AND, np.uint8),
        fan_in_offsets=np.arange(0, 2 * len(fan_in) + 1, 2, dtype=np.int64),
        fan_in=fan_in.ravel().astype(np.int32),
        outputs=outputs.astype(np.int32),
        output_names=_output_names(symbols, letters, inputs[letters["i"] :]),
        name=shown_path(Path(path).name),
    )


def _read_header(scanner: Scanner) -> _Header:
    first = scanner.next_line("the header")[:200].decode("ascii", "backslashreplace")
    form, *numbers = first.split(" ")
    if form not in ("aag", "aig") or not 5 <= len(numbers) <= len(_FIELDS):
        raise scanner.broken(
            f"{shown_text(first)} is no AIGER header; that is 'aag M I L O A' or 'aig M I L O A', "
            "followed by B, C, J and F if there are any of these"
        )
    counts = dict.fromkeys(_FIELDS, 0)
    for field, text in zip(_FIELDS, numbers, strict=False):
        counts[field] = whole_number(text, 0, MAX_VARIABLES, f"{scanner.place()}{field}")
    header = _Header(form == "aig", counts)
    for field, what in (("J", "justice properties"), ("F", "fairness constraints")):
        if counts[field]:
            raise scanner.broken(f"{what} ({field} = {counts[field]}) are not supported")
    _check_counts(scanner, header)
    return header


def _check_counts(scanner: Scanner, header: _Header) -> None:
    """Refuse counts for which the file is too short, before anything of that size is allocated."""
    counts = header.counts
    variables = header.sources + counts["A"]
    if counts["M"] < variables or (header.binary and counts["M"] > variables):
        rule = "is not" if header.binary else "is less than"
        raise scanner.broken(f"M = {counts['M']} {rule} I + L + A = {variables}")
    for field, limit in (("I", MAX_INPUTS), ("A", MAX_GATES)):
        if counts[field] > limit:
            raise scanner.broken(f"{field} = {counts[field]}; it may be at most {limit}")
    # The shortest line is a digit and its end; the shortest AND two bytes, or three digits.
    lines = sum(counts[field] for field in ("L", "O", "B", "C"))
    least = 2 * (lines + counts["A"])
    if not header.binary:
        least += 2 * counts["I"] + 4 * counts["A"]
    # The last line may lack its end.
    if least > scanner.left + 1:
        raise scanner.broken(
            f"the header announces at least {least} bytes, but only {scanner.left} follow"
        )


def _read_body(scanner: Scanner, header: _Header) -> _Body:
    counts, top = header.counts, header.top
    # Binary files do not hold these literals, which count up.
    own = 2 * np.arange(1, header.sources + counts["A"] + 1)
    if header.binary:
        inputs = Rows(own[: counts["I"], None], np.zeros(counts["I"], np.int64))
    else:
        inputs = scanner.rows(counts["I"], (1,), "an input", top)
    latches = _read_latches(scanner, header, own[counts["I"] : header.sources])
    outputs = scanner.rows(counts["O"], (1,), "an output", top)
    bad = scanner.rows(counts["B"], (1,), "a bad state", top)
    constraints = scanner.rows(counts["C"], (1,), "a constraint", top)
    if header.binary:
        ands = _read_differences(scanner, own[header.sources :])
    else:
        ands = scanner.rows(counts["A"], (3,), "an AND", top)
    defined = (inputs, latches, ands)
    return _Body(
        defined=np.concatenate([rows.values[:, 0] for rows in defined]),
        defined_lines=np.concatenate([rows.lines for rows in defined]),
        read=np.concatenate(
            (outputs.values[:, 0], latches.values[:, 1], bad.values[:, 0], constraints.values[:, 0])
        ),
        read_lines=np.concatenate((outputs.lines, latches.lines, bad.lines, constraints.lines)),
        fan_in=ands.values[:, 1:],
        and_lines=ands.lines,
    )


def _read_latches(scanner: Scanner, header: _Header, own: Numbers) -> Rows:
    """Read the literal and the next state of every latch, (latches, 2)."""
    widths = (1, 2) if header.binary else (2, 3)
    rows = scanner.rows(len(own), widths, "a latch", header.top)
    values = np.column_stack((own, rows.values)) if header.binary else rows.values
    reset = values[:, 2]
    wrong = np.flatnonzero((reset > 1) & (reset != values[:, 0]))
    for latch in wrong[:1]:
        raise SourceError(
            f"{scanner.shown}, line {rows.lines[latch]}: a latch is reset to 0, to 1 or to itself, "
            f"literal {values[latch, 0]}, not to {reset[latch]}"
        )
    return Rows(values[:, :2], rows.lines)


def _read_differences(scanner: Scanner, own: Numbers) -> Rows:
    """Read every AND of a binary file: its literal and the two that it reads, (ands, 3)."""
    begin = scanner.position
    differences = scanner.differences(2 * len(own)).reshape(-1, 2)
    first = own - differences[:, 0]
    second = first - differences[:, 1]
    for gate in np.flatnonzero((differences[:, 0] == 0) | (second < 0))[:1]:
        read = second[gate] if 0 <= first[gate] < own[gate] else first[gate]
        raise SourceError(
            f"{scanner.shown}, gate {gate} of the binary data from byte {begin} on: literal "
            f"{own[gate]} reads literal {read}; an AND reads literals from 0 to {own[gate] - 1}"
        )
    return Rows(np.column_stack((own, first, second)), np.zeros(len(own), np.int64))


def _in_order(scanner: Scanner, header: _Header, body: _Body) -> tuple[Numbers, Numbers]:
    """Return the literals of the netlist that ANDs, in topological order, and outputs read."""
    _check_definitions(scanner, body)
    first_gate = header.sources + 1
    fan_in = _renumbered(scanner, body, body.fan_in.ravel(), np.repeat(body.and_lines, 2), "an AND")
    read = _renumbered(scanner, body, body.read, body.read_lines, "an output")
    offsets = np.arange(0, len(fan_in) + 1, 2)
    gates = np.maximum((fan_in >> 1) - first_gate, -1).astype(np.int32)
    try:
        order = topological_order(offsets, gates)
    except CyclicError as error:
        line, literal = body.and_lines[error.gate], body.defined[header.sources + error.gate]
        raise SourceError(
            f"{scanner.shown}, line {line}: the AND {literal} depends on itself"
        ) from None
    signal = np.arange(first_gate + len(order))
    signal[first_gate + order] = np.arange(first_gate, len(signal))
    fan_in, read = (2 * signal[literal >> 1] + (literal & 1) for literal in (fan_in, read))
    return fan_in.reshape(-1, 2)[order], read


def _check_definitions(scanner: Scanner, body: _Body) -> None:
    for place in np.flatnonzero((body.defined < 2) | (body.defined & 1))[:1]:
        raise SourceError(
            f"{scanner.shown}, line {body.defined_lines[place]}: literal {body.defined[place]} "
            "cannot be defined; an even one above 0 can"
        )
    order = np.argsort(body.defined, kind="stable")
    ascending = body.defined[order]
    for place in np.flatnonzero(ascending[1:] == ascending[:-1])[:1]:
        first, again = body.defined_lines[order[place : place + 2]]
        raise SourceError(
            f"{scanner.shown}, line {again}: literal {ascending[place]} is already defined in line "
            f"{first}"
        )


def _renumbered(
    scanner: Scanner, body: _Body, literals: Numbers, lines: Numbers, what: str
) -> Numbers:
    """Return literals of the file as literals of the netlist before its gates are put in order."""
    # The constant is defined too. A few variables may have very large numbers, so they are searched
    # for and not looked up in a table of all numbers.
    defined = np.concatenate(([0], body.defined))
    order = np.argsort(defined, kind="stable")
    ascending = defined[order]
    place = np.minimum(np.searchsorted(ascending, literals & ~1), len(ascending) - 1)
    for bad in np.flatnonzero(ascending[place] != literals & ~1)[:1]:
        raise SourceError(
            f"{scanner.shown}, line {lines[bad]}: {what} reads literal {literals[bad]}, which is "
            "not defined"
        )
    signals: Numbers = 2 * order[place] + (literals & 1)
    return signals


def _output_names(symbols: Symbols, counts: dict[str, int], latches: list[str]) -> Names:
    if not latches and not counts["b"] + counts["c"]:
        return names_of(symbols, [("o", counts["o"])])
    sections = [("o", counts["o"]), ("b", counts["b"]), ("c", counts["c"])]
    given = [[symbols[letter].get(at) for at in range(count)] for letter, count in sections]
    plain = [[f"{letter}{at}" for at in range(count)] for letter, count in sections]
    nexts = [f"{latch[:STEM]}.next" for latch in latches]
    return Names(
        distinct(
            [*given[0], *[None] * len(nexts), *given[1], *given[2]],
            [*plain[0], *nexts, *plain[1], *plain[2]],
        )
    )
