"""Universal AND, trained: the ANDs of all pairs of features by one hidden layer.

Model: Boolean features, each on with the same chance, such that 2 sqrt(ln m) of m are on in the
mean; a layer of ReLUs; an affine readout of every pair. The loss is the squared error in which the
pairs that are on weigh, in all, as much as those that are off.

What training finds, says the publication, is a dense layer whose weights have two values. To every
pair a neuron is then of one of four *classes*: A where both features have the larger weight, B1 and
B2 where one of them has, and C where both have the smaller. The readout is A - B1 - B2 + C.

Source: Newgas 2025, *Compressed Computation: Dense Circuits in a Toy Model of the Universal-AND
Problem*. `polyseme reproduce` fits the tables of its classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.learning.toy_models.toy_figure import Finished
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

Reals = NDArray[np.float32]
CLASSES = ("A", "B1", "B2", "C")
# Weights are of a value if they are nearer than this share of the distance of both values.
_NEAR = 0.1


@dataclass(frozen=True)
class Settings:
    """Sizes; the publication has 200 features and 600 neurons."""

    features: int = 50
    neurons: int = 150
    batch: int = 100
    steps: int = 20_000
    rate: float = 1e-3


@dataclass(frozen=True, eq=False)
class UniversalAnd:
    """A task of training: readings of all pairs near 1 where both features are on, and near 0.

    Args:
        features: Number of features.
        neurons: Number of hidden ReLUs.
        batch: Samples per step.
    """

    features: int
    neurons: int
    batch: int

    name = "universal AND"
    instances = 1

    @property
    def described(self) -> Mapping[str, Any]:
        """All that the loss depends on."""
        return {"features": self.features, "neurons": self.neurons, "batch": self.batch}

    @property
    def chance(self) -> float:
        """The chance of a feature to be on."""
        return float(2 * np.sqrt(np.log(self.features)) / self.features)

    @cached_property
    def pairs(self) -> NDArray[np.int64]:
        """The features of every pair, (2, pairs)."""
        return np.stack(np.triu_indices(self.features, 1)).astype(np.int64)

    def begin(self, generator: np.random.Generator) -> dict[str, Reals]:
        """Draw both matrices normal, such that sums keep their size; biases are 0."""
        reads = generator.standard_normal((self.features, self.neurons), np.float32)
        writes = generator.standard_normal((self.neurons, self.pairs.shape[1]), np.float32)
        return {
            "reads": reads / np.float32(np.sqrt(self.features)),
            "bias": np.zeros(self.neurons, np.float32),
            "writes": writes / np.float32(np.sqrt(self.neurons)),
            "offset": np.zeros(self.pairs.shape[1], np.float32),
        }

    def descend(
        self, numbers: dict[str, torch.Tensor], generator: np.random.Generator
    ) -> torch.Tensor:
        """Draw samples; leave the slopes of the loss in the gradients, and return the loss."""
        library, place = import_torch("toy models"), numbers["bias"].device
        samples = generator.random((self.batch, self.features), np.float32) < self.chance
        first, second = self.pairs
        on = np.flatnonzero(samples[:, first] & samples[:, second])
        inputs = library.from_numpy(samples.astype(np.float32)).to(place)
        hidden = library.addmm(numbers["bias"], inputs, numbers["reads"]).relu()
        readings = library.addmm(numbers["offset"], hidden, numbers["writes"])
        loss, slopes = self.weighed(readings.detach(), library.from_numpy(on).to(place))
        library.autograd.backward(readings, slopes)
        return loss.reshape(1)

    def weighed(
        self, readings: torch.Tensor, on: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss and its slopes, of the shape of the readings, which are spoilt.

        Args:
            readings: Float32 (samples, pairs).
            on: The places of the pairs that are on among all readings in order.
        """
        share = self.chance**2
        flat = readings.view(-1)
        wrong_on = flat[on] - 1
        flat[on] = 0
        weight_on, weight_off = (1 / (2 * part * readings.numel()) for part in (share, 1 - share))
        loss = weight_on * wrong_on.square().sum() + weight_off * readings.square().sum()
        slopes = readings.mul_(2 * weight_off)
        slopes.view(-1)[on] = 2 * weight_on * wrong_on
        return loss, slopes

    def decay(self, numbers: dict[str, torch.Tensor], rate: float) -> None:
        """Leave the numbers as they are."""


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Train, and find the two values of the weights, and what neurons of every class do."""
    task = UniversalAnd(settings.features, settings.neurons, settings.batch)
    found = train(task, Pace(settings.steps, settings.rate), seed=seed, state=state, device=device)
    reads, bias, writes = (found.numbers[name] for name in ("reads", "bias", "writes"))
    larger, smaller = two_values(reads)
    distance = np.minimum(abs(reads - larger), abs(reads - smaller))
    kinds = classes(reads >= (larger + smaller) / 2, task.pairs)
    tables = class_tables(reads, bias, task.pairs, kinds)
    shares = np.bincount(kinds.ravel(), minlength=len(CLASSES)) / kinds.size
    readout = np.array([_mean(writes[kinds == kind]) for kind in range(len(CLASSES))])
    findings = {
        "larger_weight": larger,
        "smaller_weight": smaller,
        "weights_within_a_tenth": float((distance < _NEAR * (larger - smaller)).mean()),
        "variance_of_two_values": float(1 - np.square(distance).mean() / reads.var()),
        "mean_bias": float(bias.mean()),
        "share_of_classes": dict(zip(CLASSES, shares.tolist(), strict=True)),
        "outputs_at_00_01_10_11": dict(zip(CLASSES, tables.tolist(), strict=True)),
        "mean_readout": dict(zip(CLASSES, readout.tolist(), strict=True)),
        "loss": float(found.losses[0]),
    }
    data = {
        "reads": reads,
        "values": np.array([larger, smaller]),
        "tables": tables,
        "shares": shares,
        "readout": readout,
        "history": found.history[:, 0],
    }
    return Finished(findings, data, found.losses, found.steps)


def two_values(weights: Reals) -> tuple[float, float]:
    """Return the two values, larger first, to which the weights have the least mean square."""
    ordered = np.sort(weights.ravel()).astype(np.float64)
    sums, squares = np.cumsum(ordered), np.cumsum(np.square(ordered))
    below = np.arange(1, len(ordered))
    above = len(ordered) - below
    # What is left of the squares if so many of the least weights have the smaller value.
    left = squares[-1] - sums[:-1] ** 2 / below - (sums[-1] - sums[:-1]) ** 2 / above
    place = int(left.argmin())
    return float((sums[-1] - sums[place]) / above[place]), float(sums[place] / below[place])


def classes(is_large: NDArray[np.bool_], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number in `CLASSES` of every neuron to every pair, (neurons, pairs).

    Args:
        is_large: Whether a weight has the larger value, (features, neurons).
        pairs: The features of every pair, (2, pairs).
    """
    small = ~is_large
    found: NDArray[np.int64] = (2 * small[pairs[0]].astype(np.int64) + small[pairs[1]]).T
    return found


def class_tables(
    reads: Reals, bias: Reals, pairs: NDArray[np.int64], kinds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return mean outputs of the neurons of every class at inputs 00, 01, 10, 11, (classes, 4).

    Nothing is on but what the pair has on.
    """
    first, second = reads[pairs[0]].T, reads[pairs[1]].T
    inputs = (0 * first, second, first, first + second)
    outputs = [np.maximum(one + bias[:, None], 0) for one in inputs]
    return np.array(
        [[_mean(one[kinds == kind]) for one in outputs] for kind in range(len(CLASSES))]
    )


def _mean(values: Reals) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else 0.0


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw the weights with their two values, and outputs and readout of every class."""
    canvas.set_size_inches(12.5, 4.2)
    weights, outputs, readout = canvas.subplots(1, 3)
    weights.hist(data["reads"].ravel(), bins=60, color="C0")
    for value in data["values"]:
        weights.axvline(value, color="C3", linestyle="--", linewidth=1)
    weights.set(title="Weights, and their two values", xlabel="weight")
    places = np.arange(4)
    for place, (name, table) in enumerate(zip(CLASSES, data["tables"], strict=True)):
        outputs.bar(places + 0.2 * (place - 1.5), table, 0.2, label=name)
    outputs.set_xticks(places, ["00", "01", "10", "11"])
    outputs.set(title="Mean output by class", xlabel="inputs of the pair")
    outputs.legend(frameon=False)
    shown = [f"{name}\n{share:.0%}" for name, share in zip(CLASSES, data["shares"], strict=True)]
    readout.bar(places, data["readout"], color=[f"C{place}" for place in places])
    readout.set_xticks(places, shown)
    readout.axhline(0, color="0.5", linewidth=0.8)
    readout.set(title="Mean weight of the readout", xlabel="class, and its share")
