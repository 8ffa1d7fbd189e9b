"""Checks of arguments; a value of a wrong type or out of range raises an OptionError naming it."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import numpy as np

from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError

_MOST_SHOWN = 40


def shown_value(value: object) -> str:
    """Return a value as text for a one-line message, shortened and escaped."""
    # Python refuses to write out integers of thousands of digits.
    if isinstance(value, int) and abs(value) >= 2**64:
        return f"a number of {value.bit_length()} bits"
    written = " ".join(repr(value).split())
    if not written.isprintable():
        written = written.encode("unicode_escape").decode()
    return written if len(written) <= _MOST_SHOWN else written[: _MOST_SHOWN - 3] + "..."


def is_whole(value: object) -> bool:
    """Return True for whole numbers of Python or numpy; True and False themselves are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def whole_number(name: str, value: Any, least: int | None = None, most: int | None = None) -> int:
    """Return a whole number as a Python int.

    Raises OptionError for any other type, and for a number out of range.
    """
    if not is_whole(value):
        raise OptionError(f"{name} is {shown_value(value)}; it must be a whole number")
    number = int(value)
    if (least is not None and number < least) or (most is not None and number > most):
        raise OptionError(f"{name} is {shown_value(number)}; it must be {_range(least, most)}")
    return number


def real_number(name: str, value: Any, above: float = -inf, below: float = inf) -> float:
    """Return a number strictly between two others; raise OptionError for any other value."""
    if not is_whole(value) and not isinstance(value, float | np.floating):
        raise OptionError(f"{name} is {shown_value(value)}; it must be a number")
    if not above < value < below:
        lower = f"more than {above:g}" if above > -inf else ""
        upper = f"less than {below:g}" if below < inf else ""
        rule = " and ".join(filter(None, (lower, upper))) or "finite"
        raise OptionError(f"{name} is {shown_value(value)}; it must be {rule}")
    return float(value)


def text(name: str, value: Any, choices: Iterable[str] | None = None) -> str:
    """Return text, one of the choices if given; raise OptionError for any other value."""
    if not isinstance(value, str):
        raise OptionError(f"{name} is {shown_value(value)}; it must be text")
    known = None if choices is None else tuple(choices)
    if known is not None and value not in known:
        hint = did_you_mean(value, known)
        raise OptionError(
            f"{name} is {shown_value(value)}; it must be one of {', '.join(known)}{hint}"
        )
    return value


def instance(name: str, value: Any, kind: type | tuple[type, ...], what: str) -> None:
    """Raise OptionError unless a value is of a type; `what` describes the type in the message."""
    if not isinstance(value, kind):
        raise OptionError(f"{name} is {shown_value(value)}; it must be {what}")


def function(name: str, value: Any, of: str) -> None:
    """Raise OptionError unless a value is a function or None; `of` names its arguments.

    A class can be called, but does not take what it would be told.
    """
    if value is not None and (not callable(value) or isinstance(value, type)):
        raise OptionError(f"{name} is {shown_value(value)}; it must be a function of {of}")


def _range(least: int | None, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"at most {most:,}" if least is None else f"{least} to {most:,}"
