"""Edges by co-firing: a reading is computed from those below that fire whenever it does."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.bench.claims import Edges


class CoFiring:
    """Counts, over batches, how often readings of two sites fire together."""

    def __init__(self, site: str, below: str, outputs: int, inputs: int) -> None:
        """Begin with no samples.

        Args:
            site: The site of what is computed.
            below: The site of what it may be computed from.
            outputs: Readings at `site`.
            inputs: Readings at `below`.
        """
        self.site, self.below = site, below
        self._together = np.zeros((outputs, inputs))
        self._above = np.zeros(outputs)
        self._below = np.zeros(inputs)
        self._samples = 0

    def count(self, above: NDArray[np.bool_], below: NDArray[np.bool_]) -> None:
        """Add a batch: which readings fire, bool (samples, outputs) and (samples, inputs)."""
        firing = sp.csr_array(above.astype(np.float64))
        self._together += (firing.T @ sp.csr_array(below.astype(np.float64))).toarray()
        self._above += above.sum(axis=0)
        self._below += below.sum(axis=0)
        self._samples += len(above)

    def edges(self, most: int = 16) -> Edges:
        """Return edges to the `most` readings below that firing most implies.

        The confidence is how far firing above raises the chance that the one below fires, from
        its chance anywhere (0) to certainty (1), with one more sample at the chance anywhere.
        """
        anywhere = self._below / max(self._samples, 1)
        implied = (self._together + anywhere) / (self._above + 1)[:, None]
        raised = (implied - anywhere) / np.maximum(1 - anywhere, 1e-9)
        return edges_of(self.site, self.below, raised, most)


def edges_of(site: str, below: str, scores: NDArray[np.floating], most: int = 16) -> Edges:
    """Return the edges of the largest scores of each reading; the confidence is the score.

    Args:
        site: The site of what is computed.
        below: The site of what it is computed from.
        scores: How likely each edge is, (readings at site, readings below); those of 0 or less
            are no edges, and those above 1 count as 1.
        most: Edges per reading at `site` at the most.
    """
    most = min(most, scores.shape[1])
    inputs = np.argsort(-scores, axis=1, kind="stable")[:, :most]
    output = np.repeat(np.arange(len(scores)), most)
    confidence = np.clip(np.take_along_axis(scores, inputs, axis=1).ravel(), 0, 1)
    kept = confidence > 0
    return Edges(
        site,
        below,
        output[kept].astype(np.int64),
        inputs.ravel()[kept].astype(np.int64),
        confidence[kept].astype(np.float32),
    )


def pairs_of_sites(sites: Iterable[str]) -> list[tuple[str, str]]:
    """Return every site with the one below it, for sites in the order of computing."""
    listed = list(sites)
    return list(zip(listed[1:], listed, strict=False))
