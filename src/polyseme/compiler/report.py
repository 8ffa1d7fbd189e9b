"""The result of compiling: a network, and all that was measured and decided."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.compiler.schedule.exact_size import ExactSize
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.verification.reading_error import ReadingError
from polyseme.verification.sampling import Verification


@dataclass(frozen=True)
class LayerDecision:
    """The decision about one hidden layer of a deep network, and the reason `why`.

    `columns` is the number of wires that are live behind the layer, `computed_features` the number
    of those that it does not only carry, and `carried` that of those in the residual stream.
    `mean_on` and `share_on` are the mean number and the share of columns that are on.
    `predicted_superposed` is the number of ReLUs that superposition would need.
    """

    layer: int
    columns: int
    computed_features: int
    neurons: int
    carried: int
    kind: str
    share_on: float
    mean_on: float
    predicted_superposed: int
    why: str


@dataclass(frozen=True)
class Compilation:
    """A network, with all that was measured and decided.

    Attributes:
        network: The network, with its answer key.
        error: The error that was asked for.
        confirmation: The result of the check on fresh samples; None if there was no check.
        predicted: The neurons that the construction declared before the search; None if there was
            no search.
        layers: The decision about each layer of a deep network; empty for one hidden layer.
        epsilon: The reading error that was asked for; None if only decisions were.
        reading: The reading error of every hidden layer; None if there was no check.
        reads: True if gates are read within `epsilon`, as confirmed, or if that was not asked for.
        exact: The size of the exact network that has fewer ReLUs in all, which superposition must
            beat; None if it was not asked for.
        fallback: The reason why the network is the exact one; empty if it is what was asked for.
        promise: The reason for the sparsity promise; empty if it was given.
        certified_active: The most features on, up to the promise, with which the network is proved
            right on every input; None if no such guarantee was asked for.
        certified_epsilon: The reading error that all those inputs keep; None if it is not known.
    """

    network: Network
    error: float
    confirmation: Verification | None = None
    predicted: int | None = None
    layers: tuple[LayerDecision, ...] = ()
    epsilon: float | None = None
    reading: ReadingError | None = None
    reads: bool = True
    exact: ExactSize | None = None
    fallback: str = ""
    promise: str = ""
    certified_active: int | None = None
    certified_epsilon: float | None = None

    @property
    def key(self) -> AnswerKey | None:
        """The answer key of the network."""
        return self.network.key

    @property
    def decides(self) -> bool:
        """True if the upper end of the measured error's interval is at most the error asked for."""
        return self.confirmation is not None and self.confirmation.error_interval[1] <= self.error

    @property
    def certified(self) -> bool:
        """True if the network is proved right on every input, or that was not asked for."""
        return self.certified_active in (None, self.network.provenance.active)

    @property
    def passed(self) -> bool:
        """True if the network was confirmed to do what was asked for."""
        return self.decides and self.reads and self.certified

    def __str__(self) -> str:
        """Return a summary of a few lines."""
        lines = [str(self.network)]
        if self.confirmation is not None:
            lines.append(str(self.confirmation))
        if self.reading is not None:
            lines.append(str(self.reading))
        if self.certified_active is not None:
            lines.append(f"proved right on every input with at most {self.certified_active} on")
        if self.promise:
            lines.append(f"promise: {self.network.provenance.active} on at once: {self.promise}")
        if self.predicted is not None:
            lines.append(f"{self.predicted:,} neurons were predicted")
        return "\n".join(lines)
