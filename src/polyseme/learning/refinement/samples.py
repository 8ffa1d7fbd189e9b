"""The inputs for networks whose ReLUs bend: a survey of all gates, and the inputs that failed.

The ReLUs that are on differ from input to input, so inputs are drawn and run. A pass has surveys
and drills by turns. Together the surveys of a pass have every gate alone, at least as many
satisfied gates with other features on, and, if gates have three inputs or more, as many gates that
lack one input. A drill repeats inputs on which an output was wrong, or nearly wrong, earlier in the
same pass. Half of a drill is gates alone, as long as any failed, since these are few and all must
be right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.common.random_streams import Stream, stream
from polyseme.verification.inputs import draw_inputs, fill, padded_literals, satisfiable

# Number of inputs of each sort in a survey, and of each of the two sorts in a drill.
_SORT = 256
_FEWEST_SURVEYS = 10
# Number of failed inputs that are remembered, the latest first.
_REMEMBERED = 20_000
# A feature read by this share of the terms is heavy; inputs are grouped by their heavy feature.
_HEAVY = 0.05


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs in groups: all inputs of a group have the same heavy feature on, or none.

    `rows` is int32 (samples, active), padded with -1. `terms`, int64 (samples,), is the term that a
    sample was drawn to satisfy, or -1. `alone` marks samples with nothing else on. Group i is
    `cuts[i]:cuts[i + 1]`.
    """

    rows: NDArray[np.int32]
    terms: NDArray[np.int64]
    alone: NDArray[np.bool_]
    cuts: NDArray[np.int64]


class Samples:
    """The inputs of every step, drawn from the seed; failed ones are forgotten after each pass."""

    def __init__(self, terms: Terms, active: int, seed: int) -> None:
        """Find the gates to draw. Raises OptionError if `active` features can satisfy no gate."""
        self._terms, self._active, self._seed = terms, active, seed
        self._able = satisfiable(terms, active)
        # One row per gate that can be satisfied.
        self._rows = _padded(padded_literals(terms, self._able, 1), active)
        self._barred = padded_literals(terms, self._able, -1)
        self._pieces = -(-len(self._rows) // _SORT)
        self._surveys = max(_FEWEST_SURVEYS, self._pieces)
        self._heavy = terms.influence >= _HEAVY * len(terms)
        self._short = bool((terms.plain[self._able] > 2).any())
        self._failed = self._nothing()

    @property
    def steps_per_pass(self) -> int:
        """Number of steps per pass: surveys, each with a drill after it."""
        return 2 * self._surveys

    def at(self, step: int) -> Batch:
        """Return the inputs of a step; the steps of a pass must be asked for in order."""
        number, place = divmod(step, self.steps_per_pass)
        if place == 0:
            self._failed = self._nothing()
        generator = stream(self._seed, Stream.REFINEMENT_DRILL, step)
        if place % 2:
            return self._drill(generator)
        order = stream(self._seed, Stream.REFINEMENT_SURVEY, number)
        pieces = np.array_split(order.permutation(len(self._rows)), self._pieces)
        return self._survey(pieces[place // 2 % self._pieces], generator)

    def failed(self, batch: Batch, which: NDArray[np.int64]) -> None:
        """Remember these samples of a batch as failed."""
        old = self._failed
        self._failed = Batch(
            np.concatenate((batch.rows[which], old.rows))[:_REMEMBERED],
            np.concatenate((batch.terms[which], old.terms))[:_REMEMBERED],
            np.concatenate((batch.alone[which], old.alone))[:_REMEMBERED],
            old.cuts,
        )

    def _survey(self, piece: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        chosen = generator.integers(len(self._rows), size=_SORT)
        features, active = self._terms.features, self._active
        filled = fill(self._rows[chosen], features, active, generator, self._barred[chosen])
        rows = [self._rows[piece], _padded(filled, active)]
        gates = [self._able[piece], self._able[chosen]]
        if self._short:
            short = draw_inputs("one-short", self._terms, active, _SORT, generator)
            rows.append(_padded(short, active))
            gates.append(np.full(_SORT, -1))
        terms = np.concatenate(gates)
        return self._grouped(np.concatenate(rows), terms, np.arange(len(terms)) < len(piece))

    def _drill(self, generator: np.random.Generator) -> Batch:
        """Take samples out of the remembered ones, half of them gates alone."""
        failed = self._failed
        order = generator.permutation(len(failed.rows))
        alone = failed.alone[order]
        taken = np.concatenate((order[alone][:_SORT], order[~alone][:_SORT]))
        left = np.ones(len(order), bool)
        left[taken] = False
        self._failed = Batch(failed.rows[left], failed.terms[left], failed.alone[left], failed.cuts)
        return self._grouped(failed.rows[taken], failed.terms[taken], failed.alone[taken])

    def _grouped(
        self, rows: NDArray[np.int32], terms: NDArray[np.int64], alone: NDArray[np.bool_]
    ) -> Batch:
        heavy = np.where((rows >= 0) & self._heavy[rows], rows, -1).max(axis=1, initial=-1)
        order = np.argsort(heavy, kind="stable")
        inner = np.flatnonzero(np.diff(heavy[order])) + 1
        cuts = np.concatenate(([0], inner, [len(rows)])).astype(np.int64)
        return Batch(rows[order], terms[order], alone[order], cuts)

    def _nothing(self) -> Batch:
        nothing = np.empty(0, np.int64)
        rows = np.empty((0, self._active), np.int32)
        return Batch(rows, nothing, np.empty(0, bool), np.zeros(1, np.int64))


def _padded(rows: NDArray[np.int32], width: int) -> NDArray[np.int32]:
    missing = width - rows.shape[1]
    return np.pad(rows, ((0, 0), (0, missing)), constant_values=-1)
