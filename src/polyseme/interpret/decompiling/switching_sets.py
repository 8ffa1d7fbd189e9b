"""All small sets of features that switch an output on, exactly, by branch and bound.

An output of one hidden layer is on where a sum of weighted ReLUs reaches an edge. With r features
to come, each has a score, r times its largest share of the sum (`proving/branch_and_bound/
search.py`), and no set has a sum above the mean of its scores. So of all sets only those are looked
at whose scores are high enough; the sum of each of these is computed in whole numbers. The best
feature of a set has a score of at least the bound; with it on, the rest is a smaller set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyseme.proving.branch_and_bound.pairs import PairSearch, sets_beyond
from polyseme.proving.branch_and_bound.relus import OfOutput, Relus

Wholes = NDArray[np.int64]
# The standard deviation of normal noise over its median distance from the median.
_NORMAL = 1.4826


@dataclass(frozen=True, eq=False)
class OutputSum:
    """The sum of one output, turned so that a set *switches* the output where it reaches `edge`.

    Of an output that is on at rest, sum and edge are negated: a set switches it where it goes off.


    Shapes: `noise` float64 (ReLUs,) is about how far the reads of most features lie from their
    median, one standard deviation. The first `units` ReLUs are those of the units; the others, of
    clipped units, begin at their caps.
    """

    read: OfOutput
    edge: int
    rests_at_one: bool
    noise: NDArray[np.float64]
    units: int

    @classmethod
    def of(cls, relus: Relus, output: int, edge: int, noise: NDArray[np.float64]) -> OutputSum:
        """Return the sum of an output that is on where its weighted ReLUs reach an edge.

        `noise` float64 (units,) is that of the reads of every unit (`noise_of_reads`).
        """
        read = relus.of_output(output)
        units = relus.unit[relus.offsets[output] : relus.offsets[output + 1]]
        of_reads = np.zeros(len(read.weight))
        of_reads[: len(units)] = noise[units]
        if int(read.weight @ np.maximum(read.bias, 0)) < edge:
            return cls(read, edge, False, of_reads, len(units))
        return cls(read._replace(weight=-read.weight), 1 - edge, True, of_reads, len(units))

    def margins(self, sets: Wholes, added: Wholes | None = None) -> Wholes:
        """Return how far sets (sets, size) lie above the last sum that switches nothing.

        It is 1 or more where the output is switched. With `added`, int64 (features,), every set is
        tried beside each of these, and the result is (sets, features).
        """
        reads = self.read.reads
        sums = self.read.bias[:, None] + reads[:, sets].sum(axis=2, dtype=np.int64)
        if added is not None:
            sums = sums[:, :, None] + reads[:, None, added].astype(np.int64)
        reached = np.tensordot(self.read.weight, np.maximum(sums, 0), axes=1)
        return np.asarray(reached - (self.edge - 1))

    def falls(self) -> Wholes:
        """Return the most by which each feature can lower the sum, int64 (features,)."""
        turned = np.where(self.read.weight > 0, -1, 1)[:, None] * self.read.reads
        return np.asarray(np.abs(self.read.weight) @ np.maximum(turned, 0))

    def strengths(self, sets: Wholes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how strongly the weakest feature of each set is read, and that in noise.

        Both are float64 (sets,): the mean of its reads over the units that the set switches, and
        the sum of them over the standard deviation that reads of other features would give.
        """
        reads = self.read.reads[: self.units][:, sets].astype(np.int64)
        live = self.read.bias[: self.units, None] + reads.sum(axis=2) > 0
        weight = np.where(live, self.read.weight[: self.units, None], 0)
        given = (weight[:, :, None] * reads).sum(axis=0).min(axis=1, initial=2**62)
        noise = np.sqrt((self.noise[: self.units] ** 2) @ weight**2)
        total = np.abs(weight).sum(axis=0)
        far = np.full(len(sets), np.inf)
        return given / np.maximum(total, 1), np.divide(given, noise, out=far, where=noise > 0)

    def are_negated(self, row: Wholes, added: Wholes, chance: float, share: float) -> Wholes:
        """Return those of the added features that are read against a set, and not by chance.

        Over the units that the set switches, such a feature takes away more than `chance` standard
        deviations of what reads of other features would, and at least a `share` of what the least
        feature of the set gives.
        """
        reads = self.read.reads[: self.units]
        sums = self.read.bias[: self.units] + reads[:, row].sum(axis=1, dtype=np.int64)
        weight = np.where(sums > 0, self.read.weight[: self.units], 0)
        fall = -(weight @ reads[:, added].astype(np.int64))
        least = int((weight @ reads[:, row].astype(np.int64)).min(initial=2**62))
        noise = float(np.sqrt((weight**2) @ self.noise[: self.units] ** 2))
        return added[(fall > chance * noise) & (fall >= share * least)]

    def switching(self, run: PairSearch, candidates: Wholes, size: int, margin: int = 1) -> Wholes:
        """Return all sets of `size` candidates of at least a margin, (sets, size), each sorted.

        Raises CapacityError if there are more than 20,000,000.
        """
        raised = replace(self, edge=self.edge + margin - 1)
        found = raised._beyond(run, self.read.bias, candidates, size)
        return np.unique(np.sort(found, axis=1), axis=0)

    def _beyond(self, run: PairSearch, sums: Wholes, candidates: Wholes, size: int) -> Wholes:
        reads, lowest, _, weight = self.read
        least = self.edge - 1
        if size <= 2:
            return sets_beyond(run, (reads, lowest), sums, weight, candidates, size, least)
        scores = run.scores(reads, lowest, sums, weight, candidates, size)[:-1]
        found = [np.empty((0, size), np.int64)]
        best = int(scores.max(initial=0))
        some = np.flatnonzero(scores + (size - 1) * best > size * least)
        some = some[np.argsort(-scores[some], kind="stable")]
        for place, first in enumerate(candidates[some]):
            if scores[some[place]] <= least:
                break
            behind = candidates[some[place + 1 :]]
            rest = self._beyond(run, sums + reads[:, first], behind, size - 1)
            found.append(np.hstack((np.full((len(rest), 1), first), rest)))
        return np.concatenate(found)


def noise_of_reads(relus: Relus) -> NDArray[np.float64]:
    """Return the noise of the reads of every unit, float64 (units,).

    It is the median distance from the median, times what makes it the standard deviation of normal
    noise: few features that are read on purpose do not change it.
    """
    noise = np.empty(len(relus.reads))
    for unit, reads in enumerate(relus.reads):
        noise[unit] = _NORMAL * np.median(np.abs(reads - np.median(reads)))
    return noise
