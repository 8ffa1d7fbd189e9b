"""Pairs of features that come together, or never do: orthogonal pairs, and antipodal ones.

Source: Elhage et al. 2022, *Toy Models of Superposition*, section "Correlated features".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.toy_models.autoencoder import Autoencoder
from polyseme.learning.toy_models.sparse_values import RELATIONS, SparseValues
from polyseme.learning.toy_models.toy_figure import Finished, part_of
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace
from polyseme.verification.intervals import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Cosines nearer to 0 and to -1 than this are of orthogonal and of antipodal pairs.
_NEAR = 0.2


@dataclass(frozen=True)
class Settings:
    """Sizes: two pairs of features in two numbers.

    Most runs end where no pair can move without the others. So what pairs prefer is said of the
    quarter of least loss too.
    """

    features: int = 4
    hidden: int = 2
    instances: int = 16
    density: float = 0.1
    batch: int = 1024
    steps: int = 5_000
    rate: float = 3e-3


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Train models on every relation of pairs, and measure the angle within pairs."""
    density = np.full(settings.instances, settings.density, np.float32)
    importance = np.ones(settings.features, np.float32)
    pace = Pace(settings.steps, settings.rate, falls="cosine")
    findings: dict[str, Any] = {}
    data, losses = {}, []
    for relation in RELATIONS:
        values = SparseValues(settings.features, density, relation=relation)
        task = Autoencoder(relation, settings.hidden, importance, values, settings.batch)
        found = train(task, pace, seed=seed, state=part_of(state, relation), device=device)
        codes = found.numbers["encoder"][np.argsort(found.losses, kind="stable")]
        cosines = _cosines(codes)
        best = cosines[: -(-len(cosines) // 4)]
        findings[relation] = {
            "orthogonal_pairs": float((abs(cosines) < _NEAR).mean()),
            "antipodal_pairs": float((cosines < _NEAR - 1).mean()),
            "models_of_orthogonal_pairs": share_of_models(abs(cosines) < _NEAR),
            "models_of_antipodal_pairs": share_of_models(cosines < _NEAR - 1),
            "orthogonal_pairs_of_least_loss": float((abs(best) < _NEAR).mean()),
            "antipodal_pairs_of_least_loss": float((best < _NEAR - 1).mean()),
        }
        data[relation] = codes
        losses.append(found.losses)
    return Finished(findings, data, np.concatenate(losses), settings.steps)


def share_of_models(pairs: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the share of models all of whose pairs are so, with its interval of 95 %.

    The pairs of one model depend on each other, models do not.

    Args:
        pairs: Whether a pair is so, (instances, pairs).
    """
    every, models = int(pairs.all(axis=1).sum()), len(pairs)
    return {"share": every / models, "interval": list(clopper_pearson(every, models))}


def _cosines(codes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosine between the two features of every pair, (instances, pairs)."""
    columns = codes.astype(np.float64)
    lengths = np.linalg.norm(columns, axis=1, keepdims=True)
    unit = columns / np.maximum(lengths, 1e-9)
    return np.asarray((unit[:, :, ::2] * unit[:, :, 1::2]).sum(axis=1))


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw the four models of least loss of every relation; a pair has one colour."""
    shown = 4
    canvas.set_size_inches(9.5, 7.4)
    canvas.suptitle("Two pairs of features in two numbers; a pair has one colour", fontsize=13)
    rows = canvas.add_gridspec(len(RELATIONS), 1)
    for place, row in enumerate(RELATIONS):
        parts = canvas.add_subfigure(rows[place])
        parts.suptitle(row, fontsize=11, x=0.02, ha="left")
        for axes, code in zip(parts.subplots(1, shown), data[row], strict=False):
            for number, (across, up) in enumerate(code.T):
                axes.plot([0, across], [0, up], "o-", color=f"C{number // 2}", linewidth=2)
            axes.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal", xticks=[], yticks=[])
