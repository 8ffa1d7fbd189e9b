"""The task of a compilation, the same for all constructions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.promise import check_promise
from polyseme.circuits.terms import Terms, one_layer_form, terms_of
from polyseme.common.arguments import instance, real_number, text, whole_number
from polyseme.common.random_streams import Stream, stream
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.errors import OptionError
from polyseme.verification.inputs import draw_deep_inputs, draw_inputs
from polyseme.verification.reading_error import COMPUTED, FINEST

Made = TypeVar("Made")
# Smallest error that can be measured.
LEAST_ERROR = 1e-6
ENCODERS = ("auto", "superposed", "basis")


@dataclass(frozen=True, eq=False)
class Task:
    """A circuit, the sparsity promise, the error allowed, and the seed of all random draws.

    At most `active` features are on at once. `error` is the share of inputs on which any output
    may be wrong; 0 is for constructions that never err. `encoder` is "superposed", "basis" (one
    dimension per feature) or "auto". `epsilon` is the reading error up to which hidden layers must
    compute the gates; None asks only that outputs be decided rightly. `carry` is the way in which
    wires pass a layer of a deeper network that does not change them. Making a task raises
    OptionError, which names the value that is out of range.
    """

    circuit: Circuit
    active: int = 3
    error: float = 1e-3
    encoder: str = "auto"
    seed: int = 0
    carry: str = "auto"
    epsilon: float | None = None
    _kept: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check every value once."""
        checked(self.circuit)
        if not 0 <= real_number("error", self.error) < 1:
            raise OptionError(f"error is {self.error:g}; it must be at least 0 and less than 1")
        text("encoder", self.encoder, ENCODERS)
        text("carry", self.carry, tuple(Carry))
        whole_number("seed", self.seed, 0)
        if self.epsilon is not None:
            check_epsilon(self.epsilon)
        check_promise(self.active, len(self.circuit.features))

    @cached_property
    def terms(self) -> Terms:
        """The circuit as ORs of ANDs of literals. Raises SourceError if the circuit is deeper."""
        return terms_of(self.circuit)

    @cached_property
    def obstacle(self) -> str | None:
        """The reason why one hidden layer does not compute the circuit; None if it does.

        One hidden layer computes one OR of ANDs of literals per output, if the promise allows each
        AND to be satisfied. Outputs that are constant or rest at 1 take more layers.
        """
        return one_layer_form(self.circuit).refusal(self.active)

    @cached_property
    def one_layer(self) -> bool:
        """True if one hidden layer computes the circuit under the promise."""
        return self.obstacle is None

    @property
    def trials(self) -> tuple[str, ...]:
        """The kinds of inputs on which a network is calibrated, sized and confirmed.

        Gates of three or more inputs are also tried with one input missing, which inputs of a
        satisfied gate and random features do not test. For smaller gates they do.
        """
        wide = self.one_layer and int(self.terms.plain.max()) > 2
        return ("satisfied", "one-short") if wide else ("satisfied",)

    def draw(self, inputs: str, samples: int, generator: np.random.Generator) -> NDArray[np.int32]:
        """Draw inputs of a named kind, int32 (samples, active), -1 where a row has fewer."""
        if self.one_layer:
            return draw_inputs(inputs, self.terms, self.active, samples, generator)
        return draw_deep_inputs(inputs, self.circuit, self.active, samples, generator)

    def once(self, make: Callable[[Task], Made]) -> Made:
        """Return the result of a function of this task, computed once and kept with the task."""
        if make not in self._kept:
            self._kept[make] = make(self)
        made: Made = self._kept[make]
        return made

    def stream(self, purpose: Stream | int) -> np.random.Generator:
        """Return the random stream of a purpose; it is the same for all sizes."""
        return stream(self.seed, purpose)


def checked(circuit: Circuit) -> Circuit:
    """Return a circuit; raise OptionError if it is none."""
    instance("circuit", circuit, Circuit, "a circuit, as polyseme.read returns it")
    return circuit


def check_epsilon(epsilon: float) -> None:
    """Raise OptionError if a reading error is not above 1e-9 and at most 1/4."""
    if not FINEST < real_number("epsilon", epsilon) <= COMPUTED:
        raise OptionError(
            f"epsilon is {epsilon:g}; it must be above {FINEST:g} and at most {COMPUTED}, or none"
        )


def check_measurable(error: float) -> None:
    """Raise OptionError if an error is too small to be measured."""
    if error < LEAST_ERROR:
        raise OptionError(f"error is {error:g}; it must be at least 1e-6 and less than 1")
