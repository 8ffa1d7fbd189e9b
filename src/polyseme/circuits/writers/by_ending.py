"""Writing a circuit in the format that the ending of a path tells."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.writers.aiger import write_aiger
from polyseme.circuits.writers.json_circuit import write_json
from polyseme.common.arguments import instance, shown_value
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError

_WRITERS: dict[str, Callable[[Circuit, str | os.PathLike[str]], None]] = {
    "aig": partial(write_aiger, to="aig"),
    "aag": partial(write_aiger, to="aag"),
    "json": write_json,
}


def write(circuit: Circuit, path: str | os.PathLike[str], to: str | None = None) -> None:
    """Write a circuit as AIGER, which any logic tool reads, or as JSON, which keeps every gate.

    Args:
        circuit: What is written.
        path: The file to write. It appears whole or not at all; to /dev/stdout it is streamed.
        to: The format: "aig", "aag" (AIGER) or "json"; by default the ending of `path` tells it.

    Raises:
        OptionError: `path` is no path, or no format is known by `to` or its ending.
        PolysemeError: The file cannot be written.

    Example:
        >>> import polyseme as ps
        >>> ps.write(ps.read("and2:features=10,gates=4"), "small.aig")
        >>> ps.read("small.aig").gates
        4
    """
    instance("circuit", circuit, Circuit, "a circuit")
    instance("path", path, (str, os.PathLike), "text or a path")
    if to is not None:
        instance("to", to, str, "text")
    _WRITERS[format_of(os.fspath(path), to, "path", "to")](circuit, path)


def format_of(path: str, to: str | None, option: str, option_to: str) -> str:
    """Return the format that `to` or the ending of a path tells.

    Raises OptionError, which names the options, if it is none.
    """
    if to is not None and to not in _WRITERS:
        raise OptionError(
            f"{option_to} {shown_value(to)} must be one of {', '.join(_WRITERS)}"
            f"{did_you_mean(to, _WRITERS)}"
        )
    found = to or path.lower().rpartition(".")[2]
    if found not in _WRITERS or not (to or "." in path):
        raise OptionError(
            f"{option} {path[-60:]!r} must end in one of {', '.join(f'.{one}' for one in _WRITERS)}"
            f", or {option_to} must name the format"
        )
    return found
