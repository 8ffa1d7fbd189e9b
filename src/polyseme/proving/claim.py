"""The claim to be proved: that a network is its circuit on every input with few features on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from polyseme.circuits.circuit import Circuit
from polyseme.networks.checks import check_whole
from polyseme.networks.network import Network
from polyseme.proving.bounds import Bounds
from polyseme.proving.failing import Failing, confirm
from polyseme.proving.proof import Proof
from polyseme.verification.exhaustive import number_of_inputs


@dataclass(frozen=True, eq=False)
class Claim:
    """A network, its circuit, the most features on, and the seconds that a proof may take."""

    network: Network
    circuit: Circuit
    active: int
    time_limit: float | None = None
    begun: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        """Check that the network has whole numbers, with which alone a proof is exact."""
        check_whole(self.network)

    @property
    def inputs(self) -> int:
        """Number of inputs with at most so many features on."""
        return number_of_inputs(len(self.circuit.features), self.active)

    @property
    def out_of_time(self) -> bool:
        """True once a proof has taken as long as it may."""
        return self.time_limit is not None and monotonic() - self.begun > self.time_limit

    def proved(
        self, method: str, bounds: Bounds, largest_active: int | None, reading_error: float | None
    ) -> Proof:
        """Return the proof that no input is wrong."""
        return Proof(
            True,
            self.active,
            method,
            self.inputs,
            0,
            None,
            largest_active,
            reading_error,
            self.seconds,
            margins=bounds.margins(self.network.layers[0].scale),
        )

    def refuted(
        self,
        method: str,
        failing: Failing,
        largest_active: int | None,
        bounds: Bounds | None = None,
        reading_error: float | None = None,
        undecided: Sequence[int] = (),
    ) -> Proof:
        """Return the refutation by a failing input, once it was run."""
        wrong = confirm(self.network, self.circuit, failing)
        return Proof(
            False,
            self.active,
            method,
            self.inputs,
            None,
            self.feature_names(failing.on),
            largest_active,
            reading_error,
            self.seconds,
            self.names(undecided),
            self.names(wrong),
            None if bounds is None else bounds.margins(self.network.layers[0].scale),
        )

    def undecided(
        self, method: str, outputs: Sequence[int], largest_active: int | None = None
    ) -> Proof:
        """Return that nothing could be said about some outputs."""
        return Proof(
            None,
            self.active,
            method,
            self.inputs,
            None,
            None,
            largest_active,
            None,
            self.seconds,
            self.names(outputs),
        )

    @property
    def seconds(self) -> float:
        """Time since the claim was made."""
        return monotonic() - self.begun

    def names(self, outputs: Sequence[int]) -> tuple[str, ...]:
        """Return the names of outputs."""
        return tuple(self.circuit.output_names[int(output)] for output in outputs)

    def feature_names(self, features: Sequence[int]) -> tuple[str, ...]:
        """Return the names of features."""
        return tuple(self.circuit.features[int(feature)] for feature in features)
