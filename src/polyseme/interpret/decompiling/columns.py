"""The columns of one layer, from its weights: which units hold one wire, and what it reads.

A unit reads the columns below that its gates need at one strength, plain or negated, and all others
as weakly as the network could. So *strong* reads stand out. All units of a gate read all of its
literals strongly, and two literals that are in no gate together share few units by chance. That
gives the gates:

1. Pairs of columns that many units read together. Their common units, and all that these units read
   in common, are a gate. How many units are many is found from how often pairs share 1, 2, 3, ...
   units: chance falls fast, and gates stand behind a gap.
2. Units of one bias that read a column and are in no gate with it yet, half as many or more: they
   carry it on, or hold a gate whose other reads are weaker.
3. The kind of a gate is decided by its units' bias: how many plain literals switch them.

In a layer in which no read is weak, every unit is a column of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.networks.layer import Layer

# A read is strong from this share of the strongest on. In `layered` of width 5,000 at 3,600 ReLUs
# reads on purpose have .9 to 1.1 of it, and others up to .7.
_STRONG = 0.7
# A unit is switched by a sum this far above its bend, in strong reads.
_SWITCHED = 0.25
# The mean of a literal's reads over the units of its gate; noise falls with their number.
_ON_AVERAGE = 0.75
# Weaker reads than this share of the strongest of a unit are left out of means.
_WEAK = 0.3
_NOTHING = 1e-6
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Held:
    """Columns of a layer: `wires` int64 (columns,), and how far each unit moves with each column.

    `moves` float32 (columns, width) in sparse rows is what a column that is on adds to the numbers
    that the layer writes, and `rest` float32 (width,) are these with nothing on.
    """

    wires: NDArray[np.int64]
    moves: sp.csr_array
    rest: NDArray[np.float32]


@dataclass(frozen=True)
class FoundGate:
    """A gate over columns below, and the units that hold it.

    It is on when all `plain` columns are on (or, with `any_of`, one of them), and none that is
    `negated`.
    """

    plain: tuple[int, ...]
    negated: tuple[int, ...]
    any_of: bool
    units: tuple[int, ...]

    @property
    def switched_by(self) -> tuple[int, ...]:
        """Columns that switch it on."""
        return self.plain[:1] if self.any_of else self.plain


@dataclass(frozen=True, eq=False)
class _Strong:
    """Strong reads of a layer, int8 (units, columns) in sparse rows, and `exact` without others.

    `values` float32 has the same and weaker ones, in strong reads, and so is `bias` float64
    (units,), with what the layer below adds at rest.
    """

    reads: sp.csr_array
    values: sp.csr_array
    bias: NDArray[np.float64]
    exact: bool

    def level(self, unit: int) -> int:
        """Return about how many strong reads the bias of a unit is worth; negative if it waits."""
        return int(np.floor(self.bias[unit] + _SWITCHED))


def found_gates(
    layer: Layer,
    below: Held,
    rows: list[tuple[int, ...]] | None = None,
    own_scales: bool = False,
) -> list[FoundGate | None]:
    """Return the gates that the units of a layer compute of the columns below.

    With `rows`, the units of each gate are known, and the gates are theirs, None for one that is
    not understood. With `own_scales` every unit is compared with its own strongest read, as if it
    had been scaled by any positive number.
    """
    strong = _strong_reads(layer, below, own_scales)
    if rows is not None:
        return [_gate(strong, units) for units in rows]
    if strong.exact:
        return [_gate(strong, (unit,)) for unit in range(layer.units)]
    gates = [gate for gate in (_gate(strong, units) for units in _shared(strong)) if gate]
    known = {(gate.plain, gate.negated, gate.units): gate for gate in gates}
    gates = list(known.values())
    return [*gates, *_carried_on(strong, gates)]


def _strong_reads(layer: Layer, below: Held, own_scales: bool) -> _Strong:
    moves = below.moves.T.tocsr()
    top, blocks, entries = np.zeros(layer.units, np.float32), [], 0
    for begin in range(0, layer.units, _BLOCK):
        rows = layer.weights[begin : begin + _BLOCK]
        product = (rows if layer.is_sparse else rows.astype(np.float32)) @ moves
        dense = np.asarray(product.toarray() if sp.issparse(product) else product, np.float32)
        size = np.abs(dense)
        entries += int(np.count_nonzero(size > _NOTHING))
        top[begin : begin + len(dense)] = highest = size.max(axis=1)
        blocks.append(sp.csr_array(np.where(size > _WEAK * highest[:, None], dense, 0)))
    common = np.float32(np.median(top[top > 0])) if top.any() else np.float32(1)
    strength = np.where(top > 0, top, 1) if own_scales else np.full(layer.units, common)
    values = sp.csr_array(sp.diags_array(1 / strength) @ sp.vstack(blocks, format="csr"))
    reads = values.copy()
    reads.data = np.where(np.abs(reads.data) > _STRONG, np.sign(reads.data), 0)
    reads.eliminate_zeros()
    bias = (layer.bias + np.asarray(layer.weights @ below.rest, np.float64).ravel()) / strength
    return _Strong(reads.astype(np.int8), values, bias, reads.nnz == entries)


def _shared(strong: _Strong) -> list[tuple[int, ...]]:
    """Return the units of every pair of columns that share many."""
    reads = sp.csr_array(abs(strong.reads).astype(np.int32))
    together = sp.triu(reads.T @ reads, 1).tocoo()
    least = _many(together.data)
    chosen = together.data >= least
    by_column = reads.tocsc()
    rows = []
    for one, other in zip(together.row[chosen], together.col[chosen], strict=True):
        units = np.intersect1d(_run(by_column, one), _run(by_column, other))
        # Gates of the same two columns differ in their bias or in the signs of their reads.
        kinds: dict[tuple[int, ...], list[int]] = {}
        for unit in units:
            signs = strong.reads[[unit]][:, [one, other]].toarray().ravel()
            kinds.setdefault((*map(int, signs), strong.level(unit)), []).append(int(unit))
        rows += [tuple(some) for some in kinds.values() if len(some) >= least - 1]
    return rows


def _many(counts: NDArray[np.int32]) -> int:
    """Return the least number of units that two columns share not by chance.

    It is behind the first gap: the least count that is no more frequent than the next.
    """
    frequency = np.bincount(counts, minlength=4)
    for count in range(1, len(frequency) - 1):
        if frequency[count] <= frequency[count + 1]:
            return count + 1
    return max(2, len(frequency) - 1)


def _run(matrix: sp.csc_array, column: int) -> NDArray[np.int32]:
    return np.asarray(matrix.indices[matrix.indptr[column] : matrix.indptr[column + 1]])


def _gate(strong: _Strong, units: tuple[int, ...]) -> FoundGate | None:
    """Return the gate of some units: what nearly all of them read; None if that is nothing."""
    mean = np.asarray(strong.values[list(units)].sum(axis=0)).ravel() / len(units)
    read = np.flatnonzero(np.abs(mean) >= _ON_AVERAGE)
    signs = np.sign(mean[read])
    bias = float(np.median(strong.bias[list(units)]))
    if bias > _SWITCHED:
        # At rest the units are on, and the wire is off: it is read inverted.
        signs, needed = -signs, int(np.ceil(bias - _SWITCHED))
    else:
        needed = int(np.floor(_SWITCHED - bias)) + 1
    plain, negated = read[signs > 0], read[signs < 0]
    if not len(plain):
        return None
    any_of = len(plain) > 1 and needed < len(plain)
    return FoundGate(tuple(map(int, plain)), tuple(map(int, negated)), any_of, units)


def _carried_on(strong: _Strong, gates: list[FoundGate]) -> list[FoundGate]:
    """Return identities: columns with units that read them and hold no gate of theirs."""
    if not gates:
        return []
    weight = int(np.median([len(gate.units) for gate in gates]))
    explained: dict[int, set[int]] = {}
    for gate in gates:
        for column in (*gate.plain, *gate.negated):
            explained.setdefault(column, set()).update(gate.units)
    plain = strong.reads.tocsc()
    found: list[FoundGate] = []
    for column in range(plain.shape[1]):
        run = slice(plain.indptr[column], plain.indptr[column + 1])
        units = plain.indices[run][plain.data[run] > 0]
        left = [int(unit) for unit in units if unit not in explained.get(column, ())]
        by_level: dict[int, list[int]] = {}
        for unit in left:
            by_level.setdefault(strong.level(unit), []).append(unit)
        rows = [tuple(some) for some in by_level.values() if len(some) >= max(2, weight // 2)]
        found += [gate for gate in (_gate(strong, some) for some in rows) if gate is not None]
    return found
