"""Controls as the benchmark knows them: methods that are given the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.subject import Subject

ControlFit: TypeAlias = Callable[[Subject, Budget], Claims]


@dataclass(frozen=True)
class Control:
    """Claims of known worth.

    Attributes:
        name: The name by which it is asked for.
        fit: The function, which is given the network with its truth.
        meaning: What it is a control of, for the table.
    """

    name: str
    fit: ControlFit
    meaning: str
