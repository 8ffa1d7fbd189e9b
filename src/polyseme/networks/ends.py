"""The ends of a network: the encoder and the readout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.errors import OptionError
from polyseme.networks.checks import check_array, check_finite, check_runs


@dataclass(frozen=True, eq=False, repr=False)
class Encoder:
    """Map from named features to numbers: feature i adds `code.signs[i]` at `code.positions[i]`.

    Args:
        features: the names of the features.
        code: the dimensions of each, with signs.

    Raises:
        OptionError: there are other numbers of names and codes, or none.
    """

    features: Names
    code: SparseCode

    def __post_init__(self) -> None:
        """Check that every feature has a code."""
        if len(self.features) != self.code.features:
            raise OptionError(f"{len(self.features)} names for {self.code.features} codes")
        if not self.code.positions.size:
            raise OptionError("the encoder must have a feature, and a dimension for it")

    @property
    def dimensions(self) -> int:
        """The width of the encoded vector."""
        return self.code.neurons

    @property
    def in_superposition(self) -> bool:
        """True if there are more features than dimensions."""
        return self.code.features > self.code.neurons

    def __repr__(self) -> str:
        """One line, without the code."""
        return f"Encoder({self.described})"

    @property
    def described(self) -> str:
        """A few words: features and dimensions."""
        how = ", in superposition" if self.in_superposition else ""
        return f"{len(self.features):,} features in {self.dimensions:,} dimensions{how}"


@dataclass(frozen=True, eq=False, repr=False)
class Readout:
    """Output i is on when the weighted sum of the numbers that it reads reaches its threshold.

    A threshold of infinity marks an output that is never on; one that is always on reads nothing
    and has a threshold below 0.

    Args:
        outputs: the names of the outputs.
        offsets: int64 (outputs + 1,), cuts `neurons` and `weights` into one run per output.
        neurons: int32, the numbers that the last layer writes which each output reads.
        weights: int16, or float32 in a trained network, the weight each is read with.
        thresholds: float32 (outputs,), each exactly representable.

    Raises:
        OptionError: an array is of another type or shape, or a threshold is none.
    """

    outputs: Names
    offsets: NDArray[np.int64]
    neurons: NDArray[np.int32]
    weights: NDArray[Any]
    thresholds: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Check types, that the runs cover the arrays, and that every threshold is a number."""
        check_array("readout neurons", self.neurons, np.int32, 1)
        if self.weights.dtype == np.float32:
            check_finite("readout weights", self.weights)
        check_array("readout weights", self.weights, np.int16 if self.is_whole else np.float32, 1)
        check_array("thresholds", self.thresholds, np.float32, 1)
        if not len(self.outputs) or len(self.thresholds) != len(self.outputs):
            raise OptionError(f"{len(self.thresholds)} thresholds for {len(self.outputs)} outputs")
        if len(self.neurons) != len(self.weights):
            raise OptionError(
                f"{len(self.weights)} readout weights for {len(self.neurons)} neurons"
            )
        check_runs("readout offsets", self.offsets, len(self.outputs), len(self.neurons))
        if not (self.thresholds > -np.inf).all():
            raise OptionError("a threshold is minus infinity or not a number")

    @property
    def is_whole(self) -> bool:
        """True if weights are whole numbers."""
        return bool(self.weights.dtype != np.float32)

    def __repr__(self) -> str:
        """One line, without the arrays."""
        return f"Readout({self.described})"

    @property
    def described(self) -> str:
        """A few words: outputs and the numbers that they read."""
        return f"{len(self.outputs):,} outputs read {len(self.neurons):,} numbers in all"
