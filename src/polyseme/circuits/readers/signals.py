"""Collecting gates of named signals, in any order, and making a netlist of them.

The readers of all formats with named signals use this module, so the errors that a signal is not
defined, defined twice or depends on itself are the same everywhere, with its name and its line.

While a file is read, signals are numbered as they are met (0 is the constant false) and a literal
is 2 * number, plus one if negated, as in a netlist. Every signal that is no input has one gate and
a flag that negates it, so a NAND is one gate as an AND is.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.names import Names
from polyseme.circuits.readers.text import check_signal, shown_text
from polyseme.circuits.topological import CyclicError, topological_order
from polyseme.common.ragged import select_rows
from polyseme.errors import SourceError

MAX_SIGNALS = 10**7
MAX_LITERALS = 5 * 10**7


class Signals:
    """The signals of one file, which messages call `shown`.

    Methods raise SourceError naming `shown`, the line they are given and the rule that is broken.
    """

    def __init__(self, shown: str):
        """Begin with no signal but the constant."""
        self._shown = shown
        self._numbers: dict[str, int] = {}
        # By number of the signal: the first line that names it, and the line that defines it.
        self._first_line = array("i", [0])
        self._defined_line = array("i", [0])
        self._inputs: dict[str, int] = {}
        self._states: dict[str, int] = {}
        self._outputs: dict[str, int] = {}
        self._next_states: dict[str, int] = {}
        # By gate.
        self._signal = array("i")
        self._kinds = array("B")
        self._negated = array("B")
        self._ends = array("q", [0])
        self._fan_in = array("i")

    def literal(self, name: str, line: int) -> int:
        """Return the literal of a signal that a line names."""
        number = self._numbers.get(name)
        if number is None:
            check_signal(name, self._at(line))
            number = self._numbers[name] = self._new_signal(line)
        return 2 * number

    def add_input(self, name: str, line: int) -> None:
        """Define a signal as an input."""
        self._inputs[name] = self._definition(name, line)

    def add_output(self, name: str, line: int) -> None:
        """Make a signal an output of the same name."""
        self._add_output(self._outputs, name, self.literal(name, line), line)

    def add_state(self, name: str, next_state: str, line: int) -> None:
        """Define a signal as the state of a latch, which is cut.

        The state becomes an input after all others, and the signal `next_state`, which the latch
        would store, becomes the output "<name>.next" after all others.
        """
        self._states[name] = self._definition(name, line)
        stored = self.literal(next_state, line)
        self._add_output(self._next_states, f"{name}.next", stored, line)

    def define(
        self,
        name: str,
        kind: NetlistKind,
        literals: Iterable[int],
        line: int,
        negated: bool = False,
    ) -> None:
        """Define a signal as a gate, or as the negation of a gate."""
        self._add_gate(self._definition(name, line), kind, literals, line, negated)

    def gate(self, kind: NetlistKind, literals: Iterable[int], line: int) -> int:
        """Add a gate without a name and return its literal."""
        signal = self._new_signal(line)
        self._add_gate(signal, kind, literals, line, False)
        return 2 * signal

    def netlist(self, name: str) -> Netlist:
        """Return the netlist of all signals, in topological order.

        Raises SourceError if there is no output, or a signal is not defined or depends on itself.
        """
        outputs = {**self._outputs, **self._next_states}
        if not outputs:
            raise SourceError(f"{self._shown}: no output; name at least one")
        inputs = {**self._inputs, **self._states}
        signal = np.array(self._signal, np.int64)
        gate_of_signal = np.full(len(self._first_line), -1, np.int32)
        gate_of_signal[signal] = np.arange(len(signal))
        self._check_defined(gate_of_signal, inputs)
        order = self._order(gate_of_signal)
        final = np.zeros(len(gate_of_signal), np.int32)
        final[list(inputs.values())] = 2 * (1 + np.arange(len(inputs)))
        final[signal[order]] = 2 * (1 + len(inputs) + np.arange(len(order)))
        final[signal] += np.array(self._negated, np.int32)
        offsets, places = select_rows(np.array(self._ends), order)
        fan_in = np.array(self._fan_in, np.int32)[places]
        ends = np.array(list(outputs.values()), np.int32)
        return Netlist(
            inputs=Names(list(inputs)),
            kinds=np.array(self._kinds, np.uint8)[order],
            fan_in_offsets=offsets,
            fan_in=final[fan_in >> 1] ^ (fan_in & 1),
            outputs=final[ends >> 1] ^ (ends & 1),
            output_names=Names(list(outputs)),
            name=name,
            **self._named(gate_of_signal, final),
        )

    def _named(self, gate_of_signal: NDArray[np.int32], final: NDArray[np.int32]) -> dict[str, Any]:
        """Return the names of signals that are gates and their literals, as a netlist's fields."""
        numbers = np.fromiter(self._numbers.values(), np.int64, len(self._numbers))
        is_gate = gate_of_signal[numbers] >= 0
        return {
            "named": tuple(compress(self._numbers, is_gate.tolist())),
            "named_literals": final[numbers[is_gate]],
        }

    def _at(self, line: int) -> str:
        return f"{self._shown}, line {line}: "

    def _new_signal(self, line: int) -> int:
        if len(self._first_line) > MAX_SIGNALS:
            raise SourceError(f"{self._at(line)}there may be at most {MAX_SIGNALS} signals")
        self._first_line.append(line)
        self._defined_line.append(0)
        return len(self._first_line) - 1

    def _definition(self, name: str, line: int) -> int:
        number = self.literal(name, line) >> 1
        if self._defined_line[number]:
            first = self._defined_line[number]
            raise SourceError(
                f"{self._at(line)}signal {shown_text(name)} is defined a second time; "
                f"the first is on line {first}"
            )
        self._defined_line[number] = line
        return number

    def _add_output(self, among: dict[str, int], name: str, literal: int, line: int) -> None:
        if name in self._outputs or name in self._next_states:
            raise SourceError(f"{self._at(line)}output {shown_text(name)} is named twice")
        check_signal(name, self._at(line))
        among[name] = literal

    def _add_gate(
        self, signal: int, kind: NetlistKind, literals: Iterable[int], line: int, negated: bool
    ) -> None:
        self._signal.append(signal)
        self._kinds.append(kind)
        self._negated.append(negated)
        self._fan_in.extend(literals)
        self._ends.append(len(self._fan_in))
        if len(self._fan_in) > MAX_LITERALS:
            raise SourceError(f"{self._at(line)}gates may read at most {MAX_LITERALS} literals")

    def _name(self, number: int) -> str:
        # Only error messages need this, so no table is kept that would be faster.
        return next(name for name, other in self._numbers.items() if other == number)

    def _check_defined(self, gate_of_signal: NDArray[np.int32], inputs: dict[str, int]) -> None:
        missing = gate_of_signal < 0
        missing[0] = False
        missing[list(inputs.values())] = False
        if missing.any():
            number = int(np.argmax(missing))
            raise SourceError(
                f"{self._at(self._first_line[number])}signal {shown_text(self._name(number))} "
                "is not defined anywhere"
            )

    def _order(self, gate_of_signal: NDArray[np.int32]) -> NDArray[np.int64]:
        read = gate_of_signal[np.array(self._fan_in, np.int64) >> 1]
        try:
            return topological_order(np.array(self._ends), read)
        except CyclicError as error:
            gate = error.gate
            # A gate without a name comes before the named gate to which it belongs.
            while not self._defined_line[self._signal[gate]]:
                gate += 1
            number = self._signal[gate]
            raise SourceError(
                f"{self._at(self._defined_line[number])}signal {shown_text(self._name(number))} "
                "depends on itself"
            ) from error
