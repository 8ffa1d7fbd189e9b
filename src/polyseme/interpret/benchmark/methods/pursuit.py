"""Orthogonal matching pursuit of many samples at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pursued(
    numbers: NDArray[np.float32],
    atoms: NDArray[np.float32],
    most: int,
    left: float = 0.01,
) -> NDArray[np.float32]:
    """Return non-negative codes of samples by orthogonal matching pursuit.

    One atom after another is taken, each the one that correlates most with what is left of the
    sample, and all that were taken are fitted anew (Pati, Rezaiifar and Krishnaprasad 1993). A
    sample stops when its rest is small or no atom is along it.

    Args:
        numbers: The samples, float32 (samples, width).
        atoms: Unit vectors, float32 (atoms, width); rows of zeros are never taken.
        most: Atoms per sample at the most.
        left: The share of a sample's squared length at which it stops.

    Returns:
        How much of each atom, float32 (samples, atoms); what would be negative is 0.
    """
    samples = len(numbers)
    gram = atoms @ atoms.T
    wanted = numbers @ atoms.T
    enough = left * np.einsum("ij,ij->i", numbers, numbers)
    codes = np.zeros((samples, len(atoms)), np.float32)
    going = np.arange(samples)
    chosen = np.zeros((samples, 0), np.int64)
    rest = wanted.copy()
    for _ in range(min(most, len(atoms))):
        best = rest.argmax(axis=1)
        along = rest[np.arange(len(going)), best] > 1e-6
        going, chosen = going[along], np.column_stack((chosen[along], best[along]))
        if not len(going):
            break
        fitted = _fitted(gram, wanted[going], chosen)
        codes[going] = 0
        codes[going[:, None], chosen] = fitted
        rest = wanted[going] - np.einsum("ij,ijk->ik", fitted, gram[chosen])
        done = np.take_along_axis(wanted[going], chosen, axis=1)
        lengths = np.einsum("ij,ij->i", numbers[going], numbers[going])
        more = lengths - (fitted * done).sum(axis=1) > enough[going]
        np.put_along_axis(rest, chosen, -np.inf, axis=1)
        going, chosen, rest = going[more], chosen[more], rest[more]
    return np.maximum(codes, 0)


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows scaled to length 1, float32 (rows, width); rows of zeros stay as they are."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def _fitted(
    gram: NDArray[np.float32], wanted: NDArray[np.float32], chosen: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the coefficients of the chosen atoms by least squares, (samples, atoms chosen)."""
    systems = gram[chosen[:, :, None], chosen[:, None, :]].astype(np.float64)
    # Atoms that are nearly the same make a system singular; the ridge shares between them.
    systems += 1e-6 * np.eye(chosen.shape[1])
    sides = np.take_along_axis(wanted, chosen, axis=1)[:, :, None]
    return np.asarray(np.linalg.solve(systems, sides)[:, :, 0], np.float32)
