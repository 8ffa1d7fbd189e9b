"""What the tests of all readers of logic share: a slow evaluator, and ways to spoil a file."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import strategies as st

from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.errors import SourceError
from support.places import CIRCUITS

Reader = Callable[[Path], Netlist]
# The value of every name, as bits of one number: bit i is the value in sample i.
Columns = dict[str, int]


def values_of(netlist: Netlist, inputs: Columns, samples: int) -> Columns:
    """Evaluate a netlist gate by gate, checking that every gate reads only what is before it."""
    everything = (1 << samples) - 1
    values = [0, *(inputs[name] for name in netlist.inputs)]
    for gate in range(netlist.gates):
        begin, end = netlist.fan_in_offsets[gate : gate + 2].tolist()
        is_and = netlist.kinds[gate] == NetlistKind.AND
        value = everything if is_and else 0
        for literal in netlist.fan_in[begin:end].tolist():
            assert 0 <= literal < 2 * len(values)
            read = values[literal >> 1] ^ (everything if literal & 1 else 0)
            value = value & read if is_and else value ^ read
        values.append(value)
    assert len(netlist.outputs) == len(netlist.output_names)
    return {
        name: values[literal >> 1] ^ (everything if literal & 1 else 0)
        for name, literal in zip(netlist.output_names, netlist.outputs.tolist(), strict=True)
    }


def truth_table(netlist: Netlist) -> dict[tuple[int, ...], dict[str, int]]:
    """All outputs for all inputs, by the inputs' values in their order."""
    rows = list(product((0, 1), repeat=len(netlist.inputs)))
    columns = {
        name: sum(row[place] << sample for sample, row in enumerate(rows))
        for place, name in enumerate(netlist.inputs)
    }
    outputs = values_of(netlist, columns, len(rows))
    return {
        row: {name: value >> sample & 1 for name, value in outputs.items()}
        for sample, row in enumerate(rows)
    }


def written(path: Path, data: str | bytes, reader: Reader) -> Netlist:
    """What a reader makes of a file with this in it."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return reader(path)


def refusal(path: Path, data: str | bytes, reader: Reader) -> str:
    """The message a reader refuses a file with, behind the name of its folder."""
    with pytest.raises(SourceError) as caught:
        written(path, data, reader)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(f"{path.parent}/")
    return message.removeprefix(f"{path.parent}/")


def assert_read_or_refused(path: Path, data: bytes, reader: Reader) -> None:
    """Any bytes make a netlist that can be evaluated, or one printable line."""
    outcome: Netlist | str
    try:
        outcome = written(path, data, reader)
    except SourceError as error:
        outcome = str(error)
    if isinstance(outcome, str):
        assert outcome.isprintable()
        assert str(path) in outcome
    else:
        values_of(outcome, dict.fromkeys(outcome.inputs, 1), 1)


@st.composite
def spoilt(draw: st.DrawFn, valid: list[str], marks: str) -> bytes:
    """A valid file, cut short or with some bytes replaced, dropped or added."""
    data = bytearray(draw(st.sampled_from(valid)).encode())
    some = st.one_of(st.sampled_from(list(marks.encode())), st.integers(0, 255))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        change = draw(st.sampled_from(("cut", "replace", "drop", "add", "double")))
        if change == "cut":
            del data[place:]
        elif change == "replace":
            data[place : place + 1] = bytes([draw(some)])
        elif change == "drop":
            del data[place : place + draw(st.integers(1, 5))]
        elif change == "add":
            data[place:place] = bytes([draw(some)])
        else:
            data[place:place] = data[place : place + 20]
    return bytes(data)


def real_files(pattern: str) -> list[object]:
    """Parameters for a test of files that lie outside the project, where they are there."""
    found = sorted(CIRCUITS.glob(pattern))
    absent = pytest.param(None, marks=pytest.mark.skip(reason=f"no {pattern} in {CIRCUITS.name}"))
    return [pytest.param(path, id=path.name) for path in found] or [absent]
