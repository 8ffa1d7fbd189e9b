"""Functions compiled to machine code by numba (`polyseme[speed]`) where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def has_numba() -> bool:
    """Return whether numba is installed."""
    try:
        import_module("numba")
    except ImportError:
        return False
    return True


def machine_code(function: Function) -> Function:
    """Return a function of plain loops over arrays of whole numbers, compiled when first called.

    It lets other threads run meanwhile. The result is that of the function itself.
    """
    translated: Any = import_module("numba").njit(nogil=True)(function)
    return cast(Function, translated)
