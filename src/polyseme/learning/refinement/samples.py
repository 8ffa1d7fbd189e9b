"""The inputs a network whose ReLUs bend is tried on: a survey of all gates, and those it fails on.

Which ReLUs are on differs from input to input, so inputs are drawn and run. A pass has surveys and
drills by turns. Together the surveys of a pass have every gate alone, as many or more satisfied
gates with other features on, and, where gates have three inputs or more, as many gates that lack
one. A drill takes up again inputs on which something was wrong, or close to it, earlier in the same
pass: half of them gates alone, as long as there are any, since those are few and all must be right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.common.random_streams import Stream, stream
from polyseme.verification.inputs import draw_inputs, fill, padded_literals, satisfiable

# Inputs of each sort in a survey, and of both sorts in a drill.
_SORT = 256
_FEWEST_SURVEYS = 10
# So many that were failed are remembered, the latest first.
_REMEMBERED = 20_000
# A feature read by this share of the terms is heavy: inputs are put in groups by those.
_HEAVY = 0.05


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs in groups: those of a group have the same heavy feature on, or none.

    `rows` int32 (samples, active), -1 pads; `terms` int64 (samples,), the term that a sample was
    drawn to satisfy, or -1; `alone` says where nothing else is on; group i is
    `cuts[i]:cuts[i + 1]`.
    """

    rows: NDArray[np.int32]
    terms: NDArray[np.int64]
    alone: NDArray[np.bool_]
    cuts: NDArray[np.int64]


class Samples:
    """The inputs of every step, drawn from the seed; what was failed is forgotten with the pass."""

    def __init__(self, terms: Terms, active: int, seed: int) -> None:
        """Raises OptionError where no gate can be satisfied by `active` features."""
        self._terms, self._active, self._seed = terms, active, seed
        self._able = satisfiable(terms, active)
        # One row a gate that can be satisfied.
        self._rows = _padded(padded_literals(terms, self._able, 1), active)
        self._barred = padded_literals(terms, self._able, -1)
        self._pieces = -(-len(self._rows) // _SORT)
        self._surveys = max(_FEWEST_SURVEYS, self._pieces)
        self._heavy = terms.influence >= _HEAVY * len(terms)
        self._short = bool((terms.plain[self._able] > 2).any())
        self._failed = self._nothing()

    @property
    def steps_per_pass(self) -> int:
        """How many steps a pass has: a drill after every survey."""
        return 2 * self._surveys

    def at(self, step: int) -> Batch:
        """The inputs of a step; steps are asked for in order, from the beginning of a pass on."""
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
        """Remember these samples of a batch."""
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
        """Take samples out of those failed."""
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
