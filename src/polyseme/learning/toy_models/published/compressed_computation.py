"""Compressed computation: ReLUs of 100 features by 50 neurons, with and without a mixing matrix.

Model: an embedding W of random unit columns, a residual stream, one hidden layer; the label is
x + ReLU(x). Read back through W, the stream holds (1 + M) x with the mixing matrix M = W'W - 1, so
that the layer is left with ReLU(x) - M x. Its weights enter only through W, and so are folded with
it into matrices of features and neurons; the loss is that of the whole model.

Naive network: it computes half of the ReLUs by a neuron each, and answers 0 for the others. Its
loss without mixing is p / 6 for each of those, p / 12 = .0833 p per feature. Training does better
only where M is there to help: without it, it does not. Under the fourth power of the error features
share neurons: every one gets a code word of several, and all are computed alike.

Sources: Braun et al. 2025, *Interpretability in Parameter Space*; Bhagat, Molas-Medina, Giglemiani
and Heimersheim 2026, *Compressed Computation is (probably) not Computation in Superposition*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.common.random_streams import Stream, stream
from polyseme.learning.toy_models.toy_figure import Finished, part_of
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

Reals = NDArray[np.float32]
# Fresh samples that losses are measured on, and how many at once.
_TRIED, _AT_ONCE = 400_000, 5_000
# Neurons whose input weight is at least so much of a feature's largest are of its code word.
_OF_THE_WORD = 0.5
# Standard deviations on either side that hold 95 %.
_SPREAD = 1.96


@dataclass(frozen=True)
class Settings:
    """Sizes; `mixings` scale M, and each is a network of its own."""

    features: int = 100
    neurons: int = 50
    embedding: int = 1_000
    density: float = 0.01
    mixings: tuple[float, ...] = (0.0, 0.0, 0.0, 0.25, 0.5, 0.75, 1.0)
    batch: int = 256
    steps: int = 10_000
    rate: float = 3e-3
    shrinks: float = 0.01


@dataclass(frozen=True, eq=False)
class CompressedReLUs:
    """A task of training: W2 ReLU(W1 x) near ReLU(x) - M x, an instance per mixing matrix.

    Samples with nothing on cost nothing and are not drawn.

    Args:
        neurons: Number of hidden ReLUs.
        density: The chance of a feature to be on; it is uniform from -1 to 1 then.
        mixing: M of every instance, float32 (instances, features, features).
        power: The power of the error that is the loss, summed over features.
        batch: Samples per step.
        shrinks: Weight decay, a share of the rate.
    """

    neurons: int
    density: float
    mixing: Reals
    power: int
    batch: int
    shrinks: float

    @property
    def name(self) -> str:
        """The name of the task."""
        return f"compressed computation, power {self.power}"

    @property
    def instances(self) -> int:
        """Number of mixing matrices."""
        return len(self.mixing)

    @property
    def described(self) -> Mapping[str, Any]:
        """All that the loss depends on; the embedding follows from the seed."""
        return {
            "features": self.mixing.shape[1],
            "neurons": self.neurons,
            "density": self.density,
            "mixing": np.square(self.mixing).sum(axis=(1, 2)).tolist(),
            "power": self.power,
            "batch": self.batch,
            "shrinks": self.shrinks,
        }

    def begin(self, generator: np.random.Generator) -> dict[str, Reals]:
        """Draw both matrices normal, such that sums keep their size."""
        features = self.mixing.shape[1]
        reads = generator.standard_normal((self.instances, features, self.neurons), np.float32)
        writes = generator.standard_normal((self.instances, self.neurons, features), np.float32)
        return {
            "reads": reads / np.float32(np.sqrt(features)),
            "writes": writes / np.float32(np.sqrt(self.neurons)),
        }

    def descend(
        self, numbers: dict[str, torch.Tensor], generator: np.random.Generator
    ) -> torch.Tensor:
        """Draw samples; leave the slopes of the loss in the gradients, and return the losses."""
        library, place = import_torch("toy models"), numbers["reads"].device
        features = self.mixing.shape[1]
        samples = library.from_numpy(draw_some(self.batch, features, self.density, generator))
        samples, mixing = samples.to(place), library.from_numpy(self.mixing).to(place)
        error = (samples @ numbers["reads"]).relu() @ numbers["writes"]
        error = error - samples.relu() + samples @ mixing
        losses: torch.Tensor = error.pow(self.power).sum(dim=2).mean(dim=1)
        library.autograd.backward(losses.sum())
        return losses.detach()

    def decay(self, numbers: dict[str, torch.Tensor], rate: float) -> None:
        """Shrink both matrices."""
        for values in numbers.values():
            values.mul_(1 - rate * self.shrinks)


def draw_some(samples: int, features: int, density: float, generator: np.random.Generator) -> Reals:
    """Draw samples with something on, float32 (samples, features), values of -1 to 1."""
    found: list[NDArray[np.bool_]] = []
    while sum(map(len, found)) < samples:
        on = generator.random((samples, features), np.float32) < density
        found.append(on[on.any(axis=1)])
    chosen = np.concatenate(found)[:samples]
    values = 2 * generator.random((samples, features), np.float32) - 1
    return values * chosen


def mixing_of(features: int, embedding: int, generator: np.random.Generator) -> Reals:
    """Return W'W - 1 of random unit columns W, float32 (features, features)."""
    columns = generator.standard_normal((embedding, features))
    columns /= np.linalg.norm(columns, axis=0)
    found = columns.T @ columns
    np.fill_diagonal(found, 0)
    return np.asarray(found, np.float32)


def naive_network(features: int, neurons: int) -> tuple[Reals, Reals]:
    """Return W1 (features, neurons) and W2 of the network with a neuron for each first feature."""
    reads = np.eye(features, neurons, dtype=np.float32)
    return reads, np.ascontiguousarray(reads.T)


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Train with every mixing matrix, and without on the fourth power; compare with the naive."""
    mixing = mixing_of(settings.features, settings.embedding, stream(seed, Stream.TRAINING_PROBE))
    scales = np.array(settings.mixings, np.float32)
    pace = Pace(settings.steps, settings.rate, falls="cosine")
    found, tasks = {}, {}
    for power, matrices in ((2, scales[:, None, None] * mixing), (4, 0 * mixing[None])):
        task = CompressedReLUs(
            settings.neurons, settings.density, matrices, power, settings.batch, settings.shrinks
        )
        place = part_of(state, f"power{power}")
        found[power] = train(task, pace, seed=seed, state=place, device=device)
        tasks[power] = task
    squared = _compared(tasks[2], found[2].numbers, seed)
    fourth = _compared(tasks[4], found[4].numbers, seed)
    without = scales == 0
    words = {
        "squared": code_words(found[2].numbers["reads"][int(without.argmax())]),
        "fourth power": code_words(found[4].numbers["reads"][0]),
    }
    findings = {
        "mixings": scales.tolist(),
        "loss_per_p": squared["loss"].tolist(),
        "naive_loss_per_p": squared["naive"].tolist(),
        "naive_without_mixing": float(squared["naive"][without].mean()) if without.any() else None,
        "gain": squared["gain"].tolist(),
        "gain_interval": squared["interval"].tolist(),
        "fourth_power_loss_per_p": float(fourth["loss"][0]),
        "fourth_power_naive": float(fourth["naive"][0]),
        "code_words": words,
    }
    data = {
        "mixing": scales,
        "loss": squared["loss"],
        "naive": squared["naive"],
        "interval": squared["interval"],
        "reads squared": found[2].numbers["reads"][int(without.argmax())],
        "reads fourth": found[4].numbers["reads"][0],
        "writes fourth": found[4].numbers["writes"][0],
    }
    losses = np.concatenate([one.losses for one in found.values()])
    return Finished(findings, data, losses, settings.steps)


def _compared(
    task: CompressedReLUs, numbers: Mapping[str, Reals], seed: int
) -> dict[str, NDArray[np.float64]]:
    """Return losses per p and feature beside those of the naive network, (instances,) each.

    The gain is the share of the naive loss that training saves; its interval is of 95 %.
    """
    features = task.mixing.shape[1]
    reads, writes = naive_network(features, task.neurons)
    generator = stream(seed, Stream.TRAINING_PROBE, 1)
    ours: list[NDArray[np.float64]] = []
    naive: list[NDArray[np.float64]] = []
    for _ in range(_TRIED // _AT_ONCE):
        samples = draw_some(_AT_ONCE, features, task.density, generator)
        wanted = np.maximum(samples, 0) - samples @ task.mixing
        for rows, one, other in (
            (ours, numbers["reads"], numbers["writes"]),
            (naive, reads, writes),
        ):
            error = np.maximum(samples @ one, 0) @ other - wanted
            rows.append((error**task.power).sum(axis=2, dtype=np.float64))
    trained, plain = (np.concatenate(rows, axis=1) for rows in (ours, naive))
    saved = plain - trained
    # Of all samples so many have something on, the others cost nothing.
    share = (1 - (1 - task.density) ** features) / (features * task.density)
    gain, spread = (rows / plain.mean(axis=1) for rows in (saved.mean(1), saved.std(1)))
    return {
        "loss": share * trained.mean(axis=1),
        "naive": share * plain.mean(axis=1),
        "gain": gain,
        "interval": gain[:, None] + np.outer(_SPREAD * spread / np.sqrt(_TRIED), (-1, 1)),
    }


def code_words(reads: Reals) -> dict[str, float]:
    """Return the mean numbers of neurons per feature, features per neuron, and shared neurons.

    Args:
        reads: Input weights, (features, neurons). A neuron is of the code word of a feature if its
            weight is at least half of the feature's largest.
    """
    largest = np.maximum(abs(reads).max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    words = (abs(reads) >= _OF_THE_WORD * largest).astype(float)
    shared = words @ words.T
    count = len(words)
    return {
        "neurons_per_feature": float(words.sum(axis=1).mean()),
        "features_per_neuron": float(words.sum(axis=0).mean()),
        "shared_by_two_features": float((shared.sum() - np.trace(shared)) / (count * (count - 1))),
    }


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw losses over the size of the mixing matrix, and input weights under both losses."""
    canvas.set_size_inches(13.0, 4.4)
    losses, *matrices = canvas.subplots(1, 3)
    order = np.argsort(data["mixing"], kind="stable")
    losses.plot(data["mixing"], data["loss"], "o", color="C0", label="trained")
    losses.plot(data["mixing"][order], data["naive"][order], color="C1", label="naive network")
    losses.axhline(1 / 12, color="0.5", linestyle="--", linewidth=0.8, label="p / 12")
    losses.set(title="Squared error", xlabel="size of the mixing matrix", ylim=(0, None))
    losses.set_ylabel("loss per feature over p")
    losses.legend(frameon=False)
    for axes, name, title in zip(
        matrices,
        ("reads squared", "reads fourth"),
        ("Input weights, squared error, no mixing", "Input weights, fourth power"),
        strict=True,
    ):
        reads = data[name] / abs(data[name]).max()
        # Neurons in the order of the feature that they read most.
        axes.imshow(
            reads[:, np.argsort(abs(reads).argmax(axis=0), kind="stable")],
            vmin=-1,
            vmax=1,
            cmap="RdBu_r",
            aspect="auto",
            interpolation="nearest",
        )
        axes.set(title=title, xlabel="neuron", ylabel="feature")
