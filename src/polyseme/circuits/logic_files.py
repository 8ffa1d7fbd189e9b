"""Files of logic: their readers by ending, the netlist as it stands in a file, and rewriting."""

from __future__ import annotations

from collections.abc import Callable

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.logic.aig import netlist_of
from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.logic.normalise import normalise
from polyseme.circuits.logic.rewriting import rewrite
from polyseme.circuits.readers.aiger import read_aiger
from polyseme.circuits.readers.bench import read_bench
from polyseme.circuits.readers.blif import read_blif
from polyseme.circuits.readers.dimacs import read_dimacs
from polyseme.circuits.readers.json_circuit import read_json
from polyseme.circuits.readers.pla import read_pla
from polyseme.errors import OptionError

LOGIC_READERS: dict[str, Callable[[str], Netlist]] = {
    ".aag": read_aiger,
    ".aig": read_aiger,
    ".json": lambda path: netlist_of(read_json(path)),
    ".blif": read_blif,
    ".bench": read_bench,
    ".pla": read_pla,
    ".cnf": read_dimacs,
}


def netlist_as_read(source: str, circuit: Circuit) -> Netlist:
    """Return the netlist in a file of logic, before polarities are chosen.

    For any other source, return that of the circuit that was read from it.
    """
    reader = logic_reader(source)
    return netlist_of(circuit) if reader is None else reader(source)


def logic_reader(source: str) -> Callable[[str], Netlist] | None:
    """Return the reader of a file of logic; None for any other source."""
    # A table of facts follows "facts:", however its name ends.
    if source.startswith("facts:"):
        return None
    lower = source.lower()
    return next(
        (reader for ending, reader in LOGIC_READERS.items() if lower.endswith(ending)), None
    )


def check_rewritable(source: str) -> None:
    """Raise OptionError unless the source is a file of logic."""
    if logic_reader(source) is None:
        raise OptionError(
            f"rewriting is for files of logic, which end in {', '.join(LOGIC_READERS)}"
        )


def rewritten(circuit: Circuit) -> Circuit:
    """Return the circuit with fewer gates if rewriting saves any.

    Raises MissingExtraError when aigverse is not installed.
    """
    return normalise(rewrite(netlist_of(circuit)))
