"""A study: a function, and a grid of arguments that it is called with.

    task = "measure.py:error"      # or "package.module:function"

    [grid]                         # every combination is a task
    neurons = [100, 200]
    seed = [0, 1, 2]

    [fixed]                        # the same for all
    source = "and2:features=200,gates=200"

A task has a name made from its function and arguments, so that the same task has the same name in
any study, and a study may grow.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path
from typing import Any

from polyseme.common.arguments import shown_value
from polyseme.common.files import reason_of, shown_path
from polyseme.errors import FileFormatError, OptionError, PolysemeError

_PARTS = ("task", "grid", "fixed")
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True)
class Task:
    """One call: the function by name, `module:function` or `/path/file.py:function`, and arguments.

    `arguments` are JSON with sorted keys.
    """

    function: str
    arguments: str

    @property
    def name(self) -> str:
        """A name of 16 letters and digits, the same for the same function and arguments."""
        # Of a file the name counts, not where it is on this machine.
        function = self.function.rpartition("/")[2]
        return hashlib.sha256(f"{function} {self.arguments}".encode()).hexdigest()[:16]

    def call(self) -> Any:
        """Return what the function returns."""
        return function_of(self.function)(**json.loads(self.arguments))


@dataclass(frozen=True)
class Study:
    """The tasks of a study, in the order of its grid, the last argument fastest."""

    tasks: tuple[Task, ...]


def read_study(path: str | os.PathLike[str]) -> Study:
    """Return the study of a TOML file; a file of Python is looked for beside it.

    Raises:
        FileFormatError: The file is no TOML, or no study.
        PolysemeError: The file cannot be read, or the function not be found.
    """
    shown = shown_path(path)
    try:
        content = Path(path).read_bytes().decode()
        given = tomllib.loads(content)
    except OSError as error:
        raise PolysemeError(f"{shown}: {reason_of(error)}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
        raise FileFormatError(f"{shown}: no TOML: {str(error).splitlines()[0]}") from None
    try:
        return study_of(given, Path(path).parent)
    except OptionError as error:
        raise FileFormatError(f"{shown}: {error}") from None


def study_of(given: Mapping[str, Any], folder: Path | None = None) -> Study:
    """Return the study that a mapping with `task`, `grid` and `fixed` describes.

    Raises OptionError naming the part that breaks a rule.
    """
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise OptionError(f"a study is {shown_value(given)}; it must be a mapping")
    for name in given:
        if name not in _PARTS:
            raise OptionError(f"{name[:40]!r} is no part of a study; there are {', '.join(_PARTS)}")
    grid, fixed = given.get("grid", {}), given.get("fixed", {})
    for name, part in (("grid", grid), ("fixed", fixed)):
        if not isinstance(part, Mapping):
            raise OptionError(f"{name} is {shown_value(part)}; it must be a table of arguments")
    for name, values in grid.items():
        if not isinstance(values, list) or not values:
            raise OptionError(f"grid.{name} is {shown_value(values)}; it must be a list of values")
        if name in fixed:
            raise OptionError(f"{name} is both in the grid and fixed")
    for name, value in [(n, v) for n, vs in grid.items() for v in vs] + [*fixed.items()]:
        if not isinstance(value, _PLAIN):
            raise OptionError(f"{name} is {shown_value(value)}; it must be text, a number or true")
    function = _placed(given.get("task"), folder or Path())
    function_of(function)
    tasks = [
        Task(
            function, json.dumps({**fixed, **dict(zip(grid, values, strict=True))}, sort_keys=True)
        )
        for values in product(*grid.values())
    ]
    if len({task.arguments for task in tasks}) < len(tasks):
        raise OptionError("a value of the grid is listed twice")
    return Study(tuple(tasks))


def _placed(function: Any, folder: Path) -> str:
    """Return the name of a function, that of a file with its whole path."""
    if not isinstance(function, str) or function.count(":") != 1 or "" in function.split(":"):
        raise OptionError(
            f"task is {shown_value(function)}; it must be module:function or file.py:function"
        )
    module, name = function.split(":")
    return f"{(folder / module).resolve()}:{name}" if module.endswith(".py") else function


def function_of(name: str, what: str = "task") -> Callable[..., Any]:
    """Return a function by name, `module:function` or `/path/file.py:function`.

    Raises OptionError, which says what it is that cannot be had.
    """
    module_name, function = name.rsplit(":", 1)
    try:
        if module_name.endswith(".py"):
            module = _of_file(module_name)
        else:
            module = import_module(module_name)
        found = getattr(module, function)
    except Exception as error:
        # A file of the user's may raise anything while it is imported.
        line = " ".join(str(error).split())[:200] or type(error).__name__
        raise OptionError(f"{what} {name[-80:]!r} cannot be imported: {line}") from None
    if not callable(found):
        raise OptionError(f"{what} {name[-80:]!r} is no function")
    called: Callable[..., Any] = found
    return called


def _of_file(path: str) -> Any:
    known = f"polyseme_study_{hashlib.sha256(path.encode()).hexdigest()[:12]}"
    if known in sys.modules:
        return sys.modules[known]
    spec = spec_from_file_location(known, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = module_from_spec(spec)
    sys.modules[known] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[known]
        raise
    return module
