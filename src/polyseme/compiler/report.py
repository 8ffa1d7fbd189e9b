"""What a compilation comes to: a network, and everything that was measured and decided."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.verification.sampling import Verification


@dataclass(frozen=True)
class LayerDecision:
    """One hidden layer: `columns` wires are live behind it, `mean_on` of them on at a time.

    `carried` of them pass in the residual stream. `predicted_superposed` is the ReLUs that
    superposition would ask for.
    """

    layer: int
    columns: int
    neurons: int
    carried: int
    kind: str
    share_on: float
    mean_on: float
    predicted_superposed: int
    why: str


@dataclass(frozen=True)
class Compilation:
    """A network and what is known of it.

    Attributes:
        network: The network, with its answer key.
        error: The error that was asked for.
        confirmation: What the network did on fresh samples; None where it was not tried.
        predicted: Neurons that the construction declared before a search built any; None where
            there was no search.
        layers: What was decided about each layer of a deep network; empty for one hidden layer.
    """

    network: Network
    error: float
    confirmation: Verification | None = None
    predicted: int | None = None
    layers: tuple[LayerDecision, ...] = ()

    @property
    def key(self) -> AnswerKey | None:
        """The answer key of the network."""
        return self.network.key

    @property
    def passed(self) -> bool:
        """Whether the upper end of the measured error's interval is at most the error asked for."""
        return self.confirmation is not None and self.confirmation.error_interval[1] <= self.error

    def __str__(self) -> str:
        """Return a few lines for people."""
        lines = [str(self.network)]
        if self.confirmation is not None:
            lines.append(str(self.confirmation))
        if self.predicted is not None:
            lines.append(f"{self.predicted:,} neurons were predicted")
        return "\n".join(lines)
