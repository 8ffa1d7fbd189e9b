"""The phase diagram: at which density and importance a second feature enters superposition.

Source: Elhage et al. 2022, *Toy Models of Superposition*, section "Superposition as a phase
change". The theory is in `phase_theory.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.learning.toy_models.autoencoder import reconstruct
from polyseme.learning.toy_models.phase_theory import (
    REGIONS,
    away_from_boundaries,
    losses_of_codes,
)
from polyseme.learning.toy_models.toy_figure import Finished
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

# A code of less than this share of the other's is none.
_REPRESENTED = 0.5
# Patterns of which features are on: the first, the extra one, both. With none on nothing is lost
# but by the biases.
_PATTERNS = np.array([[1, 0], [0, 1], [1, 1]], np.float32)


@dataclass(frozen=True)
class Settings:
    """Sizes of the phase diagram: points along each axis, runs per point, samples per pattern."""

    points: int = 21
    restarts: int = 6
    samples: int = 64
    steps: int = 3_000
    rate: float = 1e-2
    least_density: float = 0.01
    most_importance: float = 10.0


@dataclass(frozen=True, eq=False)
class TwoFeatures:
    """A task of training: two features in one hidden number.

    Every pattern of features on is drawn in every step and weighted with its chance, so that what
    is rare is seen as often as what is common. All instances are given the same values.

    Args:
        density: The chance of a feature to be on, float32 (instances,).
        importance: The importance of the extra feature, float32 (instances,).
        samples: Samples per pattern in every step.
    """

    density: NDArray[np.float32]
    importance: NDArray[np.float32]
    samples: int
    name: str = "phase diagram"

    @property
    def instances(self) -> int:
        """Number of pairs of density and importance."""
        return len(self.density)

    @property
    def described(self) -> Mapping[str, Any]:
        """All that the loss depends on."""
        numbers = {"density": self.density.tolist(), "importance": self.importance.tolist()}
        return {**numbers, "samples": self.samples}

    def begin(self, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Draw codes from normal numbers."""
        shape = (len(self.density), 1, 2)
        code = np.float32(0.7) * generator.standard_normal(shape, np.float32)
        return {"encoder": code, "bias": np.zeros(shape, np.float32)}

    def descend(
        self, numbers: dict[str, torch.Tensor], generator: np.random.Generator
    ) -> torch.Tensor:
        """Draw values for every pattern; leave the slopes of the loss, and return the losses."""
        library = import_torch("toy models")
        values = generator.random((3, self.samples, 2), np.float32) * _PATTERNS[:, None]
        # The last row has nothing on.
        rows = np.append(values.reshape(-1, 2), np.zeros((1, 2), np.float32), axis=0)
        weights = library.from_numpy(self._weights(len(rows)))
        return reconstruct(numbers, library.from_numpy(rows), weights, relu=True)

    def _weights(self, rows: int) -> NDArray[np.float32]:
        """Return what the error of each row and feature counts, (instances, rows, features).

        The losses are means over rows and features; with these weights they are sums over features
        of expected errors.
        """
        p = self.density
        chance = np.stack((p * (1 - p), p * (1 - p), p * p), axis=1) / self.samples
        none = ((1 - p) ** 2)[:, None]
        share: NDArray[Any] = np.concatenate(
            (np.repeat(chance, self.samples, axis=1), none), axis=1
        )
        weight: NDArray[Any] = np.stack((np.ones_like(p), self.importance), axis=1)
        found: NDArray[Any] = 2 * rows * share[:, :, None] * weight[:, None, :]
        return found.astype(np.float32)

    def decay(self, numbers: dict[str, torch.Tensor], rate: float) -> None:
        """Leave the numbers as they are: decay would move boundaries."""


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Train several models per point, and compare the code of the best with the theory's."""
    count = settings.points
    density = np.geomspace(1, settings.least_density, count)
    importance = np.geomspace(1 / settings.most_importance, settings.most_importance, count)
    # Rows are importances, columns densities.
    grid = np.stack(np.meshgrid(density, importance), axis=-1)
    each = np.repeat(grid.reshape(-1, 2), settings.restarts, axis=0).astype(np.float32)
    task = TwoFeatures(each[:, 0], each[:, 1], settings.samples)
    pace = Pace(settings.steps, settings.rate, falls="cosine")
    found = train(task, pace, seed=seed, state=state, device=device)
    losses = found.losses.reshape(-1, settings.restarts)
    best = losses.argmin(axis=1) + settings.restarts * np.arange(count**2)
    codes = found.numbers["encoder"][best, 0].reshape(count, count, 2)
    expected = losses_of_codes(grid[..., 0], grid[..., 1])
    theory, trained = expected.argmin(axis=0), region_of(codes)
    inside = away_from_boundaries(theory)
    agreed = trained == theory
    findings = {
        "agreement": float(agreed[inside].mean()) if inside.any() else None,
        "points_away_from_boundaries": int(inside.sum()),
        "agreement_everywhere": float(agreed.mean()),
        "points": int(agreed.size),
        "loss_over_theory": float(np.median(losses.min(axis=1) / expected.min(axis=0).ravel())),
    }
    data = {
        "density": density,
        "importance": importance,
        "codes": codes,
        "trained": trained,
        "theory": theory,
    }
    return Finished(findings, data, found.losses, found.steps)


def region_of(codes: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the number in `REGIONS` of each code, (..., 2): the extra feature is the second."""
    sizes = abs(codes)
    share = sizes / np.maximum(sizes.max(axis=-1, keepdims=True), np.finfo(np.float32).tiny)
    first, extra = share[..., 0] >= _REPRESENTED, share[..., 1] >= _REPRESENTED
    return np.where(first & extra, 2, np.where(extra, 1, 0))


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw the trained regions over density and importance, and the theory's boundaries."""
    from matplotlib.colors import ListedColormap

    canvas.set_size_inches(8.6, 6.0)
    axes = canvas.subplots()
    colours = ("#bbbbbb", "#56b4e9", "#d55e00")
    across, up = data["density"], data["importance"]
    axes.pcolormesh(across, up, data["trained"], cmap=ListedColormap(colours), vmin=-0.5, vmax=2.5)
    fine = np.geomspace(across.min(), across.max(), 400)
    high = np.geomspace(up.min(), up.max(), 400)
    regions = losses_of_codes(*np.meshgrid(fine, high)).argmin(axis=0)
    axes.contour(fine, high, regions == 2, levels=[0.5], colors="black", linewidths=1.8)
    axes.contour(
        fine,
        high,
        np.where(regions == 2, 0.5, regions),
        levels=[0.5],
        colors="black",
        linewidths=1.8,
    )
    axes.set(xscale="log", yscale="log", xlabel="density", ylabel="importance of extra feature")
    axes.invert_xaxis()
    axes.set_title("Two features in one number: trained (colours) and theory (lines)", fontsize=12)
    for colour, name in zip(colours, REGIONS, strict=True):
        axes.plot([], [], "s", color=colour, markersize=11, label=f"extra feature {name}")
    axes.plot([], [], color="black", linewidth=1.8, label="equal losses, in closed form")
    canvas.legend(loc="outside lower center", ncols=2, frameon=False)
