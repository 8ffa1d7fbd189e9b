"""Activations, which a layer applies to its sums: ReLU, clip or square.

Each kind runs, bounds an interval, knows the ReLUs that a unit counts as, and is written to other
formats, whose writers have one method per kind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import CapacityError, OptionError
from polyseme.networks.checks import EXACT

Written_co = TypeVar("Written_co", covariant=True)
Bounds = tuple[NDArray[Any], NDArray[Any]]
# The square of a number of 64 bits below this is one too.
_MOST_SQUARED = 3_037_000_499


class ActivationWriter(Protocol[Written_co]):
    """A format that layers are written to, one method per kind of activation.

    Args of all methods are in the units of the layer's values, after its scale.
    """

    def relu(self) -> Written_co:
        """Write max(x, 0), x being the scaled sums."""

    def clip(self, highest: float) -> Written_co:
        """Write min(max(x, 0), highest), x being the scaled sums."""

    def square(self, scale: float) -> Written_co:
        """Write z * z * scale, z being the sums before the scale."""


@dataclass(frozen=True)
class Activation(ABC):
    """Function that a layer applies to its sums, before its scale.

    Subclasses are `Relu`, `Clip` and `Square`.

    Example:
        >>> import polyseme as ps
        >>> ps.compile(ps.problems.pairwise_and(30, 30)).layers[0].activation
        Relu()
    """

    # ReLUs that one unit counts as.
    relus: ClassVar[int] = 1
    # True if scaling the sums scales the units, so that the scale can move into weights and bias.
    scales: ClassVar[bool] = True
    # The word for it in the names of exported graphs.
    name: ClassVar[str]

    @abstractmethod
    def apply(self, sums: NDArray[np.float32]) -> None:
        """Turn sums into units in place, before the scale.

        Args:
            sums: float32 of any shape, overwritten.
        """

    @abstractmethod
    def bounds(self, lowest: NDArray[Any], highest: NDArray[Any]) -> Bounds:
        """Return the least and the largest value of units whose sums lie between two numbers.

        Args:
            lowest: whole numbers of any shape, int64 or Python's own.
            highest: as many, none below `lowest`.

        Returns:
            Exact whole numbers of the same type, before the scale.

        Raises:
            CapacityError: a square does not fit into 64 bits.
        """

    @abstractmethod
    def bends(self, lowest: NDArray[Any], highest: NDArray[Any]) -> NDArray[np.bool_]:
        """Return where the activation is no straight line between two sums.

        Args:
            lowest: numbers of any shape.
            highest: as many, none below `lowest`.
        """

    @abstractmethod
    def has_bent(self, lowest: NDArray[Any], highest: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which units, of this least and largest value, have been on both sides of a bend.

        Args:
            lowest: values of units, before the scale, of any shape.
            highest: as many, none below `lowest`.
        """

    @abstractmethod
    def write(self, writer: ActivationWriter[Written_co], scale: float) -> Written_co:
        """Return the activation of a layer of this scale, as a writer makes it."""

    @property
    def stored(self) -> tuple[int, bool]:
        """The entries of `caps` and `squared` that stand for it in a network file."""
        return 0, False


@dataclass(frozen=True)
class Relu(Activation):
    """max(z, 0)."""

    name: ClassVar[str] = "relu"

    def apply(self, sums: NDArray[np.float32]) -> None:
        """Set sums below 0 to 0, in place."""
        np.maximum(sums, 0, out=sums)

    def bounds(self, lowest: NDArray[Any], highest: NDArray[Any]) -> Bounds:
        """Return both ends, or 0 where they lie below."""
        return np.maximum(lowest, 0), np.maximum(highest, 0)

    def bends(self, lowest: NDArray[Any], highest: NDArray[Any]) -> NDArray[np.bool_]:
        """Return where 0 lies between the sums."""
        return np.asarray((lowest < 0) & (highest > 0))

    def has_bent(self, lowest: NDArray[Any], highest: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which were 0 and were not."""
        return np.asarray((lowest == 0) & (highest > 0))

    def write(self, writer: ActivationWriter[Written_co], scale: float) -> Written_co:
        """Return the writer's ReLU."""
        return writer.relu()


@dataclass(frozen=True)
class Clip(Activation):
    """min(max(z, 0), cap): two ReLUs, the second subtracts the excess of the first above the cap.

    Args:
        cap: a whole number from 1 to 2^24 - 1, in the units of the weights.

    Raises:
        OptionError: the cap is of another type or out of range.
    """

    cap: int
    relus: ClassVar[int] = 2
    name: ClassVar[str] = "clip"

    def __post_init__(self) -> None:
        """Check the cap; a cap of 0 would be no function of its sum."""
        if not isinstance(self.cap, int | np.integer) or not 1 <= self.cap < EXACT:
            raise OptionError(f"cap {self.cap} is not a whole number from 1 to {EXACT - 1}")

    def apply(self, sums: NDArray[np.float32]) -> None:
        """Set sums below 0 to 0 and sums above the cap to the cap, in place."""
        np.clip(sums, 0, self.cap, out=sums)

    def bounds(self, lowest: NDArray[Any], highest: NDArray[Any]) -> Bounds:
        """Return both ends, moved to 0 or the cap where they lie beyond."""
        low, high = (np.minimum(np.maximum(end, 0), self.cap) for end in (lowest, highest))
        return low, high

    def bends(self, lowest: NDArray[Any], highest: NDArray[Any]) -> NDArray[np.bool_]:
        """Return where 0 or the cap lies between the sums."""
        below = (lowest < 0) & (highest > 0)
        return np.asarray(below | ((lowest < self.cap) & (highest > self.cap)))

    def has_bent(self, lowest: NDArray[Any], highest: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which were at 0 or at the cap, and were not."""
        return np.asarray((lowest < highest) & ((lowest == 0) | (highest == self.cap)))

    def write(self, writer: ActivationWriter[Written_co], scale: float) -> Written_co:
        """Return the writer's clip at the scaled cap."""
        return writer.clip(float(self.cap * scale))

    @property
    def stored(self) -> tuple[int, bool]:
        """The cap."""
        return int(self.cap), False


@dataclass(frozen=True)
class Square(Activation):
    """z * z: no ReLU, and counted as one."""

    scales: ClassVar[bool] = False
    name: ClassVar[str] = "square"

    def apply(self, sums: NDArray[np.float32]) -> None:
        """Square in place."""
        np.square(sums, out=sums)

    def bounds(self, lowest: NDArray[Any], highest: NDArray[Any]) -> Bounds:
        """Return the squares of the numbers nearest to 0 and farthest from it."""
        low, high = np.asarray(lowest), np.asarray(highest)
        farthest = np.maximum(abs(low), abs(high))
        if low.dtype != object and farthest.size and farthest.max() > _MOST_SQUARED:
            raise CapacityError(f"the square of {farthest.max()} does not fit into 64 bits")
        nearest = np.maximum(np.maximum(low, -high), 0)
        return nearest * nearest, farthest * farthest

    def bends(self, lowest: NDArray[Any], highest: NDArray[Any]) -> NDArray[np.bool_]:
        """Return where the sums differ."""
        return np.asarray(lowest < highest)

    def has_bent(self, lowest: NDArray[Any], highest: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which have changed."""
        return self.bends(lowest, highest)

    def write(self, writer: ActivationWriter[Written_co], scale: float) -> Written_co:
        """Return the writer's square."""
        return writer.square(scale)

    @property
    def stored(self) -> tuple[int, bool]:
        """No cap, squared."""
        return 0, True


def stored_activation(cap: int, squared: bool) -> Activation:
    """Return the activation for these entries of a network file; the inverse of `stored`.

    Raises OptionError if they contradict each other, or the cap is out of range.
    """
    if squared and cap:
        raise OptionError("a layer cannot be both squared and clipped")
    if squared:
        return Square()
    return Clip(cap) if cap else Relu()
