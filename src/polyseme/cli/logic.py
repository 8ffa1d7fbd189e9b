"""Files of logic: which sources are one, and what is in it before polarities are chosen."""

from __future__ import annotations

from collections.abc import Callable

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.logic.aig import netlist_of
from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.logic.normalise import normalise
from polyseme.circuits.logic.rewriting import rewrite
from polyseme.circuits.sources import LOGIC_READERS
from polyseme.errors import PolysemeError

ENDINGS = tuple(LOGIC_READERS)


def netlist_as_read(source: str, circuit: Circuit) -> Netlist:
    """The netlist in a file of logic; for any other source, that of the circuit it was read as."""
    reader = _reader(source)
    return netlist_of(circuit) if reader is None else reader(source)


def check_rewritable(source: str) -> None:
    """Raise PolysemeError unless the source is a file of logic."""
    if _reader(source) is None:
        raise PolysemeError(f"--rewrite is for files of logic, which end in {', '.join(ENDINGS)}")


def rewritten(circuit: Circuit) -> Circuit:
    """The circuit with fewer gates, where rewriting finds any to save."""
    return normalise(rewrite(netlist_of(circuit)))


def _reader(source: str) -> Callable[[str], Netlist] | None:
    # What follows "facts:" is a table, however its name ends.
    if source.startswith("facts:"):
        return None
    lower = source.lower()
    return next(
        (reader for ending, reader in LOGIC_READERS.items() if lower.endswith(ending)), None
    )
