"""One layer of a network: weights, bias, scale and activation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.errors import OptionError
from polyseme.networks.activation import Activation, Relu
from polyseme.networks.checks import (
    EXACT,
    check_array,
    check_below,
    check_finite,
    check_sparse,
)

_MIN_SCALE, _MAX_SCALE = 2.0**-24, 2.0**24
# A sparse layer of few entries could claim any width; a program may well hold a row of it.
MAX_SPARSE_INPUTS = 2**24
# An array or a csr_array. scipy comes without types, so nothing could tell the two apart.
Weights: TypeAlias = Any


def _nothing() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, eq=False, repr=False)
class Layer:
    """One layer: units h = activation(weights @ x + bias) * scale, and then the carried numbers.

    The numbers of x listed in `carried` pass the layer unchanged, a residual stream that costs no
    neuron: the layer writes h and then x[carried].

    Args:
        weights: int8 or int16 (units, inputs), an array or a `csr_array` whose columns rise in
            each row; or, in a trained network, a float32 array.
        bias: int32 (units,), in the weights' units and within 2^24 of 0; float32 beside float32
            weights.
        scale: a power of two from 2^-24 to 2^24, applied last.
        activation: `Relu()`, `Clip(cap)` or `Square()`, the cap in the weights' units.
        carried: int32, rising, the numbers of x that pass.

    Raises:
        OptionError: an array is of another type or shape, or a number is out of range.

    Example:
        >>> import numpy as np
        >>> Layer(np.ones((2, 3), np.int8), np.array([0, -1], np.int32), 1.0)
        Layer(2 ReLUs read 3 numbers, int8)
    """

    weights: Weights
    bias: NDArray[Any]
    scale: float
    activation: Activation = field(default_factory=Relu)
    carried: NDArray[np.int32] = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        """Check types and shapes; a scale that is no power of two would round."""
        if self.weights.dtype not in (np.int8, np.int16, np.float32) or self.weights.ndim != 2:
            raise OptionError("weights must be int8, int16 or float32 and two-dimensional")
        if not all(self.weights.shape):
            raise OptionError("weights must not be empty")
        if not self.is_whole:
            self._check_floats()
        if self.is_sparse:
            check_sparse("sparse weights", self.weights)
            if self.inputs > MAX_SPARSE_INPUTS:
                raise OptionError(
                    f"a sparse layer reads {self.inputs} numbers, more than {MAX_SPARSE_INPUTS}"
                )
        kind = np.int32 if self.is_whole else np.float32
        if self.bias.dtype != kind or self.bias.shape != self.weights.shape[:1]:
            raise OptionError(f"bias must be {np.dtype(kind)}, one per unit")
        if self.bias.min() <= -EXACT or self.bias.max() >= EXACT:
            raise OptionError(
                f"bias must lie within {EXACT} of 0, so that float32 holds it exactly"
            )
        if not _MIN_SCALE <= self.scale <= _MAX_SCALE or np.frexp(self.scale)[0] != 0.5:
            raise OptionError(f"scale {self.scale} is not a power of two from 2^-24 to 2^24")
        if not isinstance(self.activation, Activation):
            raise OptionError(f"activation {self.activation!r} must be Relu(), Clip(), or Square()")
        check_array("carried", self.carried, np.int32, 1)
        check_below("carried", self.carried, self.inputs)
        if (np.diff(self.carried) <= 0).any():
            raise OptionError("carried inputs must rise")

    def _check_floats(self) -> None:
        if self.is_sparse:
            raise OptionError("weights of float32 must be an array")
        check_finite("weights", self.weights)
        check_finite("bias", self.bias)

    @property
    def is_whole(self) -> bool:
        """True if weights and biases are whole numbers, and so no sum rounds."""
        return bool(self.weights.dtype != np.float32)

    @property
    def is_sparse(self) -> bool:
        """True if the weights are stored as a list of entries."""
        return bool(sp.issparse(self.weights))

    @property
    def units(self) -> int:
        """Numbers that the layer computes: rows of the weights."""
        return int(self.weights.shape[0])

    @property
    def width(self) -> int:
        """Numbers that the layer writes: those it computes and those it carries."""
        return self.units + len(self.carried)

    @property
    def neurons(self) -> int:
        """ReLUs of the layer: one per unit, two where units are clipped."""
        return self.activation.relus * self.units

    @property
    def inputs(self) -> int:
        """Numbers that the layer reads."""
        return int(self.weights.shape[1])

    @property
    def nonzero_share(self) -> float:
        """Share of the weights that are not zero, stored or not."""
        stored = self.weights.data if self.is_sparse else self.weights
        return float(np.count_nonzero(stored) / (self.units * self.inputs))

    @property
    def resting(self) -> NDArray[np.float64]:
        """Value of every unit when all that it reads is 0, float64 (units,)."""
        sums = self.bias.astype(np.int64 if self.is_whole else np.float64)
        lowest, _ = self.activation.bounds(sums, sums)
        return np.asarray(lowest * float(self.scale))

    def at_rest(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the layer writes, float32 (width,), for numbers that are mostly 0."""
        read = np.flatnonzero(values)
        sums = self.bias.astype(np.float32)
        if len(read):
            sums += np.asarray(self.weights[:, read] @ values[read])
        self.activation.apply(sums)
        return np.concatenate((sums * np.float32(self.scale), values[self.carried]))

    def __repr__(self) -> str:
        """One line, without the arrays."""
        return f"Layer({self.described})"

    @property
    def weight_bits(self) -> float:
        """Bits that an ideal entropy coder needs for the weights and the inputs carried."""
        return _entropy_bits(self.weights) + _choice_bits(len(self.carried), self.inputs)

    @property
    def described(self) -> str:
        """A few words: units, the numbers they read, the type of the weights."""
        kind = "ReLUs" if self.activation.scales else "squares"
        stored = "sparse " if self.is_sparse else ""
        passing = f", {len(self.carried):,} numbers pass" if len(self.carried) else ""
        clipped = f" ({self.units:,} clipped units)" if self.activation.relus == 2 else ""
        return (
            f"{self.neurons:,} {kind}{clipped} read {self.inputs:,} numbers, "
            f"{stored}{self.weights.dtype}{passing}"
        )


def _entropy_bits(weights: Weights) -> float:
    """Return the bits of a weight matrix, its zeros counted; 32 for each weight of float32."""
    entries = weights.shape[0] * weights.shape[1]
    if weights.dtype == np.float32:
        return 32.0 * int(entries)
    stored = weights.data if sp.issparse(weights) else weights.ravel()
    # Shifted to begin at 0; int32 holds every difference of two int16.
    lowest = min(0, int(stored.min(initial=0)))
    counts = np.bincount(stored.astype(np.int32) - lowest, minlength=1 - lowest)
    counts[-lowest] += entries - len(stored)
    share = counts[counts > 0] / entries
    return float(-(share * np.log2(share)).sum() * entries)


def _choice_bits(chosen: int, among: int) -> float:
    """Return the bits of a mask that marks so many."""
    share = np.array([chosen, among - chosen]) / among
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum() * among)
