"""Circuits of truth tables given in Python: dictionaries, lists of rows, frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.frames import columns_of
from polyseme.circuits.logic.normalise import normalise
from polyseme.circuits.names import Names, check_name
from polyseme.circuits.readers.truth_table import Row, netlist_of_rows
from polyseme.common.arguments import shown_value
from polyseme.common.plain_text import spelt
from polyseme.errors import OptionError


def truth_table(
    table: Any, inputs: Sequence[str], outputs: Sequence[str], *, name: str = "truth table"
) -> Circuit:
    """Return the circuit of a truth table.

    Each combination of inputs must be in a row; "-" or None among the inputs stands for either
    value, and a row whose inputs are the word "else" for all combinations that no other row has.
    Values are 0, 1, True, False or their text.

    Args:
        table: A mapping of inputs to outputs, {(0, 1): 1} or {"01": "1"}; a list of rows, the
            inputs first; a list of mappings from names to values; or a frame of pandas or polars,
            or mapping of names to columns.
        inputs: Names of the inputs, 1 to 16.
        outputs: Names of the outputs.
        name: Name of the circuit.

    Returns:
        The circuit; every wire of it rests at zero.

    Raises:
        OptionError: `table` is none of these, or holds other values.
        SourceError: A combination is missing, or two rows disagree; rows count from 1 as lines.

    Example:
        >>> import polyseme as ps
        >>> ps.truth_table({"00": "00", "01": "01", "10": "01", "11": "10"}, "ab", ["carry", "sum"])
        Circuit('truth table': 2 features, 2 gates, 2 outputs, depth 1)
    """
    check_name(name, "circuit ")
    named, told = Names(inputs), Names(outputs)
    rows = [
        Row(_marks(given, True), _marks(made, False), number)
        for number, (given, made) in enumerate(_rows(table, named, told), 1)
    ]
    return normalise(netlist_of_rows(named, told, rows, name, name))


def _rows(table: Any, inputs: Names, outputs: Names) -> Iterable[tuple[Any, Any]]:
    """Yield the inputs and the outputs of every row."""
    columns = columns_of(table) if _has_columns(table) else None
    if columns is not None:
        columns = _spelt(columns)
        for one in (*inputs, *outputs):
            if one not in columns:
                raise OptionError(f"table has no column {one[:40]!r}")
        table = list(zip(*(columns[one] for one in (*inputs, *outputs)), strict=False))
    if isinstance(table, Mapping):
        yield from table.items()
        return
    if isinstance(table, str | bytes) or not isinstance(table, Iterable):
        raise OptionError(f"table is {shown_value(table)}; it must be rows, a mapping or a frame")
    for number, row in enumerate(table, 1):
        if isinstance(row, Mapping):
            row = _spelt(row)
            missing = next((one for one in (*inputs, *outputs) if one not in row), None)
            if missing is not None:
                raise OptionError(f"row {number} of table has no {missing[:40]!r}")
            yield [row[one] for one in inputs], [row[one] for one in outputs]
        elif isinstance(row, str | bytes) or not isinstance(row, Iterable):
            raise OptionError(f"row {number} of table is {shown_value(row)}; it must be a list")
        else:
            cells = list(row)
            yield cells[: len(inputs)], cells[len(inputs) :]


def _spelt(named: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return what has names under the one spelling that names have."""
    return {spelt(name): it for name, it in named.items()}


def _has_columns(table: Any) -> bool:
    """Return whether a table has names of columns, rather than combinations of inputs, as keys."""
    if not isinstance(table, Mapping):
        return True
    return all(isinstance(key, str) and key.strip("01-") and key != "else" for key in table)


def _marks(given: Any, either: bool) -> str:
    """Return the marks of the inputs or outputs of a row; of inputs, - stands for either value."""
    if isinstance(given, str):
        return given
    cells = list(given) if isinstance(given, Iterable) else [given]
    return "".join(_mark(cell, either) for cell in cells)


def _mark(cell: Any, either: bool) -> str:
    if isinstance(cell, str) and cell in ("0", "1", "-", "else"):
        return cell
    if cell is None and either:
        return "-"
    try:
        if cell in (0, 1):
            return str(int(cell))
    except (TypeError, ValueError):
        pass
    raise OptionError(f"table holds {shown_value(cell)}; it must hold 0 and 1")
