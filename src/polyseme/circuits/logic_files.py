"""Sources of logic: readers by ending, the netlist as it stands in a source, and rewriting."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.examples import located
from polyseme.circuits.logic.aig import netlist_of
from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.logic.normalise import normalise
from polyseme.circuits.logic.rewriting import rewrite
from polyseme.circuits.readers.aiger import read_aiger
from polyseme.circuits.readers.bench import read_bench
from polyseme.circuits.readers.blif import read_blif
from polyseme.circuits.readers.dimacs import read_dimacs
from polyseme.circuits.readers.expressions import (
    expressions_of,
    is_expression,
    read_expressions,
)
from polyseme.circuits.readers.json_circuit import read_json
from polyseme.circuits.readers.pla import read_pla
from polyseme.circuits.readers.truth_table import read_truth_table
from polyseme.circuits.readers.verilog import read_verilog
from polyseme.errors import OptionError

LOGIC_READERS: dict[str, Callable[[str], Netlist]] = {
    ".aag": read_aiger,
    ".aig": read_aiger,
    ".json": lambda path: netlist_of(read_json(path)),
    ".blif": read_blif,
    ".bench": read_bench,
    ".pla": read_pla,
    ".cnf": read_dimacs,
    ".eqn": read_expressions,
    ".truth": read_truth_table,
    ".v": read_verilog,
}


def netlist_as_read(source: str | os.PathLike[str], circuit: Circuit) -> Netlist:
    """Return the netlist of a source of logic, before polarities are chosen.

    For any other source, return that of the circuit that was read from it.
    """
    reader = logic_reader(source)
    return netlist_of(circuit) if reader is None else reader()


def logic_reader(source: str | os.PathLike[str]) -> Callable[[], Netlist] | None:
    """Return what reads a file or text of logic; None for any other source.

    Raises SourceError for an example that does not exist.
    """
    # Facts follow "facts:" or "triples:", however the name of their file ends.
    if isinstance(source, str) and source.startswith(("facts:", "triples:")):
        return None
    if isinstance(source, str) and source.startswith("truth:"):
        return partial(read_truth_table, source.removeprefix("truth:"))
    path = located(source)
    written = isinstance(source, str) and is_expression(path) and not _is_there(path)
    if written:
        return partial(expressions_of, path)
    lower = path.lower()
    for ending, reader in LOGIC_READERS.items():
        if lower.endswith(ending):
            return partial(reader, path)
    return None


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:
        # Of a name too long for a file.
        return False


def check_rewritable(source: str | os.PathLike[str]) -> None:
    """Raise OptionError unless the source is one of logic."""
    if logic_reader(source) is None:
        raise OptionError(
            "rewriting is for expressions and files of logic, which end in "
            f"{', '.join(LOGIC_READERS)}"
        )


def rewritten(circuit: Circuit) -> Circuit:
    """Return the circuit with fewer gates if rewriting saves any.

    Raises MissingExtraError when aigverse is not installed.
    """
    return normalise(rewrite(netlist_of(circuit)))
