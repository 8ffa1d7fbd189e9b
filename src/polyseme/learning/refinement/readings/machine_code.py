"""Functions compiled to machine code by numba (`polyseme[speed]`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return a function of plain loops over plain arrays, compiled when it is first called.

    It lets other threads run meanwhile. Sums may be taken in another order than written, but always
    in the same one.
    """
    translated: Any = numba.njit(nogil=True, fastmath=True)(function)
    return cast(Function, translated)
