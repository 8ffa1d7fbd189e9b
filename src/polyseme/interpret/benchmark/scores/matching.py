"""Readings matched with the things that a site holds, one to one.

The match is the best assignment (Hungarian algorithm) of a similarity that sign and scale do not
change. Things that no input tells apart share one similarity: that to the space they span.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from polyseme.interpret.benchmark.truth import SiteTruth

# Directions are float32, so a cosine says no more than this many digits.
DIGITS = 6
# Similarities that differ by less than this do not decide a match; another one does.
TIE = 1e-3


@dataclass(frozen=True, eq=False)
class Firing:
    """The readings that fire, for each of the two signs that a reading may have.

    Attributes:
        above: Activity above 0, Boolean (samples, readings).
        below: Activity below 0, Boolean (samples, readings).
    """

    above: sp.csr_array
    below: sp.csr_array


def firing(activity: NDArray[np.float32]) -> Firing:
    """Return which readings fire where activity is float32 (samples, readings)."""
    return Firing(sp.csr_array(activity > 0), sp.csr_array(activity < 0))


def cosines(directions: NDArray[np.floating], held: SiteTruth) -> NDArray[np.float64]:
    """Return |cosine| of readings and things, float64 (readings, things), 0 for rows of zeros."""
    readings, things = _unit(directions), _unit(held.directions)
    found = np.abs(readings @ things.T)
    for members in _shared(held.same):
        # An orthonormal basis of what the directions span.
        left, singular, _ = np.linalg.svd(things[members].T, full_matrices=False)
        basis = left[:, singular > 1e-6]
        found[:, members] = np.linalg.norm(readings @ basis, axis=1)[:, None]
    return np.asarray(np.minimum(np.round(found, DIGITS), 1))


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = rows.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    unit = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    return np.asarray(unit)


def _shared(same: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the members of every class of several things."""
    counts = np.bincount(same)
    return [np.flatnonzero(same == first) for first in np.flatnonzero(counts > 1)]


def correlations(fires: sp.csr_array, labels: sp.csr_array) -> NDArray[np.float64]:
    """Return phi, the correlation of two Booleans, of readings and things.

    It is the coefficient of Matthews: 1 where a reading fires exactly when the thing is on, 0 for
    one that fires always or never.

    Args:
        fires: Boolean (samples, readings).
        labels: Boolean (samples, things).

    Returns:
        float64 (readings, things), from -1 to 1.
    """
    both = (fires.T.astype(np.float64) @ labels.astype(np.float64)).toarray()
    return _phi(both, _counts(fires)[:, None], _counts(labels), fires.shape[0])


def _counts(rows: sp.csr_array) -> NDArray[np.float64]:
    return np.asarray(rows.sum(axis=0), np.float64).ravel()


def _phi(
    both: NDArray[np.float64],
    fired: NDArray[np.float64],
    held: NDArray[np.float64],
    samples: int,
) -> NDArray[np.float64]:
    spread = np.sqrt(fired * (samples - fired) * (held * (samples - held)))
    difference = samples * both - fired * held
    return np.divide(difference, spread, out=np.zeros_like(both), where=spread > 0)


def likeness(fires: Firing, labels: sp.csr_array) -> NDArray[np.float64]:
    """Return |phi| of readings and things, for the better sign of each reading.

    A reading that fires when the thing is off says as much as one that fires when it is on.
    """
    above, below = correlations(fires.above, labels), correlations(fires.below, labels)
    return np.maximum(np.abs(above), np.abs(below))


def split_half_phi(
    fires: Firing,
    labels: sp.csr_array,
    matching: NDArray[np.bool_],
    tie: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the phi of every thing and its reading on inputs that did not choose the reading.

    Args:
        fires: Which readings fire.
        labels: Which things are on, Boolean (samples, things).
        matching: The samples on which readings are matched and their signs chosen, bool (samples,).
        tie: Similarities (readings, things) that decide between readings that fire alike.

    Returns:
        float64 (things,), from -1 to 1, and 0 for things without a reading.
    """
    first = [correlations(part[matching], labels[matching]) for part in (fires.above, fires.below)]
    similarity = np.maximum(np.abs(first[0]), np.abs(first[1]))
    some = similarity > 0
    reading = match(similarity if tie is None else np.where(some, similarity + TIE * tie, 0.0))
    things = np.flatnonzero(reading >= 0)
    reading = reading[things]
    values = [part[reading, things] for part in first]
    turned = np.abs(values[1]) > np.abs(values[0])
    sign = np.sign(np.where(turned, values[1], values[0]))
    rest = labels[~matching][:, things]
    second = [_of_pairs(part[~matching][:, reading], rest) for part in (fires.above, fires.below)]
    found = np.zeros(labels.shape[1])
    found[things] = sign * np.where(turned, second[1], second[0])
    return found


def _of_pairs(fires: sp.csr_array, labels: sp.csr_array) -> NDArray[np.float64]:
    both = np.asarray(fires.multiply(labels).sum(axis=0), np.float64).ravel()
    return _phi(both, _counts(fires), _counts(labels), fires.shape[0])


def match(similarity: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the reading of every thing, -1 for none; no reading is that of two things.

    Args:
        similarity: float64 (readings, things), at least 0; those of 0 are never matched.
    """
    found = np.full(similarity.shape[1], -1, np.int64)
    readings, things = linear_sum_assignment(-similarity)
    some = similarity[readings, things] > 0
    found[things[some]] = readings[some]
    return found


def best_of_class(values: NDArray[np.float64], same: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for every thing the largest value among those that no input tells it from."""
    best = np.full(len(same), -np.inf)
    np.maximum.at(best, same, values)
    result: NDArray[np.float64] = best[same]
    return result
