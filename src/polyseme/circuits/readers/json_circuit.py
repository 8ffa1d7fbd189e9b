"""Circuits as JSON, the only format that keeps a circuit exactly; see `docs/circuits.md`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.logic.netlist import MAX_GATES, MAX_INPUTS
from polyseme.circuits.names import Names, check_name
from polyseme.circuits.readers.text import MAX_LOGIC_BYTES, read_text
from polyseme.common.files import shown_path
from polyseme.common.plain_text import normal
from polyseme.errors import SourceError

FORMAT = "polyseme-circuit"
VERSION = 1
KIND_NAMES = {kind.name.lower(): kind for kind in GateKind}
_KEYS = ("format", "version", "name", "features", "gates", "gate_names", "outputs")


def read_json(path: str | os.PathLike[str]) -> Circuit:
    """Read a circuit; one without a name is named like the file.

    Raises SourceError naming the file, the place in it and the rule if it is no such file.
    """
    shown = shown_path(path)
    text = read_text(path, MAX_LOGIC_BYTES, "a circuit")
    try:
        return _circuit(_parse(text), shown_path(Path(path).name))
    except SourceError as error:
        raise SourceError(f"{shown}: {error}") from None


def _parse(text: str) -> dict[str, Any]:
    """Return the object that a file holds.

    Raises SourceError for JSON that is not well-formed, repeated keys, and numbers such as NaN or
    those of too many digits.
    """
    try:
        parsed = json.loads(text, object_pairs_hook=_distinct_keys, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise SourceError(f"is not well-formed JSON: {error.msg} in {where}") from None
    except RecursionError:
        raise SourceError("is nested too deeply") from None
    except ValueError:
        raise SourceError("holds a number of too many digits") from None
    return _record(parsed, "the file", _KEYS)


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        met: set[str] = set()
        for key, _ in pairs:
            if key in met:
                raise SourceError(f"key {_short(key)} is given twice in one object")
            met.add(key)
    return made


def _no_constant(name: str) -> NoReturn:
    raise SourceError(f"{name} is not JSON")


def _circuit(parsed: dict[str, Any], file_name: str) -> Circuit:
    if parsed.get("format") != FORMAT:
        raise SourceError(f"'format' must be {FORMAT!r}, not {_short(parsed.get('format'))}")
    version = parsed.get("version")
    if type(version) is not int or version != VERSION:
        raise SourceError(f"is of version {_short(version)}; this polyseme reads {VERSION}")
    name = parsed.get("name", file_name)
    if not isinstance(name, str):
        raise SourceError(f"'name' must be text, not {_short(name)}")
    features = _features(parsed.get("features"))
    gate_names, rows = _gate_rows(parsed.get("gates", []))
    wires = _Wires(features, gate_names)
    kinds, offsets, fan_in = _gates(rows, wires)
    outputs, output_names, inverted = _outputs(parsed.get("outputs"), wires)
    given = parsed.get("gate_names", {})
    return Circuit(
        features=features,
        kinds=kinds,
        fan_in_offsets=offsets,
        fan_in=fan_in,
        outputs=outputs,
        output_names=output_names,
        name=name,
        inverted=inverted,
        gate_names=tuple(gate_names) or _numbered_names(given, len(kinds)),
    )


class _Wires:
    """Wires by number or by name."""

    def __init__(self, features: Names, gate_names: Sequence[str]):
        self._features = features
        self._gates = gate_names
        if gate_names:
            self._check_gate_names()

    def _check_gate_names(self) -> None:
        features = set(self._features)
        for gate, name in enumerate(self._gates):
            check_name(name, f"gate {gate}: ")
            if name in features:
                raise SourceError(f"gate {gate}: name {_short(name)} is also that of a feature")

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Wires by name; the table is made at the first name, as a large file may have none."""
        return {name: wire for wire, name in enumerate((*self._features, *self._gates))}

    def number(self, wire: object, reader: str) -> int:
        """Return the number of a wire that `reader` reads.

        Raises SourceError for a name that is not defined, and for what is neither name nor number.
        """
        if type(wire) is int and abs(wire) < 2**31:
            return wire
        if not isinstance(wire, str):
            raise SourceError(
                f"{reader} reads {_short(wire)}; a wire is a number, or the name of a feature or "
                "gate"
            )
        found = self._numbers.get(normal(wire))
        if found is None:
            raise SourceError(f"{reader} reads {_short(wire)}, which is not defined")
        return found


def _features(given: object) -> Names:
    if isinstance(given, list):
        return Names(_texts(given, "a feature"))
    if not isinstance(given, dict):
        raise SourceError(f"'features' must be a list or a prefix and a count, not {_short(given)}")
    record = _record(given, "'features'", ("prefix", "count"))
    prefix, count = record.get("prefix"), record.get("count")
    if not isinstance(prefix, str):
        raise SourceError(f"'features': 'prefix' must be text, not {_short(prefix)}")
    if type(count) is not int or not 0 <= count <= MAX_INPUTS:
        raise SourceError(
            f"'features': 'count' must be a whole number from 0 to {MAX_INPUTS}, "
            f"not {_short(count)}"
        )
    return Names(prefix=prefix, count=count)


def _gate_rows(given: object) -> tuple[list[str], list[Any]]:
    """Return the names of the gates (none if they are a list), and the entry of each."""
    if not isinstance(given, list | dict):
        raise SourceError(f"'gates' must be a list or an object, not {_short(given)}")
    if len(given) > MAX_GATES:
        raise SourceError(f"{len(given)} gates; there may be at most {MAX_GATES}")
    if isinstance(given, list):
        return [], given
    return list(map(normal, given)), list(given.values())


def _gates(
    rows: list[Any], wires: _Wires
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int32]]:
    """Return the kinds, fan-in offsets and fan-in of gates written [kind, input, ...]."""
    kinds, ends = bytearray(), [0]
    fan_in: list[int] = []
    for gate, row in enumerate(rows):
        kind = KIND_NAMES.get(row[0]) if _starts_with_text(row) else None
        if kind is None:
            raise SourceError(
                f"gate {gate} is {_short(row)}; it must be a list of a kind "
                f"({', '.join(KIND_NAMES)}) and the wires it reads"
            )
        kinds.append(kind)
        fan_in += [wires.number(wire, f"gate {gate}") for wire in row[1:]]
        ends.append(len(fan_in))
    return (
        np.frombuffer(kinds, np.uint8),
        np.array(ends, np.int64),
        np.array(fan_in, np.int32),
    )


def _numbered_names(given: object, gates: int) -> tuple[str, ...]:
    """Return the name of every gate, "" for most, from an object of names and gates' numbers."""
    if not isinstance(given, dict):
        raise SourceError(f"'gate_names' must be an object, not {_short(given)}")
    names = [""] * gates
    for name, gate in given.items():
        if type(gate) is not int or not 0 <= gate < gates:
            raise SourceError(f"'gate_names': {_short(name)} names gate {_short(gate)} of {gates}")
        if names[gate]:
            raise SourceError(f"'gate_names': gate {gate} has two names")
        names[gate] = name
    return tuple(names)


def _starts_with_text(row: object) -> bool:
    return isinstance(row, list) and bool(row) and isinstance(row[0], str)


def _outputs(given: object, wires: _Wires) -> tuple[NDArray[np.int32], Names, NDArray[np.bool_]]:
    """Return the wires, names and inversions of outputs written {"name", "wire", "inverted"}."""
    if not isinstance(given, list):
        raise SourceError(f"'outputs' must be a list, not {_short(given)}")
    numbers, names, inverted = [], [], []
    for position, output in enumerate(given):
        reader = f"output {position}"
        record = _record(output, reader, ("name", "wire", "inverted"))
        if "wire" not in record:
            raise SourceError(f"{reader} has no 'wire'; a constant output has null there")
        wire = record["wire"]
        number = -1 if wire is None else wires.number(wire, reader)
        if wire is not None and number < 0:
            raise SourceError(f"{reader} reads wire {number}; a constant output has null there")
        if type(record.get("inverted", False)) is not bool:
            raise SourceError(f"{reader}: 'inverted' must be true or false")
        numbers.append(number)
        names.append(record.get("name"))
        inverted.append(record.get("inverted", False))
    return (
        np.array(numbers, np.int32),
        Names(_texts(names, "the name of an output")),
        np.array(inverted, bool),
    )


def _record(given: object, what: str, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise SourceError(f"{what} must be an object, not {_short(given)}")
    for key in given:
        if key not in keys:
            raise SourceError(f"{what} has key {_short(key)}; the keys are {', '.join(keys)}")
    return given


def _texts(given: list[Any], what: str) -> list[str]:
    for position, name in enumerate(given):
        if not isinstance(name, str):
            raise SourceError(f"{what} must be text, not {_short(name)} as at position {position}")
    return given


def _short(value: object) -> str:
    """Return a value in a form short enough for a message, however long or deep it is."""
    if isinstance(value, str):
        return ascii(value[:40])
    if isinstance(value, list):
        return (
            f"[{_short(value[0])}, ...]" if value and not isinstance(value[0], list) else "a list"
        )
    if isinstance(value, int) and abs(value) >= 2**63:
        return "a number of many digits"
    return "an object" if isinstance(value, dict) else ascii(value)[:40]
