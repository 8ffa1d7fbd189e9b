"""Answers as tables: frames of pandas where it is installed, and mappings of columns elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from polyseme.common.arguments import shown_value
from polyseme.errors import OptionError

# A pandas frame, or a dictionary of lists of the same columns.
Table: TypeAlias = Any
Columns = dict[str, list[Any]]


def table_of(columns: Columns) -> Table:
    """Return columns as a frame of pandas, or as they are without pandas."""
    try:
        import pandas
    except ImportError:
        return columns
    return pandas.DataFrame(columns)


def rows_of(table: Table) -> list[dict[str, Any]]:
    """Return a table as a list of rows, whichever form it has.

    Args:
        table: A frame of pandas, or a mapping of columns.

    Returns:
        A dictionary per row.

    Raises:
        OptionError: `table` is neither.

    Example:
        >>> import polyseme as ps
        >>> ps.rows_of({"unit": [3, 4], "weight": [1, -1]})
        [{'unit': 3, 'weight': 1}, {'unit': 4, 'weight': -1}]
    """
    if not isinstance(table, Mapping) and not hasattr(table, "to_dict"):
        raise OptionError(f"table is {shown_value(table)}; it must be a frame or columns by name")
    columns = table if isinstance(table, Mapping) else table.to_dict("list")
    names = list(columns)
    if not all(isinstance(column, list) for column in columns.values()):
        raise OptionError(f"table is {shown_value(table)}; its columns must be lists")
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
