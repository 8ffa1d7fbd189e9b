"""Writing a circuit in the format that the ending of a path tells."""

from __future__ import annotations

import os

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.writers.aiger import write_aiger
from polyseme.circuits.writers.json_circuit import write_json
from polyseme.common.arguments import instance
from polyseme.errors import OptionError

_WRITERS = {".aig": write_aiger, ".aag": write_aiger, ".json": write_json}


def write(circuit: Circuit, path: str | os.PathLike[str]) -> None:
    """Write a circuit as AIGER, which any logic tool reads, or as JSON, which keeps every gate.

    Args:
        circuit: What is written.
        path: The file to write; its ending tells the format: .aig, .aag (AIGER) or .json. It
            appears whole or not at all.

    Raises:
        OptionError: `path` is no path or has another ending.
        PolysemeError: The file cannot be written.

    Example:
        >>> import polyseme as ps
        >>> ps.write(ps.read("and2:features=10,gates=4"), "small.aig")
        >>> ps.read("small.aig").gates
        4
    """
    instance("circuit", circuit, Circuit, "a circuit")
    instance("path", path, (str, os.PathLike), "text or a path")
    check_ending(os.fspath(path), "path")
    lower = os.fspath(path).lower()
    next(one for ending, one in _WRITERS.items() if lower.endswith(ending))(circuit, path)


def check_ending(path: str, option: str) -> None:
    """Raise OptionError, which names the option, unless the path has an ending of a writer."""
    if not path.lower().endswith(tuple(_WRITERS)):
        raise OptionError(f"{option} {path[-60:]!r} must end in one of {', '.join(_WRITERS)}")
