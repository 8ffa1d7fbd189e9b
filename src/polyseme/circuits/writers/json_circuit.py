"""Writing a circuit as JSON, which keeps it exactly; `docs/circuits.md` specifies the format."""

from __future__ import annotations

import json
import os
from itertools import pairwise

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.names import Names
from polyseme.circuits.readers.json_circuit import FORMAT, KIND_NAMES, VERSION
from polyseme.common.files import write_whole


def write_json(circuit: Circuit, path: str | os.PathLike[str]) -> None:
    """Write a circuit, one line per gate and per output.

    Raises PolysemeError when the file cannot be written.
    """
    head = {"format": FORMAT, "version": VERSION, "name": circuit.name}
    lines = [f"{_dumped(key)}: {_dumped(value)}" for key, value in head.items()]
    lines.append(f'"features": {_dumped(_names(circuit.features))}')
    lines.append(f'"gates": {_list(_gates(circuit))}')
    named = {name: gate for gate, name in enumerate(circuit.gate_names) if name}
    if named:
        lines.append(f'"gate_names": {_dumped(named)}')
    lines.append(f'"outputs": {_list(_outputs(circuit))}')
    write_whole(path, ("{\n" + ",\n".join(lines) + "\n}\n").encode())


def _names(names: Names) -> object:
    if names.listed is None:
        return {"prefix": names.prefix, "count": len(names)}
    return names.listed


def _gates(circuit: Circuit) -> list[str]:
    opening = {int(kind): f'["{name}", ' for name, kind in KIND_NAMES.items()}
    fan_in = circuit.fan_in.tolist()
    ends = pairwise(circuit.fan_in_offsets.tolist())
    # JSON writes a list of numbers as Python does; the opening bracket comes before the kind.
    return [
        opening[kind] + str(fan_in[begin:end])[1:]
        for kind, (begin, end) in zip(circuit.kinds.tolist(), ends, strict=True)
    ]


def _outputs(circuit: Circuit) -> list[str]:
    written = []
    wires = zip(circuit.outputs.tolist(), circuit.inverted.tolist(), strict=True)
    for name, (wire, inverted) in zip(circuit.output_names, wires, strict=True):
        output: dict[str, object] = {"name": name, "wire": None if wire < 0 else wire}
        if inverted:
            output["inverted"] = True
        written.append(_dumped(output))
    return written


def _list(lines: list[str]) -> str:
    return "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
