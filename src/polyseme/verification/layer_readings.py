"""Errors, interaction and bending of one hidden layer, whose gates are read."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.verification.affine_reading import AffineReading
from polyseme.verification.extremes import Extremes, Floats
from polyseme.verification.interaction import Kappa

# Inputs of a kind on which slopes and offsets are fitted, at least and at most.
_FEWEST, _MOST = 6_000, 20_000


@dataclass(frozen=True, eq=False)
class KindErrors:
    """Errors of the worst gate, and of the worst gate that is on, both float32 (samples,)."""

    worst: Floats
    worst_on: Floats


@dataclass(frozen=True, eq=False)
class LayerReadings:
    """Number of gates read, their errors by kind of input, their kappa, and the units that bend."""

    gates: int
    kinds: dict[str, KindErrors]
    kappa: Kappa | None = None
    bending_units: float = 0.0

    def beyond(self, epsilon: float) -> dict[str, tuple[int, int]]:
        """Return the samples of each kind with an error of `epsilon` or more, and all samples."""
        return {
            inputs: (int((errors.worst >= epsilon).sum()), len(errors.worst))
            for inputs, errors in self.kinds.items()
        }


def fit_samples(samples: int) -> int:
    """Return the inputs of a kind on which readings are fitted that so many others then test."""
    return min(max(samples, _FEWEST), _MOST)


def errors_of(reading: AffineReading, seen: Extremes) -> KindErrors:
    """Return the errors of samples, the worst of all groups."""
    return KindErrors(reading.errors(seen).max(axis=0), reading.errors_on(seen).max(axis=0))
