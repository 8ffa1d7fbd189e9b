"""Sparse features with real values: on with a density of their own, uniform where they are on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.arguments import text
from polyseme.errors import OptionError

RELATIONS = ("independent", "correlated", "anti-correlated")


@dataclass(frozen=True, eq=False)
class SparseValues:
    """Features of an instance, each on with the density of the instance, with a value then.

    Args:
        features: Number of features.
        density: The chance of a feature to be on, float32 (instances,), or (instances, features)
            for independent features; above 0 and at most 1.
        signed: True for values of -1 to 1, and False for values of 0 to 1.
        relation: "independent"; or features come in pairs of which both or none are on
            ("correlated"), or one at most, with half the density each ("anti-correlated").

    Raises:
        OptionError: A density is out of range, or features that come in pairs are odd.
    """

    features: int
    density: NDArray[np.float32]
    signed: bool = False
    relation: str = "independent"

    def __post_init__(self) -> None:
        """Check the densities and the pairs."""
        text("relation", self.relation, RELATIONS)
        if not ((self.density > 0) & (self.density <= 1)).all():
            raise OptionError("a density is not above 0 and at most 1")
        if self.density.shape[1:] not in ((), (self.features,)):
            raise OptionError(f"densities of shape {self.density.shape}")
        if self.relation != "independent" and (self.features % 2 or self.density.ndim > 1):
            raise OptionError(f"{self.features} features do not come in pairs")

    @property
    def described(self) -> Mapping[str, Any]:
        """The distribution, as JSON."""
        return {
            "features": self.features,
            "density": self.density.tolist(),
            "signed": self.signed,
            "relation": self.relation,
        }

    def draw(self, samples: int, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw float32 (instances, samples, features)."""
        shape = (len(self.density), samples, self.features)
        density = self.density.reshape(len(self.density), 1, -1)
        if self.relation == "independent":
            drawn = generator.random(shape, np.float32)
            # Below the density, a uniform number over the density is uniform itself.
            values: NDArray[np.float32] = drawn / density
            values *= drawn < density
        else:
            values = generator.random(shape, np.float32) * self._pairs(shape, density, generator)
        if self.signed:
            values *= np.where(generator.random(shape, np.float32) < 0.5, np.float32(-1), 1)
        return values

    def _pairs(
        self,
        shape: tuple[int, int, int],
        density: NDArray[np.float32],
        generator: np.random.Generator,
    ) -> NDArray[np.bool_]:
        """Draw which features are on, Boolean; features 2 i and 2 i + 1 are a pair."""
        pairs = (*shape[:2], shape[2] // 2)
        on = generator.random(pairs, np.float32) < density
        if self.relation == "correlated":
            return np.repeat(on, 2, axis=2)
        first = generator.random(pairs, np.float32) < 0.5
        return np.stack((on & first, on & ~first), axis=3).reshape(shape)
