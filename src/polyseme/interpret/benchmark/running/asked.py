"""Methods as they are asked for: by name, as `path.py:function`, or a function of Python itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from polyseme.common.arguments import shown_value
from polyseme.common.files import reason_of, shown_path
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError, PolysemeError
from polyseme.interpret.benchmark.controls.control import Control
from polyseme.interpret.benchmark.controls.listing import CONTROLS
from polyseme.interpret.benchmark.method import Method
from polyseme.interpret.benchmark.methods.listing import METHODS
from polyseme.studies.study import function_of

# Functions of this process, by the name under which tasks find them.
_GIVEN: dict[str, Method] = {}


@dataclass(frozen=True)
class Asked:
    """A method that is asked for.

    Attributes:
        name: Its name in tables and folders.
        reference: The text by which a task finds it: a name, or a file with its whole path and a
            function.
        most_features: The most features of networks that it is run on; None for any.
        shared: Whether other processes find it too.
    """

    name: str
    reference: str
    most_features: int | None
    shared: bool


def everything() -> list[Asked]:
    """Return all methods and all controls."""
    return [asked(name) for name in (*METHODS, *CONTROLS)]


def asked(given: Any) -> Asked:
    """Return a method by name, by `path.py:function`, or that a function is.

    Raises OptionError if there is none, or its name is that of another.
    """
    if callable(given) and not isinstance(given, type):
        return _given_function(given)
    if not isinstance(given, str):
        raise OptionError(
            f"method is {shown_value(given)}; it must be a name, path.py:function or a function"
        )
    if given in METHODS:
        return Asked(given, given, METHODS[given].most_features, shared=True)
    if given in CONTROLS:
        return Asked(given, given, None, shared=True)
    path, colon, function = given.rpartition(":")
    if not colon or not path.endswith(".py"):
        known = (*METHODS, *CONTROLS)
        raise OptionError(
            f"no method is named {shown_value(given)}; name path.py:function, or one of "
            f"{', '.join(known)}{did_you_mean(given, known)}"
        )
    reference = f"{_whole_path(path)}:{function}"
    return Asked(found(reference).name, reference, None, shared=True)


def found(reference: str) -> Method | Control:
    """Return the method or control that a task names.

    Raises OptionError if the file or function is not there, or is none.
    """
    known = METHODS.get(reference) or CONTROLS.get(reference) or _GIVEN.get(reference)
    if known is not None:
        return known
    return _own(reference.rpartition(":")[2], function_of(reference, "method"))


def source_hash(reference: str) -> str:
    """Return the SHA-256 of the file that a method of one's own is in; "" for others.

    Raises PolysemeError if the file cannot be read.
    """
    path = reference.rpartition(":")[0]
    if not path:
        return ""
    try:
        return sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise PolysemeError(f"{shown_path(path)}: {reason_of(error)}") from None


def _given_function(given: Callable[..., Any]) -> Asked:
    method = _own(getattr(given, "__name__", ""), given)
    _GIVEN[method.name] = method
    return Asked(method.name, method.name, None, shared=False)


def _whole_path(path: str) -> Path:
    try:
        whole = Path(path).resolve()
        there = whole.is_file()
    except (OSError, ValueError, RuntimeError):
        there = False
    if not there:
        raise OptionError(f"method: {shown_path(path)}: no such file")
    return whole


def _own(name: str, fit: Callable[..., Any]) -> Method:
    """Return a method of one's own; an attribute `told` of the function says what it is told.

    Raises OptionError for a name that cannot be that of a folder, or is one of ours.
    """
    if not (name.isidentifier() and name.isascii()) or len(name) > 100:
        raise OptionError(f"a method is named {shown_value(name)}; it must be a function's name")
    if name in METHODS or name in CONTROLS:
        raise OptionError(f"a method of your own cannot be named {name}: that is one of ours")
    return Method(name, fit, family="own", told=getattr(fit, "told", "nothing"))
