"""Twenty features in five numbers: a linear model keeps five, a ReLU at the output lets more in.

Source: Elhage et al. 2022, *Toy Models of Superposition*, section "Demonstrating superposition".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.toy_models.autoencoder import Autoencoder
from polyseme.learning.toy_models.sparse_values import SparseValues
from polyseme.learning.toy_models.toy_figure import Finished, part_of
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Columns of W of a squared norm above this are represented.
_REPRESENTED = 0.25
_MODELS = {"linear": False, "relu": True}


@dataclass(frozen=True)
class Settings:
    """Sizes and densities, as in the publication."""

    features: int = 20
    hidden: int = 5
    densities: tuple[float, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
    importance: float = 0.7
    batch: int = 1024
    steps: int = 10_000
    rate: float = 1e-3


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Train a linear and a ReLU-output model per density, and count what they represent."""
    values = SparseValues(settings.features, np.array(settings.densities, np.float32))
    importance = (settings.importance ** np.arange(settings.features)).astype(np.float32)
    pace = Pace(settings.steps, settings.rate, falls="linear")
    findings: dict[str, Any] = {"densities": list(settings.densities)}
    data: dict[str, NDArray[Any]] = {"density": np.array(settings.densities)}
    losses = []
    for name, relu in _MODELS.items():
        task = Autoencoder(
            f"{name} output", settings.hidden, importance, values, settings.batch, relu=relu
        )
        found = train(task, pace, seed=seed, state=part_of(state, name), device=device)
        codes = found.numbers["encoder"]
        held = np.square(codes).sum(axis=1) > _REPRESENTED
        findings[f"represented_{name}"] = held.sum(axis=1).tolist()
        findings[f"shared_{name}"] = [float(_shared(code).max()) for code in codes]
        data[name] = codes
        losses.append(found.losses)
    return Finished(findings, data, np.concatenate(losses), settings.steps)


def _shared(code: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far each represented feature is in superposition: the sum over other features of
    the squared product of its unit vector with theirs."""
    lengths = np.linalg.norm(code, axis=0)
    unit = code / np.maximum(lengths, 1e-9)
    products = np.square(unit.T @ code)
    np.fill_diagonal(products, 0)
    found: NDArray[np.float32] = np.where(lengths > 0.5, products.sum(axis=1), 0)
    return found


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw W^T W of both models, and beneath it the norm of every feature, by density."""
    density = data["density"]
    canvas.set_size_inches(1.9 * len(density), 6.6)
    canvas.suptitle(
        "W'W (red +, blue -) and norms of features; orange: in superposition", fontsize=13
    )
    grid = canvas.subplots(4, len(density), squeeze=False, height_ratios=(1, 0.6, 1, 0.6))
    for row, name in enumerate(_MODELS):
        for column, code in enumerate(data[name]):
            square, norms = grid[2 * row, column], grid[2 * row + 1, column]
            square.imshow(code.T @ code, vmin=-1.2, vmax=1.2, cmap="RdBu_r")
            square.set(xticks=[], yticks=[])
            square.set_title(f"{name}, density {density[column]:g}", fontsize=9)
            colours = ["C1" if share > 0.1 else "C0" for share in _shared(code)]
            lengths = np.linalg.norm(code, axis=0)
            norms.bar(np.arange(len(lengths)), lengths, color=colours)
            norms.set(ylim=(0, 1.4), xticks=[], yticks=[0, 1] if column == 0 else [])
