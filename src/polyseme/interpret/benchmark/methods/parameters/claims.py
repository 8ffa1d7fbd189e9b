"""Claims of components of one layer about features and gates. Importing this file needs torch.

What a component reads stands for a feature, with the importance of the component. A gate is a pair
of components that are important together more often than by chance; it writes where the numbers of
the site are higher than usual when both are. Whether components are inputs, gates or neurons is
for the scores to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from polyseme.interpret.benchmark.claims import (
    Activity,
    Batch,
    Claims,
    Decomposition,
    Edges,
    Readings,
)
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.methods.parameters.masked import Components
from polyseme.networks import sites
from polyseme.networks.exporting.torch_modules import HookedNetwork

# A component is important above this, as the authors count what is alive.
IMPORTANT = 0.1
# Importance of components for what their layer, or the network, reads: (samples, components).
Importance = Callable[[torch.Tensor], torch.Tensor]


@dataclass
class _Counts:
    """Sums over samples."""

    samples: int = 0
    important: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    both: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    numbers: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    signs: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


class Spoken:
    """The claims of components.

    Args:
        network: The network.
        layer: The number of the layer.
        components: Its components.
        importance: Their importance.
        by_vectors: True if importance is asked for the vectors of the network, and not for what the
            layer reads.
    """

    def __init__(
        self,
        network: HookedNetwork,
        layer: int,
        components: Components,
        importance: Importance,
        by_vectors: bool = False,
    ) -> None:
        """Keep what is needed."""
        self.by_vectors = by_vectors
        self.network, self.layer, self.importance = network, layer, importance
        self.below = sites.EMBED if layer == 0 else sites.post(layer - 1)
        self.above = sites.post(layer)
        self.reads = components.reads.detach()
        self.writes = components.writes.detach()

    def claims(
        self,
        budget: Budget,
        batches: Callable[[], Iterable[torch.Tensor]],
        notes: dict[str, float | bool | str],
    ) -> Claims:
        """Return the claims, from batches of inputs that are gone through twice."""
        counts = self._counted(batches())
        alive = np.argsort(-counts.important, kind="stable")[: budget.readings.get(self.below, 0)]
        readings = []
        if len(alive):
            signs = np.where(counts.signs[alive] < 0, -1, 1).astype(np.float32)
            directions = self.reads.numpy()[alive] * signs[:, None]
            readings.append(Readings(self.below, directions, self._activity(alive[:, None])))
        edges: list[Edges] = []
        pairs, lifts = _pairs(counts, budget.readings.get(self.above, 0))
        if len(pairs):
            directions = self._written(pairs, counts, batches())
            readings.append(Readings(self.above, directions, self._activity(pairs)))
            edges.append(_edges(self.above, self.below, pairs, lifts, alive))
        decomposition = Decomposition(
            self.layer, self.reads.numpy(), self.writes.numpy(), self._activity(None)
        )
        spoken = {
            "alive": float((counts.important > 0).sum()),
            "l0": float(counts.important.sum() / counts.samples),
            "meaning": "the scores decide if components are inputs, gates or neurons",
        }
        return Claims(tuple(readings), tuple(edges), None, decomposition, {**notes, **spoken})

    @torch.no_grad()
    def _seen(self, vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return what the layer reads, what is important, and what the layer writes."""
        _, cache = self.network.run_with_cache(vectors, (self.below, self.above))
        read = cache[self.below]
        importance = self.importance(vectors if self.by_vectors else read)
        return read, importance, cache[self.above]

    def _counted(self, batches: Iterable[torch.Tensor]) -> _Counts:
        total = _Counts()
        for vectors in batches:
            read, importance, written = self._seen(vectors)
            on = (importance > IMPORTANT).double()
            total.samples += len(on)
            total.important = _added(total.important, on.sum(dim=0))
            total.both = _added(total.both, on.T @ on)
            total.numbers = _added(total.numbers, written.double().sum(dim=0))
            inner = (read @ self.reads.T).double()
            total.signs = _added(total.signs, (on * inner).sum(dim=0))
        return total

    def _written(
        self, pairs: NDArray[np.int64], counts: _Counts, batches: Iterable[torch.Tensor]
    ) -> NDArray[np.float32]:
        """Return how far numbers are above their mean when both of a pair are important."""
        total: NDArray[np.float64] = np.zeros(0)
        for vectors in batches:
            _, importance, written = self._seen(vectors)
            on = importance > IMPORTANT
            both = (on[:, pairs[:, 0]] & on[:, pairs[:, 1]]).double()
            total = _added(total, both.T @ written.double())
        times = counts.both[pairs[:, 0], pairs[:, 1]][:, None]
        mean = counts.numbers / counts.samples
        return np.asarray(total / np.maximum(times, 1) - mean, np.float32)

    def _activity(self, members: NDArray[np.int64] | None) -> Activity:
        """Return the importance of components, or the least of several where it says so."""

        def activity(batch: Batch) -> NDArray[np.float32]:
            _, importance, _ = self._seen(torch.from_numpy(batch.vectors))
            if members is None:
                every: NDArray[np.float32] = importance.numpy()
                return every
            least = importance.numpy()[:, members].min(axis=2)
            return np.where(least > IMPORTANT, least, np.float32(0))

        return activity


def _added(total: NDArray[np.float64], more: torch.Tensor) -> NDArray[np.float64]:
    return np.asarray(more.numpy() + total if total.size else more.numpy())


def _pairs(counts: _Counts, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the pairs that are important together most beyond chance, and their correlation."""
    share = counts.important / max(counts.samples, 1)
    spread = np.sqrt(share * (1 - share))
    beyond = counts.both / max(counts.samples, 1) - share[:, None] * share
    size = spread[:, None] * spread
    lift = np.divide(beyond, size, out=np.zeros_like(beyond), where=size > 0)
    first, second = np.triu_indices(len(lift), 1)
    order = np.argsort(-lift[first, second], kind="stable")[:most]
    kept = order[lift[first, second][order] > 0]
    pairs = np.stack([first[kept], second[kept]], axis=1).astype(np.int64)
    return pairs, lift[first[kept], second[kept]]


def _edges(
    above: str,
    below: str,
    pairs: NDArray[np.int64],
    lifts: NDArray[np.float64],
    alive: NDArray[np.int64],
) -> Edges:
    """Return edges from both members of every pair that are claimed below."""
    place = {int(component): reading for reading, component in enumerate(alive)}
    found = [
        (gate, place[member], lifts[gate])
        for gate, pair in enumerate(pairs.tolist())
        for member in pair
        if member in place
    ]
    output, given, sure = zip(*found, strict=True) if found else ((), (), ())
    return Edges(
        above,
        below,
        np.array(output, np.int64),
        np.array(given, np.int64),
        np.clip(np.array(sure, np.float32), 0, 1),
    )
