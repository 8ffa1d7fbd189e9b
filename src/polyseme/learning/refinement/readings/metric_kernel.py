"""Products of W with the codes of the features, and own reads held: loops, compiled by numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.readings.machine_code import compiled

Floats = NDArray[np.float32]
Wholes = NDArray[np.int32]

# Rows of a product that are summed together, so that the right matrix is read less often.
_ROWS = 16


@compiled
def read_features(
    first: int, last: int, weights: Floats, places: Wholes, signs: Floats, reads: Floats
) -> None:
    """Fill rows of H = W A^T: what units read of every feature."""
    for unit in range(first, last):
        row = weights[unit]
        for feature in range(len(places)):
            total = np.float32(0)
            for number in range(places.shape[1]):
                total += signs[feature, number] * row[places[feature, number]]
            reads[unit, feature] = total


@compiled
def spread_slopes(
    first: int, last: int, slopes: Floats, places: Wholes, signs: Floats, spread: Floats
) -> None:
    """Fill rows of G A, where G is the sum of `slopes` (pieces, units, features)."""
    for unit in range(first, last):
        row = spread[unit]
        row[:] = 0
        for feature in range(len(places)):
            total = np.float32(0)
            for piece in range(len(slopes)):
                total += slopes[piece, unit, feature]
            if total != 0:
                for number in range(places.shape[1]):
                    row[places[feature, number]] += signs[feature, number] * total


@compiled
def multiply(first: int, last: int, left: Floats, right: Floats, product: Floats) -> None:
    """Fill rows of a matrix product; the order of sums does not depend on the rows asked for."""
    inner, columns = right.shape
    for begin in range(first, last, _ROWS):
        end = min(begin + _ROWS, last)
        product[begin:end] = 0
        whole = inner // 4 * 4
        for place in range(0, whole, 4):
            for row in range(begin, end):
                total, factors = product[row], left[row]
                one, two = factors[place], factors[place + 1]
                three, four = factors[place + 2], factors[place + 3]
                for column in range(columns):
                    total[column] += (
                        one * right[place, column]
                        + two * right[place + 1, column]
                        + three * right[place + 2, column]
                        + four * right[place + 3, column]
                    )
        for place in range(whole, inner):
            for row in range(begin, end):
                for column in range(columns):
                    product[row, column] += left[row, place] * right[place, column]


@compiled
def factor_grams(
    first: int,
    last: int,
    offsets: NDArray[np.int64],
    own: Wholes,
    duals: Floats,
    places: Wholes,
    signs: Floats,
    starts: NDArray[np.int64],
    factors: Floats,
) -> None:
    """Fill Cholesky factors of the Gram matrices of own features, packed by rows, unit by unit."""
    for unit in range(first, last):
        mine = own[offsets[unit] : offsets[unit + 1]]
        size = len(mine)
        gram = np.empty((size, size))
        for row in range(size):
            dual = duals[mine[row]]
            for column in range(row + 1):
                feature, total = mine[column], 0.0
                for number in range(places.shape[1]):
                    total += signs[feature, number] * dual[places[feature, number]]
                gram[row, column] = total
        place = starts[unit]
        for row in range(size):
            for column in range(row + 1):
                total = gram[row, column]
                for number in range(column):
                    total -= gram[row, number] * gram[column, number]
                if row == column:
                    # Codes that coincide have a Gram matrix without an inverse.
                    gram[row, row] = np.sqrt(max(total, 1e-6 * gram[row, row]))
                else:
                    gram[row, column] = total / gram[column, column]
                factors[place] = gram[row, column]
                place += 1


@compiled
def hold_own(
    first: int,
    last: int,
    wanted: float,
    offsets: NDArray[np.int64],
    own: Wholes,
    duals: Floats,
    places: Wholes,
    signs: Floats,
    starts: NDArray[np.int64],
    factors: Floats,
    spread: Floats,
) -> None:
    """Change rows of Y as little as possible such that Y M reads own features at `wanted`."""
    for unit in range(first, last):
        mine, row = own[offsets[unit] : offsets[unit + 1]], spread[unit]
        size, begin = len(mine), starts[unit]
        excess = np.empty(size)
        for number in range(size):
            dual, total = duals[mine[number]], np.float32(0)
            for place in range(len(row)):
                total += dual[place] * row[place]
            excess[number] = total - wanted
        place = begin
        for number in range(size):
            for other in range(number):
                excess[number] -= factors[place] * excess[other]
                place += 1
            excess[number] /= factors[place]
            place += 1
        for number in range(size - 1, -1, -1):
            place = begin + number * (number + 1) // 2
            excess[number] /= factors[place + number]
            for other in range(number):
                excess[other] -= factors[place + other] * excess[number]
        for number in range(size):
            feature = mine[number]
            for entry in range(places.shape[1]):
                change = signs[feature, entry] * excess[number]
                row[places[feature, entry]] -= change
