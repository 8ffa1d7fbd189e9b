"""400 features in 30 numbers: shares of a dimension that features fall into, by density.

Source: Elhage et al. 2022, *Toy Models of Superposition*, section "The geometry of superposition".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.toy_models.autoencoder import Autoencoder
from polyseme.learning.toy_models.measures import (
    CLUSTERS,
    NEAR,
    dimensionality,
    dimensions_per_feature,
    near_clusters,
)
from polyseme.learning.toy_models.sparse_values import SparseValues
from polyseme.learning.toy_models.toy_figure import Finished
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Columns of W of a squared norm above this are represented.
_REPRESENTED = 0.25
# D* within so much of 1 and of 1/2 is on a plateau.
_PLATEAU = 0.05


@dataclass(frozen=True)
class Settings:
    """Sizes; densities are spread evenly in their logarithm, as in the publication."""

    features: int = 400
    hidden: int = 30
    densities: int = 20
    least_density: float = 0.05
    batch: int = 512
    steps: int = 6_000
    rate: float = 3e-3


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Train a model per density, and measure the dimensionality of every feature."""
    density = settings.least_density ** np.linspace(0, 1, settings.densities)
    task = Autoencoder(
        "geometry",
        settings.hidden,
        np.ones(settings.features, np.float32),
        SparseValues(settings.features, density.astype(np.float32)),
        settings.batch,
    )
    pace = Pace(settings.steps, settings.rate, falls="cosine")
    found = train(task, pace, seed=seed, state=state, device=device)
    codes = found.numbers["encoder"]
    shares = dimensionality(codes)
    held = np.square(codes).sum(axis=1) > _REPRESENTED
    whole = dimensions_per_feature(codes)
    findings = {
        "clusters": near_clusters(shares[held]) if held.any() else {},
        "clusters_by_density": [
            near_clusters(row[mask]) if mask.any() else {}
            for row, mask in zip(shares, held, strict=True)
        ],
        "densities": density.tolist(),
        "represented": held.sum(axis=1).tolist(),
        "dimensions_per_feature": whole.tolist(),
        "plateau_at_1": int((abs(whole - 1) <= _PLATEAU).sum()),
        "plateau_at_half": int((abs(whole - 0.5) <= _PLATEAU).sum()),
    }
    data = {"density": density, "dimensionality": shares, "represented": held, "whole": whole}
    return Finished(findings, data, found.losses, found.steps)


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw D* over sparsity, and beneath it the dimensionality of every represented feature."""
    canvas.set_size_inches(9.5, 8.0)
    above, below = canvas.subplots(2, 1, sharex=True, height_ratios=(1, 1.7))
    sparsity = 1 / data["density"]
    above.plot(sparsity, data["whole"], "o-", color="C0")
    above.set(ylabel="dimensions per feature, D*", xscale="log", ylim=(0, 1.15))
    above.set_title("400 features in 30 numbers" if data["dimensionality"].shape[1] == 400 else "")
    for level in (1, 0.5):
        above.axhline(level, color="0.6", linewidth=0.8, linestyle="--")
    # Two of the names would stand on each other.
    beside = {"2/5": "bottom", "3/8": "top"}
    for name, level in CLUSTERS.items():
        below.axhspan(level - NEAR, level + NEAR, color="C1", alpha=0.15, linewidth=0)
        below.text(
            1.01, level, name, transform=below.get_yaxis_transform(), va=beside.get(name, "center")
        )
    step = np.log(sparsity[-1] / sparsity[0]) / max(1, len(sparsity) - 1)
    for at, shares, held in zip(sparsity, data["dimensionality"], data["represented"], strict=True):
        some = np.sort(shares[held])
        # Beside each other in order, so that features of one share are seen as many.
        across = at * np.exp(step * np.linspace(-0.35, 0.35, len(some)))
        below.plot(across, some, ".", color="C0", markersize=3)
    below.set(xlabel="1 / density", ylabel="dimensionality of features", ylim=(0, 1.1))
    ticks = [1, 2, 3, 5, 10, 20]
    below.set_xticks(ticks, [str(one) for one in ticks])
    below.set_xticks([], minor=True)
