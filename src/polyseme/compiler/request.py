"""What is asked of a compilation."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.errors import CompileError

CARRIES = tuple(Carry)
ENCODERS = ("auto", "superposed", "basis")
CONSTRUCTIONS = tuple(dict.fromkeys(("auto", "three-channel", "monosemantic", *CATALOGUE)))


@dataclass(frozen=True)
class Request:
    """The promise, the error allowed, and how to build; `neurons` None means as few as possible.

    Raises CompileError naming the value that is out of range and the range.
    """

    active: int = 3
    error: float = 1e-3
    neurons: int | None = None
    construction: str = "auto"
    encoder: str = "auto"
    seed: int = 0
    carry: str = "auto"

    def __post_init__(self) -> None:
        """Check every value that no circuit is needed to judge."""
        if not 1e-6 <= self.error < 1:
            raise CompileError(f"error is {self.error:g}; it must be at least 1e-6 and less than 1")
        if self.neurons is not None and self.neurons < 1:
            raise CompileError(f"neurons is {self.neurons}; it must be at least 1")
        if self.construction not in CONSTRUCTIONS:
            raise CompileError(
                f"no construction named {self.construction!r}; there are auto and those that "
                "`polyseme constructions` lists"
            )
        if self.encoder not in ENCODERS:
            raise CompileError(
                f"no encoder named {self.encoder!r}; there are {', '.join(ENCODERS)}"
            )
        if self.carry not in CARRIES:
            raise CompileError(
                f"no way to carry wires named {self.carry!r}; there are {', '.join(CARRIES)}"
            )
        if self.seed < 0:
            raise CompileError(f"seed is {self.seed}; it must be 0 or more")

    def check_promise(self, circuit: Circuit) -> None:
        """Raise CompileError unless the circuit has as many features as may be active."""
        features = len(circuit.features)
        if not 1 <= self.active <= features:
            raise CompileError(
                f"active is {self.active}; it must be 1 to the {features} features there are"
            )
