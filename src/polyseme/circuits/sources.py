"""Opening a source, which is the path of a file or a problem written `NAME:key=value,...`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.drawing.influence import INFLUENCES
from polyseme.circuits.examples import EXAMPLES, located
from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.logic.normalise import normalise
from polyseme.circuits.logic_files import (
    LOGIC_READERS,
    check_rewritable,
    logic_reader,
    rewritten,
)
from polyseme.circuits.problems import (
    MAX_LAYERED_GATES,
    MAX_SEED,
    MIN_LAYERED_WIDTH,
    k_and,
    layered,
    pairwise_and,
    permutation,
    universal_and,
)
from polyseme.circuits.readers.facts import TABLE_ENDINGS, read_facts
from polyseme.circuits.readers.linked_facts import read_linked_facts
from polyseme.circuits.readers.tables import TableFile, table_file
from polyseme.common.arguments import instance
from polyseme.common.files import shown_path
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import SourceError

MAX_FEATURES = 10**7
MAX_GATES = 10**7
# The most features whose pairs are at most MAX_GATES.
MAX_UNIVERSAL_FEATURES = 4472


@dataclass(frozen=True)
class _Whole:
    """A whole number from `lowest` to `highest`."""

    parameter: str
    lowest: int
    highest: int

    def parse(self, text: str) -> int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            raise SourceError(f"must be a whole number from {self.lowest} to {self.highest}")
        # Compare lengths first: converting a number of many digits is slow or refused.
        if len(text) > len(str(self.highest)) or not self.lowest <= int(text) <= self.highest:
            raise SourceError(f"must lie from {self.lowest} to {self.highest}")
        return int(text)


@dataclass(frozen=True)
class _Choice:
    """One of a few words."""

    parameter: str
    words: tuple[str, ...]

    def parse(self, text: str) -> str:
        if text not in self.words:
            raise SourceError(f"must be one of {', '.join(self.words)}")
        return text


@dataclass(frozen=True)
class _Problem:
    """The keys of a problem, those of them that must be given, and those that default to others."""

    build: Callable[..., Circuit]
    keys: Mapping[str, _Whole | _Choice]
    required: tuple[str, ...]
    same_as: Mapping[str, str] = field(default_factory=dict)


_FEATURES = _Whole("features", 1, MAX_FEATURES)
_SEED = _Whole("seed", 0, MAX_SEED)
_RANDOM_AND: dict[str, _Whole | _Choice] = {
    "features": _FEATURES,
    "gates": _Whole("gates", 1, MAX_GATES),
    "influence": _Choice("influence", INFLUENCES),
    "seed": _SEED,
}

_PROBLEMS = {
    "and2": _Problem(pairwise_and, _RANDOM_AND, ("features",), {"gates": "features"}),
    "and": _Problem(
        k_and,
        {"k": _Whole("inputs", 1, MAX_FEATURES), **_RANDOM_AND},
        ("k", "features"),
        {"gates": "features"},
    ),
    "permutation": _Problem(permutation, {"features": _FEATURES, "seed": _SEED}, ("features",)),
    "uand": _Problem(
        universal_and, {"features": _Whole("features", 2, MAX_UNIVERSAL_FEATURES)}, ("features",)
    ),
    "layered": _Problem(
        layered,
        {
            "width": _Whole("width", MIN_LAYERED_WIDTH, MAX_LAYERED_GATES),
            "depth": _Whole("depth", 1, MAX_LAYERED_GATES),
            "active": _Whole("active", 1, MAX_LAYERED_GATES),
            "seed": _SEED,
        },
        ("width", "depth"),
    ),
}


def read(source: str | os.PathLike[str], *, rewrite: bool = False) -> Circuit:
    """Return the circuit of a source: a file, or a problem.

    A path ending in .csv is a table of facts, as is any path behind `facts:`. Several tables that
    refer to each other are `hops:PATH,PATH,...`, the one that is asked first. Files of logic end
    in .aag, .aig, .json, .blif, .bench, .pla or .cnf. They are normalised: every wire rests at
    zero, and outputs that are 1 at rest are flagged `inverted`. The circuit is named like the file.

    Problems are `and2:features=N,gates=N,influence=regular|uniform|zipf,seed=N`, `and:k=N,...` with
    the same keys, `permutation:features=N,seed=N`, `uand:features=N` and
    `layered:width=N,depth=N,active=N,seed=N`. The gates default to as many as there are features,
    the influence to regular (every feature in equally many gates: exactly 2 for `and2`, k for
    `and`, unless there are more or fewer gates than features), active to 3 and the seed to 0. It is
    the seed of the problem; a network that is compiled from it has another.

    Args:
        source: The path of a file, whose ending tells its format, or the text of a problem.
        rewrite: Make the logic of a file smaller first, which needs the extra polyseme[logic].

    Returns:
        The circuit.

    Raises:
        SourceError: The source is neither, or breaks a rule; the message has the place and the
            rule.
        OptionError: `source` is neither text nor a path, or `rewrite` is asked for one that is no
            file of logic.
        MissingExtraError: `rewrite` is asked for and aigverse is not installed.

    Example:
        >>> import polyseme as ps
        >>> ps.read("and2:features=100,gates=200")
        Circuit('and2:features=100,gates=200': 100 features, 200 gates, 200 outputs, depth 1)
        >>> ps.read("and2:features=many")
        Traceback (most recent call last):
        ...
        polyseme.errors.SourceError: source ... must be a whole number from 1 to 10000000
    """
    instance("source", source, (str, os.PathLike), "text or a path")
    text = os.fspath(source)
    instance("source", text, str, "a path of text")
    instance("rewrite", rewrite, bool, "True or False")
    if rewrite:
        check_rewritable(source)
        return rewritten(read(source))
    name, _, _ = text.partition(":")
    if isinstance(source, str) and name == "example":
        return replace(_read(located(source)), name=text)
    return _read(source)


def _read(source: str | os.PathLike[str]) -> Circuit:
    text = os.fspath(source)
    name, _, rest = text.partition(":")
    if isinstance(source, str) and name in ("facts", "triples"):
        return read_facts(table_file(rest, name))
    if isinstance(source, str) and name == "hops":
        return read_linked_facts(rest.split(","))
    if text.lower().endswith(TABLE_ENDINGS):
        return read_facts(TableFile(text))
    reader = logic_reader(source)
    if reader is not None:
        return _normalised(text, reader)
    if isinstance(source, str) and name in _PROBLEMS:
        return _build(text, _PROBLEMS[name], rest)
    raise SourceError(
        f"source {_shown(text)} is neither a file ending in .csv nor a problem nor a file of "
        f"logic; the problems are {', '.join(_PROBLEMS)}, facts and hops, logic ends in "
        f"{', '.join(LOGIC_READERS)} or reads y = a & b, and "
        f"{', '.join(f'example:{one}' for one in EXAMPLES)} are there to try"
        f"{did_you_mean(name, _PROBLEMS)}"
    )


def _normalised(path: str, reader: Callable[[], Netlist]) -> Circuit:
    netlist = reader()
    try:
        return normalise(netlist)
    except SourceError as error:
        rule = str(error).removeprefix(f"{netlist.name}: ")
        raise SourceError(f"{shown_path(path)}: {rule}") from None


def _build(text: str, problem: _Problem, rest: str) -> Circuit:
    given: dict[str, Any] = {}
    for item in rest.split(",") if rest else ():
        key, _, value = item.partition("=")
        if key not in problem.keys:
            raise SourceError(
                f"source {_shown(text)}: unknown key {_shown(key)}; "
                f"the keys are {', '.join(problem.keys)}{did_you_mean(key, problem.keys)}"
            )
        if key in given:
            raise SourceError(f"source {_shown(text)}: key {key} is given twice")
        try:
            given[key] = problem.keys[key].parse(value)
        except SourceError as error:
            raise SourceError(f"source {_shown(text)}: {key} {_shown(value)} {error}") from None
    for key in problem.required:
        if key not in given:
            raise SourceError(f"source {_shown(text)}: key {key} is missing; write {key}=NUMBER")
    for key, other in problem.same_as.items():
        given.setdefault(key, given[other])
    return problem.build(**{problem.keys[key].parameter: value for key, value in given.items()})


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
