"""Loss over width: features of unequal frequency held by weights that shrink, or that grow.

Where weights shrink, only the most frequent features are represented, and the loss is what the
others cost. Where they decay away from 0, to columns of length 1, more are held in superposition,
and the loss is their overlaps: about 1 / width, as in Welch's bound on the mean squared inner
product of unit vectors, (n - m) / (m (n - 1)).

Linear readout: the mean squared product of the unit codes of two features. Threshold readout: the
share of inputs, of a few features on, of which one is read on the wrong side of 1/2.

Source: Liu, Liu and Gore 2025, *Superposition Yields Robust Neural Scaling*. Values are from 0 to 1
here and from 0 to 2 there, which makes losses a quarter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream
from polyseme.learning.toy_models.autoencoder import Autoencoder
from polyseme.learning.toy_models.sparse_values import SparseValues
from polyseme.learning.toy_models.toy_figure import Finished, part_of
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

_REPRESENTED = 0.25
# Inputs that the threshold readout is tried on, and features on in each.
_TRIED, _ON = 2000, 3


@dataclass(frozen=True)
class Settings:
    """Sizes; the chance of feature i to be on falls as i^-(1 + tail), and one is on on average."""

    features: int = 1000
    widths: tuple[int, ...] = (10, 16, 25, 40, 63, 100)
    decays: tuple[float, ...] = (-1.0, 1.0)
    tail: float = 0.0
    batch: int = 512
    steps: int = 2_000
    rate: float = 1e-2
    warm_up: int = 200


@dataclass(frozen=True, eq=False)
class _Decayed(Autoencoder):
    """Toy models whose columns, under a decay below 0, are drawn to length 1 instead of to 0."""

    def decay(self, numbers: dict[str, torch.Tensor], rate: float) -> None:
        """Shrink W, or draw its columns to length 1."""
        columns = numbers["encoder"]
        if self.shrinks >= 0:
            columns.mul_(1 - rate * self.shrinks)
        else:
            lengths = columns.norm(dim=1, keepdim=True).clamp_min(1e-6)
            columns.mul_(1 - rate * self.shrinks * (1 / lengths - 1))


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Train a model per width and decay, and fit the power with which the loss falls."""
    chance = np.arange(1, settings.features + 1) ** -(1.0 + settings.tail)
    density = np.minimum(chance / chance.sum(), 1).astype(np.float32)[None]
    values = SparseValues(settings.features, density)
    importance = np.ones(settings.features, np.float32)
    pace = Pace(settings.steps, settings.rate, min(settings.warm_up, settings.steps - 1), "cosine")
    widths = np.array(settings.widths)
    findings: dict[str, Any] = {"widths": widths.tolist(), "welch": _welch(settings).tolist()}
    data: dict[str, NDArray[Any]] = {"width": widths, "welch": _welch(settings)}
    every = []
    for decay in settings.decays:
        losses, codes = [], []
        for width in settings.widths:
            name = f"width {width}, decay {decay:g}"
            task = _Decayed(name, width, importance, values, settings.batch, shrinks=decay)
            place = part_of(state, f"{width}.{decay:g}")
            found = train(task, pace, seed=seed, state=place, device=device)
            # The mean over more steps: rare features come seldom.
            losses.append(float(found.history[-max(1, len(found.history) // 10) :].mean()))
            codes.append(found.numbers["encoder"][0])
            every.append(found.losses)
        told = _measured(codes, seed)
        told = {"losses": losses, "exponent": _exponent(widths, losses), **told}
        findings[f"decay {decay:g}"] = told
        data[f"losses {decay:g}"] = np.array(losses)
        data[f"overlaps {decay:g}"] = np.array(told["mean_squared_overlap"])
    findings["exponent"] = findings[f"decay {min(settings.decays):g}"]["exponent"]
    return Finished(findings, data, np.concatenate(every), settings.steps)


def _welch(settings: Settings) -> NDArray[np.float64]:
    """Return the least mean squared inner product of so many unit vectors, (widths,)."""
    width, features = np.array(settings.widths, float), settings.features
    return np.asarray(np.maximum(features - width, 0) / (width * (features - 1)))


def _exponent(widths: NDArray[np.int64], losses: list[float]) -> float:
    """Return the power of the width with which the loss goes, by least squares in logarithms."""
    return float(np.polyfit(np.log(widths), np.log(losses), 1)[0])


def _measured(codes: list[NDArray[np.float32]], seed: int) -> dict[str, Any]:
    """Return what is represented, and how a linear and a threshold readout do, by width."""
    held = [np.square(code).sum(axis=0) > _REPRESENTED for code in codes]
    units = [code / np.maximum(np.linalg.norm(code, axis=0), 1e-9) for code in codes]
    return {
        "represented": [int(one.sum()) for one in held],
        "mean_squared_overlap": [_overlap(unit) for unit in units],
        "threshold_wrong": [_misread(unit, seed) for unit in units],
    }


def _overlap(unit: NDArray[np.float32]) -> float:
    """Return the mean squared product of two different columns."""
    products = np.square(unit.T.astype(np.float64) @ unit)
    count = unit.shape[1]
    return float((products.sum() - np.trace(products)) / (count * (count - 1)))


def _misread(unit: NDArray[np.float32], seed: int) -> float:
    """Return the share of inputs with any feature read on the wrong side of 1/2."""
    features = unit.shape[1]
    generator = stream(seed, Stream.TRAINING_PROBE)
    order = generator.random((_TRIED, features)).argsort(axis=1)[:, :_ON]
    on = np.zeros((_TRIED, features), bool)
    np.put_along_axis(on, order, True, axis=1)
    read = on.astype(np.float32) @ unit.T @ unit >= 0.5
    return float((read != on).any(axis=1).mean())


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw losses over width, and mean squared overlaps over width beside Welch's floor."""
    canvas.set_size_inches(10.5, 4.6)
    losses, overlaps = canvas.subplots(1, 2)
    widths = data["width"]
    for name, values in data.items():
        what, _, decay = name.partition(" ")
        if decay:
            axes = losses if what == "losses" else overlaps
            axes.plot(widths, values, "o-", label=f"weight decay {decay}")
    first = max(values[0] for name, values in data.items() if name.startswith("losses"))
    losses.plot(widths, first * widths[0] / widths, color="0.5", linestyle="--", label="1 / width")
    overlaps.plot(widths, data["welch"], color="black", linestyle=":", label="Welch's floor")
    losses.set(title="Loss", ylabel="mean squared error")
    overlaps.set(title="Overlap of two features", ylabel="mean squared product of unit codes")
    for axes in (losses, overlaps):
        axes.set(xscale="log", yscale="log", xlabel="width")
        axes.set_xticks(widths, [str(one) for one in widths.tolist()])
        axes.set_xticks([], minor=True)
        axes.legend(frameon=False)
        axes.grid(alpha=0.25)
