"""Five features in two numbers: two alone, antipodal pairs, or a pentagon, by density.

Source: Elhage et al. 2022, *Toy Models of Superposition*, its opening figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.toy_models.autoencoder import Autoencoder
from polyseme.learning.toy_models.sparse_values import SparseValues
from polyseme.learning.toy_models.toy_figure import Finished
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Columns of W longer than this are represented.
_REPRESENTED = 0.5
# Angles between represented features that are shapes, up to so many degrees.
_NEAR = 12.0
_ANGLES = {
    "one feature": (),
    "two orthogonal": (90.0, 270.0),
    "a digon": (180.0, 180.0),
    "a triangle": (120.0, 120.0, 120.0),
    "two digons": (90.0, 90.0, 90.0, 90.0),
    "a pentagon": (72.0, 72.0, 72.0, 72.0, 72.0),
}


@dataclass(frozen=True)
class Settings:
    """Sizes, as in the publication; of several runs per density the one of least loss is shown."""

    features: int = 5
    hidden: int = 2
    densities: int = 10
    least_density: float = 0.05
    importance: float = 0.9
    restarts: int = 4
    batch: int = 1024
    steps: int = 10_000
    rate: float = 1e-3


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Train several models per density, and name the shape of the best."""
    each = settings.least_density ** np.linspace(0, 1, settings.densities)
    density = np.repeat(each, settings.restarts).astype(np.float32)
    importance = (settings.importance ** np.arange(settings.features)).astype(np.float32)
    values = SparseValues(settings.features, density)
    task = Autoencoder("intro", settings.hidden, importance, values, settings.batch)
    pace = Pace(settings.steps, settings.rate)
    found = train(task, pace, seed=seed, state=state, device=device)
    losses = found.losses.reshape(settings.densities, settings.restarts)
    best = losses.argmin(axis=1) + settings.restarts * np.arange(settings.densities)
    codes = found.numbers["encoder"][best]
    shapes = [shape_of(code) for code in codes]
    findings = {
        "densities": each.tolist(),
        "shapes": shapes,
        "pentagon_up_to_density": _largest(each, shapes, "a pentagon"),
        "digons_up_to_density": _largest(each, shapes, "two digons"),
        "two_orthogonal_from_density": _least(each, shapes, "two orthogonal"),
    }
    data = {"density": each, "codes": codes, "losses": losses.min(axis=1)}
    return Finished(findings, data, found.losses, found.steps)


def shape_of(code: NDArray[np.float32]) -> str:
    """Return the shape that represented features make, (2, features): columns longer than 1/2."""
    lengths = np.hypot(*code)
    across, up = code[:, lengths > _REPRESENTED]
    if len(across) < 2:
        return "one feature" if len(across) else "nothing"
    turns = np.sort(np.degrees(np.arctan2(up, across)) % 360)
    between = np.sort(np.diff(turns, append=turns[0] + 360))
    for name, angles in _ANGLES.items():
        if len(angles) == len(between) and np.abs(between - angles).max() <= _NEAR:
            return name
    return f"{len(across)} features"


def _largest(density: NDArray[np.float64], shapes: list[str], shape: str) -> float | None:
    found = [float(one) for one, name in zip(density, shapes, strict=True) if name == shape]
    return max(found) if found else None


def _least(density: NDArray[np.float64], shapes: list[str], shape: str) -> float | None:
    found = [float(one) for one, name in zip(density, shapes, strict=True) if name == shape]
    return min(found) if found else None


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw the features of every density as arrows."""
    codes, density = data["codes"], data["density"]
    rows = -(-len(codes) // 5)
    columns = -(-len(codes) // rows)
    canvas.set_size_inches(2.2 * columns, 2.5 * rows + 0.4)
    canvas.suptitle("Five features in two numbers, from dense to sparse", fontsize=13)
    grid = canvas.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(codes) :]:
        axes.set_axis_off()
    for axes, code, share in zip(grid, codes, density, strict=False):
        for number, (across, up) in enumerate(code.T):
            colour = f"C{number % 10}"
            axes.plot([0, across], [0, up], color=colour, linewidth=2)
            axes.plot([across], [up], "o", color=colour, markersize=6)
        axes.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", xticks=[], yticks=[])
        axes.set_title(f"density {share:.2f}\n{shape_of(code)}", fontsize=10)
