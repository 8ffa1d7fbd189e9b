"""Functions that studies of the tests call."""

from __future__ import annotations

import time
from pathlib import Path


def square(number: int, calls: str = "", seconds: float = 0.0) -> dict[str, int]:
    """Return a square; note the call in a file of its own, and take some time."""
    time.sleep(seconds)
    if calls:
        with (Path(calls) / f"{number}").open("a") as noted:
            noted.write("x")
    return {"square": number**2}


def odd(number: int) -> int:
    """Return an odd number, and fail for an even one."""
    if number % 2 == 0:
        raise ValueError(f"{number} is even\nand that is why")
    return number
