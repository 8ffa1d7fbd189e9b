"""Answers as tables: frames of pandas where it is installed, and mappings of columns elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

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
    """Return a table as a list of rows, whichever form it has."""
    columns = table if isinstance(table, Mapping) else table.to_dict("list")
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
