"""Following only the wires that are on, through a circuit of any depth.

All gate kinds rest at zero, so a gate can only be on if some input is on. An AND can only be on if
all its inputs are, so it is enough to *watch* one of them, the one that the fewest gates read, and
to look at the others only when that one is on. A table of facts has features that thousands of
gates read; hardly any gate watches such a feature, so it costs little when it is on.

Wires are renumbered here by level; the new number of a wire is its *place*. The wires that are on
are kept as numbers place * samples + sample. A wire of a higher level has a higher place, so wires
found level by level are appended to a sorted list, and a deep circuit costs no more than a shallow
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.listed import FeaturesOn
from polyseme.common.distinct import distinct
from polyseme.common.ragged import ranges, row_offsets, select_rows

Keys = NDArray[np.int64]
# Following a wire takes about a thousand times as long as simulating one.
_FEW = 1e-3


@dataclass(frozen=True, eq=False)
class Watchers:
    """The gates that watch each wire, and the order of wires by level.

    `wire_at` int64 (wires,) is the wire at each place and `place_of` its inverse. The gates that
    watch the wire at place p are at the places gates[offsets[p]:offsets[p + 1]]. `level_ends` int64
    (levels,) is the first place above each level.
    """

    wire_at: NDArray[np.int64]
    place_of: NDArray[np.int64]
    level_ends: NDArray[np.int64]
    offsets: NDArray[np.int64]
    gates: NDArray[np.int64]


@lru_cache(maxsize=4)
def watchers(circuit: Circuit) -> Watchers:
    """Return the gates that watch each wire; results for the last four circuits are kept.

    An AND or AND_NOT watches one of its inputs, and any other gate all of them.
    """
    widths = np.diff(circuit.fan_in_offsets)
    gate = np.repeat(np.arange(circuit.gates, dtype=np.int32), widths)
    kind = circuit.kinds[gate]
    influence = np.bincount(circuit.fan_in, minlength=circuit.wires)[circuit.fan_in]
    lightest = np.lexsort((influence, gate))[circuit.fan_in_offsets[:-1]]
    watched = ~np.isin(kind, (GateKind.AND, GateKind.AND_NOT))
    watched[lightest[circuit.kinds == GateKind.AND]] = True
    watched[circuit.fan_in_offsets[:-1][circuit.kinds == GateKind.AND_NOT]] = True
    wire_at = np.argsort(circuit.levels, kind="stable")
    place_of = np.empty_like(wire_at)
    place_of[wire_at] = np.arange(circuit.wires)
    place, watcher = place_of[circuit.fan_in[watched]], gate[watched] + len(circuit.features)
    return Watchers(
        wire_at=wire_at,
        place_of=place_of,
        level_ends=np.cumsum(np.bincount(circuit.levels)),
        offsets=row_offsets(np.bincount(place, minlength=circuit.wires)),
        gates=place_of[watcher[np.argsort(place, kind="stable")]],
    )


class _Known:
    """Sorted keys that grow at the end."""

    def __init__(self, keys: Keys):
        self._buffer = keys
        self._count = len(keys)

    @property
    def keys(self) -> Keys:
        """All keys so far, (count,)."""
        return self._buffer[: self._count]

    def append(self, fresh: Keys) -> None:
        """Add sorted keys, all above those already here."""
        count = self._count + len(fresh)
        if count > len(self._buffer):
            # The buffer doubles, so each key is copied twice on average, however long it grows.
            larger = np.empty(2 * count, np.int64)
            larger[: self._count] = self.keys
            self._buffer = larger
        self._buffer[self._count : count] = fresh
        self._count = count

    def among(self, keys: Keys) -> NDArray[np.bool_]:
        """Return a Boolean per key: True if it is here."""
        known = self.keys
        place = np.minimum(np.searchsorted(known, keys), max(len(known) - 1, 0))
        return known[place] == keys if len(known) else np.zeros(len(keys), bool)


def follow(circuit: Circuit, on: FeaturesOn) -> sp.coo_array | None:
    """Return the wires that are on for features that are on.

    The result is Boolean (samples, wires) and its columns are *places*. `keep_wires` and
    `keep_outputs` turn them into wires and outputs. It is None where more than one wire in
    a thousand turns out to be on: all wires are then simulated in less time (`simulate.py`).
    """
    most = on.samples * circuit.wires * _FEW
    if len(on.feature) > most:
        return None
    samples = max(on.samples, 1)
    # Features are the wires of level 0, so a feature's place is its number.
    fresh = distinct(on.feature.astype(np.int64) * samples + on.sample)
    known = _Known(fresh)
    waiting: list[list[Keys]] = [[] for _ in watchers(circuit).level_ends]
    for here in waiting:
        if len(known.keys) > most:
            return None
        if here:
            candidates = distinct(np.concatenate(here))
            here.clear()
            fresh = candidates[_fires(circuit, candidates, samples, known)]
            known.append(fresh)
        if len(fresh):
            _wake(circuit, fresh, samples, waiting)
            fresh = fresh[:0]
    place, sample = np.divmod(known.keys, samples)
    ones = np.ones(len(place), bool)
    return sp.coo_array((ones, (sample, place)), shape=(on.samples, circuit.wires))


def keep_wires(circuit: Circuit, on: sp.coo_array) -> sp.csr_array:
    """Return a result of `follow` with wires for columns, (samples, wires)."""
    wire = watchers(circuit).wire_at[on.col]
    return sp.coo_array((on.data, (on.row, wire)), shape=on.shape).tocsr()


def keep_outputs(circuit: Circuit, on: sp.coo_array) -> sp.csr_array:
    """Return a result of `follow` with outputs for columns, (samples, outputs)."""
    # The wire of a constant, -1, comes first in order and equals no wire.
    order = np.argsort(circuit.outputs, kind="stable")
    in_order = circuit.outputs[order]
    wire = watchers(circuit).wire_at[on.col]
    begin = np.searchsorted(in_order, wire, side="left")
    counts = np.searchsorted(in_order, wire, side="right") - begin
    output = order[ranges(begin, counts)]
    shape = (on.shape[0], len(circuit.outputs))
    ones = np.ones(len(output), bool)
    return sp.coo_array((ones, (np.repeat(on.row, counts), output)), shape=shape).tocsr()


def among_followed(
    circuit: Circuit, on: sp.coo_array, wires: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Return whether wires[i] is on in sample i, (samples,), by a result of `follow`."""
    samples = on.shape[0]
    # Keys are in the order in which they were found: by place, and then by sample.
    known = _Known(on.col.astype(np.int64) * samples + on.row)
    return known.among(watchers(circuit).place_of[wires] * samples + np.arange(samples))


def _wake(circuit: Circuit, fresh: Keys, samples: int, waiting: list[list[Keys]]) -> None:
    """Queue the gates that watch wires newly on, each at its own level."""
    place, sample = np.divmod(fresh, samples)
    watching = watchers(circuit)
    offsets, places = select_rows(watching.offsets, place)
    keys = watching.gates[places] * samples + np.repeat(sample, np.diff(offsets))
    if not len(keys):
        return
    # Places are ordered by level, so sorted keys fall into one run per level.
    keys = np.sort(keys)
    level = np.searchsorted(watching.level_ends, keys // samples, side="right")
    cuts = np.flatnonzero(np.diff(level)) + 1
    for begin_at, end_at in zip([0, *cuts], [*cuts, len(keys)], strict=True):
        waiting[level[begin_at]].append(keys[begin_at:end_at])


def _fires(circuit: Circuit, candidates: Keys, samples: int, known: _Known) -> NDArray[np.bool_]:
    """Return a Boolean per candidate (place * samples + sample): True if its gate is on.

    A candidate has an input that is on, so an OR or an identity is on without further checks.
    """
    watching = watchers(circuit)
    place, sample = np.divmod(candidates, samples)
    gate = watching.wire_at[place] - len(circuit.features)
    fires = np.ones(len(candidates), bool)
    kind = circuit.kinds[gate]
    unsure = np.flatnonzero((kind != GateKind.OR) & (kind != GateKind.IDENTITY))
    if not len(unsure):
        return fires
    gate, sample, kind = gate[unsure], sample[unsure], kind[unsure]
    offsets, places = select_rows(circuit.fan_in_offsets, gate)
    starts, counts = offsets[:-1], np.diff(offsets)
    read = watching.place_of[circuit.fan_in[places]]
    present = known.among(read * samples + np.repeat(sample, counts))
    total = np.add.reduceat(present, starts, dtype=np.int64)
    decided = np.where(kind == GateKind.AND, total == counts, total % 2 == 1)
    first_alone = present[starts] & (total == 1)
    fires[unsure] = np.where(kind == GateKind.AND_NOT, first_alone, decided)
    return fires
