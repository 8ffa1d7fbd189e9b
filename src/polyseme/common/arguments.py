"""Checks of what callers hand over: each names the argument, its value and the rule it broke."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from polyseme.errors import OptionError

_LONGEST_SHOWN = 40


def shown(value: Any) -> str:
    """Return a value as a message shows it: short, and on one line."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def check_whole(name: str, value: Any, least: int | None = None) -> None:
    """Raise OptionError unless a value is a whole number, of at least `least`."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise OptionError(f"{name} is {shown(value)}; it must be a whole number")
    if least is not None and value < least:
        raise OptionError(f"{name} is {value}; it must be {least} or more")


def check_number(name: str, value: Any) -> None:
    """Raise OptionError unless a value is a real number, and not infinite or not a number."""
    if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(float(value)):
        raise OptionError(f"{name} is {shown(value)}; it must be a number")


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Raise OptionError unless a value is one of a few words."""
    if not isinstance(value, str) or value not in choices:
        raise OptionError(f"no {name} named {shown(value)}; there are {', '.join(choices)}")
