"""Weights of a layer changed so that a unit reads one feature at another strength.

The change d of a row of weights moves the read of the feature as wanted and the reads of the own
features of the unit not at all: A d = wanted, A holding the codes of these features. Of all such
changes it is the quietest, that with the least sum of squares of the reads of all features,

    d = M^-1 A^T a,    A M^-1 A^T a = wanted,    M the sum of c c^T over all codes c,

so that many edits of one unit do not add up to noise. It is rounded to whole numbers, and what the
reads then lack is made up for in further rounds. Where the
weights factor, W = C D, the change is A^T a with A A^T a = wanted, the shortest one, and it is C
that is rounded, so that the weights go on to factor; and so it is where M would be too large.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from polyseme.codes.code import SparseCode
from polyseme.errors import CapacityError
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import LayerKey, reads_of

_WIDEST = 2**15 - 1
# Of so many dimensions M takes 128 MB and some seconds.
_MOST_DIMENSIONS = 4000
_RIDGE = 1e-3
_ROUNDS = 3


@dataclass
class EditedRows:
    """The rows of weights that were changed, and what their units read on purpose."""

    layer: Layer
    key: LayerKey
    code: SparseCode

    def __post_init__(self) -> None:
        """Begin with no change."""
        self._decode = self.code.matrix().astype(np.float64)
        matrix = self.key.compression if self.key.factors else self.key.reads
        self._named: sp.csr_array = matrix
        self._quieting: Any = None
        self._weights: dict[int, NDArray[np.int64]] = {}
        self._factors: dict[int, dict[int, int]] = {}

    @property
    def units(self) -> NDArray[np.int64]:
        """The units whose rows were changed, rising."""
        return np.array(sorted(self._weights), np.int64)

    def read(self, unit: int, feature: int) -> int:
        """Return what a unit reads of a feature: the sum of its weights on the feature's code."""
        row = self._row(unit)
        places, signs = self.code.positions[feature], self.code.signs[feature].astype(np.int64)
        return int(row[places] @ signs)

    def change(self, unit: int, feature: int, to: int) -> None:
        """Have a unit read a feature at about `to`, and its own features as before."""
        row, entries = self._row(unit), self._entries(unit)
        own = np.array(sorted({*entries, feature}), np.int64)
        codes = self._decode[own]
        moving = codes.T.toarray() if self.key.factors else self._quiet(codes)
        gram = codes @ moving
        wanted = np.where(own == feature, to - self.read(unit, feature), 0).astype(np.float64)
        shares = np.linalg.lstsq(gram, wanted, rcond=None)[0]
        if self.key.factors:
            for column, share in zip(
                own.tolist(), np.rint(shares).astype(int).tolist(), strict=True
            ):
                entries[column] = entries.get(column, 0) + share
                places = self.code.positions[column]
                row[places] += share * self.code.signs[column].astype(np.int64)
        else:
            aim = codes @ row + wanted
            for _ in range(_ROUNDS):
                row += np.rint(moving @ shares).astype(np.int64)
                shares = np.linalg.lstsq(gram, aim - codes @ row, rcond=None)[0]
            self._make_up(row, feature, to)
            entries.setdefault(feature, 0)
        if np.abs(row).max() > _WIDEST:
            raise CapacityError(f"weights of unit {unit} would not fit into 16 bits")
        self._weights[unit], self._factors[unit] = row, entries

    def _make_up(self, row: NDArray[np.int64], feature: int, to: int) -> None:
        """Have a row read a feature at exactly `to`, by steps of 1 on the feature's dimensions."""
        places, signs = self.code.positions[feature], self.code.signs[feature].astype(np.int64)
        lacking = to - int(row[places] @ signs)
        each, more = divmod(abs(lacking), len(places))
        steps = np.full(len(places), each)
        steps[:more] += 1
        row[places] += int(np.sign(lacking)) * steps * signs

    def _quiet(self, codes: sp.csr_array) -> NDArray[np.float64]:
        """Return M^-1 of the codes, (dimensions, codes), or the codes where M is too large."""
        turned = np.asarray(codes.T.toarray())
        if self.code.weight == 1 or self.code.neurons > _MOST_DIMENSIONS:
            return turned
        if self._quieting is None:
            spread = (self._decode.T @ self._decode).toarray()
            # A little more on the diagonal, so that M has an inverse whatever the code is.
            spread[np.diag_indices_from(spread)] += _RIDGE * spread.diagonal().mean()
            self._quieting = cho_factor(spread, overwrite_a=True, check_finite=False)
        return np.asarray(cho_solve(self._quieting, turned, check_finite=False))

    def edited_layer(self) -> Layer:
        """Return the layer with the changed rows."""
        rows = self.layer.weights
        widest = max((int(np.abs(row).max()) for row in self._weights.values()), default=0)
        kind = np.int16 if widest > np.iinfo(rows.dtype).max else rows.dtype
        if self.layer.is_sparse:
            changed = rows.astype(kind).tolil()
            for unit, row in self._weights.items():
                changed[[unit]] = row.astype(kind)[None]
            weights = sp.csr_array(changed)
            weights.sort_indices()
        else:
            weights = rows.astype(kind)
            for unit, row in self._weights.items():
                weights[unit] = row
        return replace(self.layer, weights=weights)

    def edited_reads(self, layer: Layer) -> sp.csr_array:
        """Return C, or the reads of own columns, of the changed layer, int16 (units, columns)."""
        changed = self._named.astype(np.int64).tolil()
        for unit, entries in self._factors.items():
            columns = sorted(entries)
            # A stored zero is no zero to a matrix of lists, so that entries are put there as lists.
            changed.rows[unit] = columns
            changed.data[unit] = [entries[column] for column in columns]
        matrix = sp.csr_array(changed)
        matrix.sort_indices()
        if self.key.factors:
            matrix.eliminate_zeros()
            return sp.csr_array(matrix.astype(np.int16))
        named = sp.csr_array(
            (matrix.data.astype(np.int16), matrix.indices, matrix.indptr), matrix.shape
        )
        return reads_of(_dense(layer), named, self.code)

    def _row(self, unit: int) -> NDArray[np.int64]:
        if unit in self._weights:
            return self._weights[unit]
        row = self.layer.weights[[unit]]
        dense = row.toarray() if sp.issparse(row) else row
        return np.asarray(dense, np.int64).ravel().copy()

    def _entries(self, unit: int) -> dict[int, int]:
        if unit in self._factors:
            return self._factors[unit]
        run = slice(self._named.indptr[unit], self._named.indptr[unit + 1])
        return dict(
            zip(self._named.indices[run].tolist(), self._named.data[run].tolist(), strict=True)
        )


def _dense(layer: Layer) -> NDArray[np.int8] | NDArray[np.int16]:
    weights = layer.weights.toarray() if layer.is_sparse else layer.weights
    return np.asarray(weights)
