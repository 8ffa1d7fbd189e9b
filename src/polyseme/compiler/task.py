"""What is asked of a compilation, whichever construction serves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms, one_layer_form, terms_of
from polyseme.common.arguments import instance, real_number, shown_value, text, whole_number
from polyseme.common.random_streams import Stream, stream
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.errors import OptionError
from polyseme.verification.inputs import draw_deep_inputs, draw_inputs

Made = TypeVar("Made")
# Smaller errors than this could not be measured.
LEAST_ERROR = 1e-6
ENCODERS = ("auto", "superposed", "basis")


@dataclass(frozen=True, eq=False)
class Task:
    """A circuit, the sparsity promise, the error allowed, and the seed that all draws follow from.

    At most `active` features are on at once. `error` is the share of inputs on which any output
    may be wrong; 0 is for constructions that never err. `encoder` is "superposed", "basis" (each
    feature a dimension of its own) or "auto"; `carry` says how wires pass a layer of a deeper
    network that does not change them. Raises OptionError naming the value that is out of range.
    """

    circuit: Circuit
    active: int = 3
    error: float = 1e-3
    encoder: str = "auto"
    seed: int = 0
    carry: str = "auto"
    _kept: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check every value once."""
        instance("circuit", self.circuit, Circuit, "a circuit, as polyseme.read returns it")
        if not 0 <= real_number("error", self.error) < 1:
            raise OptionError(f"error is {self.error:g}; it must be at least 0 and less than 1")
        text("encoder", self.encoder, ENCODERS)
        text("carry", self.carry, tuple(Carry))
        whole_number("seed", self.seed, 0)
        features = len(self.circuit.features)
        if not 1 <= whole_number("active", self.active) <= features:
            raise OptionError(
                f"active is {shown_value(self.active)}; it must be 1 to the {features} features "
                "there are"
            )

    @cached_property
    def terms(self) -> Terms:
        """The circuit as ORs of ANDs of literals. Raises SourceError where it is deeper."""
        return terms_of(self.circuit)

    @cached_property
    def obstacle(self) -> str | None:
        """Why one hidden layer does not compute the circuit under the promise; None where it does.

        One hidden layer computes an OR of ANDs of literals per output, all of which the promise can
        satisfy. Outputs that are constant or rest at 1 take more.
        """
        return one_layer_form(self.circuit).refusal(self.active)

    @cached_property
    def one_layer(self) -> bool:
        """Whether one hidden layer computes the circuit under the promise."""
        return self.obstacle is None

    @property
    def trials(self) -> tuple[str, ...]:
        """The kinds of inputs that a network is calibrated, sized and confirmed on.

        Gates of three or more inputs are also tried with one input missing: a satisfied gate and
        random features say nothing about that. Of smaller gates, they do.
        """
        wide = self.one_layer and int(self.terms.plain.max()) > 2
        return ("satisfied", "one-short") if wide else ("satisfied",)

    def draw(self, inputs: str, samples: int, generator: np.random.Generator) -> NDArray[np.int32]:
        """Draw inputs of a named kind, int32 (samples, active), -1 where a row has fewer."""
        if self.one_layer:
            return draw_inputs(inputs, self.terms, self.active, samples, generator)
        return draw_deep_inputs(inputs, self.circuit, self.active, samples, generator)

    def once(self, make: Callable[[Task], Made]) -> Made:
        """Return what a function makes of this task; it is made once and kept with the task."""
        if make not in self._kept:
            self._kept[make] = make(self)
        made: Made = self._kept[make]
        return made

    def stream(self, purpose: Stream | int) -> np.random.Generator:
        """Return the random stream of a purpose; all sizes use the same, so they compare fairly."""
        return stream(self.seed, purpose)


def check_measurable(error: float) -> None:
    """Raise OptionError unless an error is one that a network can be measured to keep."""
    if error < LEAST_ERROR:
        raise OptionError(f"error is {error:g}; it must be at least 1e-6 and less than 1")
