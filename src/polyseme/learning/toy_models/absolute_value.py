"""Computation in superposition: |x| of sparse features by fewer hidden ReLUs than two per feature.

Model: h = ReLU(W1 x), y = ReLU(W2 h + b), trained to y = |x|, x from -1 to 1. A monosemantic
network takes two ReLUs per feature, so 40 compute |x| of 20 features.

Source: Elhage et al. 2022, *Toy Models of Superposition*, section "Computation in superposition".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.learning.toy_models.sparse_values import SparseValues
from polyseme.learning.toy_models.toy_figure import Finished
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

# A neuron is monosemantic if one feature has at least this share of its squared input weights.
_ONE_MEANING = 0.9
# Input weights below this share of the largest of all are none.
_WEIGHT = 0.2


@dataclass(frozen=True)
class Settings:
    """Sizes and densities."""

    features: int = 100
    hidden: int = 40
    densities: tuple[float, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
    importance: float = 0.8
    batch: int = 256
    steps: int = 4_000
    rate: float = 3e-3


@dataclass(frozen=True, eq=False)
class AbsoluteValues:
    """A task of training: |x| of sparse features, an instance per density.

    Args:
        hidden: Number of hidden ReLUs.
        importance: The weight of each feature's error, float32 (features,).
        values: The distribution of the features.
        batch: Samples per step.
    """

    hidden: int
    importance: NDArray[np.float32]
    values: SparseValues
    batch: int
    name: str = "absolute value"

    @property
    def instances(self) -> int:
        """Number of densities."""
        return len(self.values.density)

    @property
    def described(self) -> Mapping[str, Any]:
        """All that the loss depends on."""
        sizes = {"hidden": self.hidden, "batch": self.batch}
        return {**sizes, "importance": self.importance.tolist(), **self.values.described}

    def begin(self, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Draw both matrices by the rule of Xavier, normal; biases are 0."""
        instances, features = len(self.values.density), self.values.features
        spread = np.float32(np.sqrt(2 / (self.hidden + features)))
        shape = (instances, features, self.hidden)
        reads = spread * generator.standard_normal(shape, np.float32)
        writes = spread * generator.standard_normal((instances, self.hidden, features), np.float32)
        return {
            "reads": reads,
            "writes": writes,
            "bias": np.zeros((instances, 1, features), np.float32),
        }

    def descend(
        self, numbers: dict[str, torch.Tensor], generator: np.random.Generator
    ) -> torch.Tensor:
        """Draw samples; leave the slopes of the loss in the gradients, and return the losses."""
        library, place = import_torch("toy models"), numbers["bias"].device
        samples = library.from_numpy(self.values.draw(self.batch, generator)).to(place)
        importance = library.from_numpy(self.importance).to(place)
        hidden = (samples @ numbers["reads"]).relu()
        error = library.baddbmm(numbers["bias"], hidden, numbers["writes"]).relu() - samples.abs()
        losses: torch.Tensor = (importance * error.square()).mean(dim=(1, 2))
        library.autograd.backward(losses.sum())
        return losses

    def decay(self, numbers: dict[str, torch.Tensor], rate: float) -> None:
        """Leave the numbers as they are."""


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Train a network per density, and count neurons of one meaning."""
    density = np.array(settings.densities)
    values = SparseValues(settings.features, density.astype(np.float32), signed=True)
    importance = (settings.importance ** np.arange(settings.features)).astype(np.float32)
    task = AbsoluteValues(settings.hidden, importance, values, settings.batch)
    pace = Pace(settings.steps, settings.rate, falls="cosine")
    found = train(task, pace, seed=seed, state=state, device=device)
    reads = found.numbers["reads"].transpose(0, 2, 1)
    squares = np.square(reads)
    total = squares.sum(axis=2)
    used = total > _WEIGHT**2 * squares.max(axis=(1, 2), keepdims=True)[:, :, 0]
    alone = squares.max(axis=2) >= _ONE_MEANING * total
    read = abs(reads) > _WEIGHT * abs(reads).max(axis=(1, 2), keepdims=True)
    # The loss that answers 0 everywhere would have: the mean square of a value that is on is 1/3.
    naive = density * importance.mean() / 3
    findings = {
        "densities": density.tolist(),
        "neurons_of_one_meaning": (used & alone).sum(axis=1).tolist(),
        "neurons_of_several": (used & ~alone).sum(axis=1).tolist(),
        "features_read": read.any(axis=1).sum(axis=1).tolist(),
        "loss_over_answering_0": (found.losses / naive).tolist(),
    }
    data = {"density": density, "reads": reads, "writes": found.numbers["writes"]}
    return Finished(findings, data, found.losses, found.steps)


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw the input weights of every neuron as a stack of bars, by density."""
    density, reads = data["density"], data["reads"]
    canvas.set_size_inches(9.5, 1.5 * len(density) + 0.6)
    canvas.suptitle(
        "Input weights of each hidden ReLU (one bar each), stacked; blue: one meaning", fontsize=13
    )
    for axes, share, matrix in zip(
        canvas.subplots(len(density), 1, sharex=True, squeeze=False)[:, 0],
        density,
        reads,
        strict=True,
    ):
        squares = np.square(matrix)
        alone = squares.max(axis=1) >= _ONE_MEANING * squares.sum(axis=1)
        order = np.lexsort((abs(matrix).argmax(axis=1), ~alone))
        largest = -np.sort(-abs(matrix[order]), axis=1)[:, :12]
        bottom = np.zeros(len(order))
        for layer, heights in enumerate(largest.T):
            shade = 0.9 - 0.7 * (layer % 2)
            colours = [("C0" if one else "C1", shade) for one in alone[order]]
            axes.bar(np.arange(len(order)), heights, bottom=bottom, color=colours, width=0.85)
            bottom += heights
        axes.set(ylabel=f"{share:g}", xticks=[])
    canvas.supylabel("density", fontsize=11)
