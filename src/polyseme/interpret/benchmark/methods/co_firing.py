"""Edges by co-firing: a reading is computed from those below that fire whenever it does."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.interpret.benchmark.claims import Edges


def co_firing(
    site: str, below: str, above_fires: sp.csr_array, below_fires: sp.csr_array, most: int = 16
) -> Edges:
    """Return edges from each reading to the `most` readings below that its firing most implies.

    The confidence is how far firing raises the chance that the one below fires, from its chance
    anywhere (0) to certainty (1), with one more sample at the chance anywhere.

    Args:
        site: The site of what is computed.
        below: The site of what it may be computed from.
        above_fires: Which readings at `site` fire, float64 (samples, readings) of 0 and 1.
        below_fires: Which readings at `below` fire in the same samples.
        most: Edges per reading at the most.
    """
    together = (above_fires.T @ below_fires).toarray()
    anywhere = np.asarray(below_fires.sum(axis=0)) / max(below_fires.shape[0], 1)
    implied = (together + anywhere) / (np.asarray(above_fires.sum(axis=0)) + 1)[:, None]
    raised = (implied - anywhere) / np.maximum(1 - anywhere, 1e-9)
    return edges_of(site, below, raised, most)


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
