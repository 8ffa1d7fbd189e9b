"""What a construction is: a recipe with its theorem, the size it declares, and its builder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms, one_layer_form, terms_of
from polyseme.compiler.constructions.three_channel.plan import Plan, make_plan
from polyseme.networks.network import Network


class Inputs(StrEnum):
    """How features reach the first layer: a dimension each, or fewer dimensions than features."""

    BASIS = "basis"
    SUPERPOSED = "superposed"
    EITHER = "either"


@dataclass(frozen=True, eq=False)
class Task:
    """What a construction is asked for: a circuit, the promise, the error allowed, a seed.

    `encoder` is "auto", "superposed" or "basis"; a construction whose inputs are of one kind only
    refuses the other.
    """

    circuit: Circuit
    active: int
    error: float
    encoder: str
    seed: int

    @cached_property
    def terms(self) -> Terms:
        """The circuit as ORs of ANDs of literals. Raises SourceError where it is deeper."""
        return terms_of(self.circuit)

    @cached_property
    def plan(self) -> Plan:
        """The compiler's plan for it. Raises SourceError where the circuit is deeper."""
        return make_plan(self.circuit, self.active, self.error, self.encoder, self.seed)

    @property
    def is_shallow(self) -> bool:
        """Whether one hidden layer computes the circuit, none of whose outputs rests at 1."""
        return one_layer_form(self.circuit).is_shallow

    def stream(self, purpose: int) -> np.random.Generator:
        """The random stream for a purpose; the same for every size, so sizes compare fairly."""
        return np.random.default_rng([self.seed, purpose])


@dataclass(frozen=True)
class Construction:
    """A recipe under its own name.

    `problem`, `law` (neurons, constant included), `error` and `assumptions` are its theorem in
    words; `sources` are keys of `common.literature.PUBLICATIONS`. `exponent` is the slope of
    log neurons against log gates as problems of its kind grow, at fixed promise, error and
    influence, logarithms aside.

    `refuses` says in one line why it does not serve a task, or nothing where it does. `neurons` is
    what it declares for a task that it serves, enough for the task's error; `parameters` how many
    numbers a network of so many neurons stores for it. `build` makes the network with at
    most so many neurons, and raises CompileError where they are too few.
    """

    name: str
    problem: str
    inputs: Inputs
    law: str
    exponent: float
    error: str
    assumptions: tuple[str, ...]
    sources: tuple[str, ...]
    refuses: Callable[[Task], str | None]
    neurons: Callable[[Task], int]
    parameters: Callable[[Task, int], int]
    build: Callable[[Task, int], Network]
