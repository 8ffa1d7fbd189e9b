"""Claims of a method about a network, in one language for all families of methods.

A method says which *readings* there are at a site: directions along which something is written, and
how far each is on for given inputs. It may say which readings compute which others (*edges*), with
which operator, and how sure it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.errors import OptionError

# The operators that may be claimed of a reading; "" claims none.
OPERATORS = ("", "identity", "and", "or", "xor", "and-not", "threshold")


@dataclass(frozen=True, eq=False)
class Batch:
    """Numbers at one site for a batch of inputs.

    Attributes:
        vectors: What the first layer reads, float32 (samples, dimensions).
        activations: The numbers at the site, float32 (samples, width).
        on: The features that are on, Boolean (samples, features). It is there for controls, which
            know the key; a method that reads it is no method.
    """

    vectors: NDArray[np.float32]
    activations: NDArray[np.float32]
    on: sp.csr_array


# How far every reading is on: float32 (samples, readings) for a batch. It *fires* above 0. It times
# the direction is what the reading adds to the numbers of the site.
Activity: TypeAlias = Callable[[Batch], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Readings:
    """Things that a method finds at a site.

    Args:
        site: The site, one of `sites` of the module that the method was given.
        directions: Where each is written, float32 (readings, width of the site); of any length but
            0, except for readings that claim nothing (rows of zeros are never matched).
        activity: How far each is on for a batch.

    Raises:
        OptionError: Directions are of another type or shape, or not finite.
    """

    site: str
    directions: NDArray[np.float32]
    activity: Activity

    def __post_init__(self) -> None:
        """Check the directions."""
        _check("directions", self.directions, np.float32, 2)
        if not np.isfinite(self.directions).all():
            raise OptionError(f"directions at {self.site} must be finite")

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self.directions)


@dataclass(frozen=True, eq=False)
class Edges:
    """Claims that a reading at one site is computed from readings at a site below.

    Args:
        site: The site of what is computed.
        below: The site of what it is computed from.
        output: int64 (edges,), readings at `site`.
        input: int64 (edges,), readings at `below`.
        confidence: float32 (edges,), from 0 to 1: how likely the edge is, in the method's words.

    Raises:
        OptionError: An array is of another type or length, or a confidence outside 0 to 1.
    """

    site: str
    below: str
    output: NDArray[np.int64]
    input: NDArray[np.int64]
    confidence: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Check types and lengths."""
        _check("output", self.output, np.int64, 1)
        _check("input", self.input, np.int64, 1)
        _check("confidence", self.confidence, np.float32, 1)
        if not len(self.output) == len(self.input) == len(self.confidence):
            raise OptionError("edges need as many outputs as inputs and confidences")
        if not ((self.confidence >= 0) & (self.confidence <= 1)).all():
            raise OptionError("confidence of an edge must be from 0 to 1")


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Weights of one layer as a sum of components, of which each input needs few.

    Args:
        layer: The number of the layer.
        reads: V, float32 (components, inputs of the layer).
        writes: U, float32 (components, units): the layer's weights are about U^T V.
        importance: How much each component matters for a batch, float32 (samples, components) from
            0 (may be taken out) to 1.
    """

    layer: int
    reads: NDArray[np.float32]
    writes: NDArray[np.float32]
    importance: Activity

    def __post_init__(self) -> None:
        """Check the matrices."""
        _check("reads", self.reads, np.float32, 2)
        _check("writes", self.writes, np.float32, 2)
        if len(self.reads) != len(self.writes):
            raise OptionError("a component needs one row of reads and one of writes")


@dataclass(frozen=True, eq=False)
class Claims:
    """All that a method says of a network.

    Args:
        readings: At most one entry per site.
        edges: At most one entry per pair of sites, between sites that have readings.
        operators: For sites that have readings, the operator of each, one of `OPERATORS`.
        decomposition: Components of a layer, from methods that take weights apart.
        notes: What the method reports of itself, such as its loss; numbers, text and truths by
            name. `converged`, if given, says whether it had converged, and `converged at SITE`
            whether at that site, for scores that are about its readings alone.

    Raises:
        OptionError: A site has two entries, or an edge or operator is about a reading not claimed.
    """

    readings: tuple[Readings, ...] = ()
    edges: tuple[Edges, ...] = ()
    operators: dict[str, tuple[str, ...]] | None = None
    decomposition: Decomposition | None = None
    notes: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Check that edges and operators are about readings that are claimed."""
        counts = {found.site: len(found) for found in self.readings}
        if len(counts) < len(self.readings):
            raise OptionError("readings of one site must be claimed together")
        for edges in self.edges:
            for what, site, chosen in (
                ("output", edges.site, edges.output),
                ("input", edges.below, edges.input),
            ):
                if len(chosen) and not 0 <= chosen.min() <= chosen.max() < counts.get(site, 0):
                    raise OptionError(f"an edge names an {what} at {site} that is not claimed")
        for site, names in (self.operators or {}).items():
            if len(names) != counts.get(site, 0):
                raise OptionError(f"operators at {site} must be one per reading")
            for name in names:
                if name not in OPERATORS:
                    raise OptionError(f"operator {name[:40]!r} is none of {', '.join(OPERATORS)}")

    def at(self, site: str) -> Readings | None:
        """Return the readings claimed at a site, if any."""
        return next((found for found in self.readings if found.site == site), None)


def _check(what: str, array: Any, dtype: type, dimensions: int) -> None:
    if not (isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == dimensions):
        raise OptionError(
            f"{what} must be an array of {np.dtype(dtype)} with {dimensions} dimension(s)"
        )
