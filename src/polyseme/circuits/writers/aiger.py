"""Writing AIGER files: ASCII (.aag) or binary (.aig)."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.logic.aig import netlist_of, two_input_ands
from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.names import Names
from polyseme.common.files import write_whole
from polyseme.errors import SourceError


def write_aiger(circuit: Circuit, path: str | os.PathLike[str], to: str | None = None) -> None:
    """Write a circuit as ANDs of two, in ASCII if the path ends in .aag, in binary if in .aig.

    `to`, "aag" or "aig", says it instead of the ending. The symbol table has the names of inputs
    and outputs, the comment has the circuit's name, and inverted outputs read negated literals.
    Raises SourceError for another ending, and PolysemeError when the file cannot be written.
    """
    ending = os.fspath(path).lower()[-4:] if to is None else f".{to}"
    if ending not in (".aag", ".aig"):
        raise SourceError(f"{os.fspath(path)!a}: an AIGER file ends in .aag or .aig")
    ands = two_input_ands(netlist_of(circuit))
    form, body = ("aag", _ascii(ands)) if ending == ".aag" else ("aig", _binary(ands))
    inputs, outputs, gates = len(ands.inputs), len(ands.outputs), ands.gates
    header = f"{form} {inputs + gates} {inputs} 0 {outputs} {gates}\n".encode()
    symbols = _symbols("i", ands.inputs) + _symbols("o", ands.output_names)
    write_whole(path, header + body + f"{symbols}c\n{circuit.name}\n".encode())


def _ascii(ands: Netlist) -> bytes:
    inputs = np.arange(1, len(ands.inputs) + 1) * 2
    gates = np.column_stack((_literals(ands), ands.fan_in.reshape(-1, 2))).tolist()
    lines = [*inputs.tolist(), *ands.outputs.tolist(), *(f"{a} {b} {c}" for a, b, c in gates)]
    return "".join(f"{line}\n" for line in lines).encode()


def _binary(ands: Netlist) -> bytes:
    read = ands.fan_in.reshape(-1, 2).astype(np.int64)
    differences = np.column_stack((_literals(ands) - read[:, 0], read[:, 0] - read[:, 1]))
    outputs = "".join(f"{literal}\n" for literal in ands.outputs.tolist())
    return outputs.encode() + _in_groups(differences.ravel())


def _literals(ands: Netlist) -> NDArray[np.int64]:
    """Return the literal of every gate, (gates,)."""
    return 2 * np.arange(len(ands.inputs) + 1, len(ands.inputs) + ands.gates + 1)


def _in_groups(values: NDArray[np.int64]) -> bytes:
    """Return numbers below 2^35 in groups of seven bits, lowest first; all but the last marked."""
    groups = (values[:, None] >> np.arange(0, 35, 7)) & 127
    # A group is written if it or a higher one is not zero; the lowest is always written.
    written = (values[:, None] >> np.arange(0, 35, 7)) > 0
    written[:, 0] = True
    marked = np.zeros_like(groups)
    marked[:, :-1] = 128 * written[:, 1:]
    return (groups | marked)[written].astype(np.uint8).tobytes()


def _symbols(letter: str, names: Names) -> str:
    return "".join(f"{letter}{number} {name}\n" for number, name in enumerate(names))
