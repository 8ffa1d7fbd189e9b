"""Named bits, on which a Python function computes while its circuit is recorded."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from polyseme.circuits.logic import wide_gates
from polyseme.circuits.logic.netlist import MAX_GATES, Netlist, NetlistKind
from polyseme.circuits.names import Names, check_name
from polyseme.common.arguments import shown_value, whole_number
from polyseme.common.plain_text import normal
from polyseme.errors import OptionError, SourceError

_NO_VALUE = "a bit has no value while its circuit is recorded; "


class Recording:
    """The gates that bits were combined by so far, in order."""

    def __init__(self, inputs: Sequence[str]):
        """Begin with one bit per input."""
        self.inputs = Names(inputs)
        self._kinds = array("B")
        self._ends = array("q", [0])
        self._fan_in = array("i")
        self._named: dict[str, int] = {}

    def bits(self) -> list[Bit]:
        """Return the bits of the inputs."""
        return [Bit(self, 2 * (1 + number)) for number in range(len(self.inputs))]

    def add(self, kind: NetlistKind, literals: Iterable[int]) -> int:
        """Add a gate and return its literal."""
        self._kinds.append(kind)
        if len(self._kinds) > MAX_GATES:
            raise SourceError(f"a function may combine bits at most {MAX_GATES} times")
        self._fan_in.extend(literals)
        self._ends.append(len(self._fan_in))
        return 2 * (len(self.inputs) + len(self._kinds))

    def name(self, literal: int, name: str) -> None:
        """Name a literal, unless it is a constant or an input."""
        if literal >> 1 > len(self.inputs):
            self._named.setdefault(name, literal)

    def named_differently(self, literal: int, name: str) -> bool:
        """Return whether a name is already that of another bit."""
        return name in self.inputs or self._named.get(name, literal) != literal

    def netlist(self, outputs: dict[str, int], name: str) -> Netlist:
        """Return the netlist of these outputs, by name."""
        return Netlist(
            inputs=self.inputs,
            kinds=np.array(self._kinds, np.uint8),
            fan_in_offsets=np.array(self._ends, np.int64),
            fan_in=np.array(self._fan_in, np.int32),
            outputs=np.array(list(outputs.values()), np.int32),
            output_names=Names(list(outputs)),
            name=name,
            named=tuple(self._named),
            named_literals=np.array(list(self._named.values()), np.int32),
        )


class Bit:
    """A bit that a function of `polyseme.circuit` computes on: combine it with `&`, `|`, `^`, `~`.

    Attributes:
        recording: The circuit being recorded.
        literal: Number of the bit's literal in it.
    """

    __slots__ = ("literal", "recording")

    def __init__(self, recording: Recording, literal: int):
        """Take the literal of a recording."""
        self.recording = recording
        self.literal = literal

    def named(self, name: str) -> Bit:
        """Name the gate of this bit for the answer key and reports, and return the bit.

        Args:
            name: 1 to 1000 printable characters; no other bit has that name.

        Returns:
            The bit itself.

        Raises:
            SourceError: The name breaks a rule, or another bit has it.
        """
        check_name(name, "bit ")
        name = normal(name)
        if self.recording.named_differently(self.literal, name):
            raise SourceError(f"name {name[:40]!r} is already that of another bit")
        self.recording.name(self.literal, name)
        return self

    def __and__(self, other: object) -> Bit:
        """Return the AND of two bits."""
        return self._gate(NetlistKind.AND, other)

    def __or__(self, other: object) -> Bit:
        """Return the OR of two bits."""
        return ~(~self & ~_bit_of(self.recording, other))

    def __xor__(self, other: object) -> Bit:
        """Return the XOR of two bits."""
        return self._gate(NetlistKind.XOR, other)

    def __invert__(self) -> Bit:
        """Return the negation of the bit."""
        return Bit(self.recording, self.literal ^ 1)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __bool__(self) -> NoReturn:
        """Refuse to be True or False."""
        raise OptionError(
            _NO_VALUE + "use & | ~ for and, or, not, and ps.all_of, ps.any_of for all, any; "
            "instead of `if`, combine bits"
        )

    def __eq__(self, other: object) -> NoReturn:
        """Refuse to be compared."""
        raise OptionError(_NO_VALUE + "write ~(a ^ b) for a == b, and a ^ b for a != b")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        """Return a few words that tell nothing of its value, for it has none."""
        return "Bit()"

    def _gate(self, kind: NetlistKind, other: object) -> Bit:
        pair = (self.literal, _bit_of(self.recording, other).literal)
        return Bit(self.recording, self.recording.add(kind, pair))


def literal_of(recording: Recording, value: object, what: str) -> int:
    """Return the literal of a bit of this recording, or of a constant; else raise OptionError."""
    if isinstance(value, Bit):
        if value.recording is not recording:
            raise OptionError(f"{what} is a bit of another function")
        return value.literal
    if isinstance(value, bool | np.bool_) or (isinstance(value, int) and value in (0, 1)):
        return int(value)
    raise OptionError(f"{what} is {shown_value(value)}; it must be a bit, True or False")


def _bit_of(recording: Recording, value: object) -> Bit:
    return Bit(recording, literal_of(recording, value, "what a bit is combined with"))


def all_of(*bits: Any) -> Any:
    """Return the AND of any number of bits; that of none is True.

    Args:
        bits: Bits of a function of `polyseme.circuit`, True and False, or lists of them.

    Returns:
        A bit, or True or False if none of them is a bit.

    Raises:
        OptionError: Something is none of these.

    Example:
        >>> import polyseme as ps
        >>> ps.circuit(lambda a, b, c: ps.all_of(a, b, ~c)).depth
        2
    """
    return _combined(bits, lambda made, literals: made.add(NetlistKind.AND, literals), all)


def any_of(*bits: Any) -> Any:
    """Return the OR of any number of bits; that of none is False.

    Args:
        bits: Bits of a function of `polyseme.circuit`, True and False, or lists of them.

    Returns:
        A bit, or True or False if none of them is a bit.

    Raises:
        OptionError: Something is none of these.

    Example:
        >>> import polyseme as ps
        >>> ps.circuit(lambda a, b, c: ps.any_of([a, b, c])).gates
        1
    """
    return _combined(bits, lambda made, literals: wide_gates.any_of(literals, made.add), any)


def at_least(count: int, *bits: Any) -> Any:
    """Return the bit that is on when at least so many of the bits are.

    Args:
        count: The least number of bits on, 0 or more.
        bits: Bits of a function of `polyseme.circuit`, True and False, or lists of them.

    Returns:
        A bit, or True or False if none of them is a bit.

    Raises:
        OptionError: `count` is no whole number of 0 or more, or something is no bit.

    Example:
        >>> import polyseme as ps
        >>> majority = ps.circuit(lambda a, b, c: ps.at_least(2, a, b, c))
        >>> majority.gates
        4
    """
    least = whole_number("count", count, 0)
    return _combined(
        bits,
        lambda made, literals: wide_gates.at_least(least, literals, made.add),
        lambda values: sum(values) >= least,
    )


def _combined(given: tuple[Any, ...], gate: Any, constant: Any) -> Any:
    """Return the bit of a gate over bits, or a constant where all are."""
    bits = list(_listed(given))
    first = next((bit for bit in bits if isinstance(bit, Bit)), None)
    recording = Recording(["none"]) if first is None else first.recording
    literals = [
        literal_of(recording, bit, f"bit {place} of the list") for place, bit in enumerate(bits)
    ]
    if first is None:
        return bool(constant([bool(literal) for literal in literals]))
    return Bit(recording, gate(recording, literals))


def _listed(given: Iterable[Any]) -> Iterable[Any]:
    for one in given:
        if isinstance(one, Iterable) and not isinstance(one, str | bytes):
            yield from _listed(one)
        else:
            yield one
