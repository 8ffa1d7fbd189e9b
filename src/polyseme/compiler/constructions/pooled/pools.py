"""Pass 1: which feature opens the units of each AND of two, and which ANDs share a codeword.

An AND is put into the pool of its *owner*, the input of greater influence: units that no other
owner has. Its other input is a *member*. In a table of facts owners are relations, and the members
of one owner and one output are the subjects with one object; they share a codeword, for what is
wanted is their OR. An AND whose owner is in few others goes to the *open* pool instead, which no
feature owns and where both inputs are members.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.least_noise.codes import OVER_DRIVEN, gate_weight
from polyseme.compiler.task import Task

OPEN = -1
# An owner of fewer ANDs gets no pool: their code would take as many units as they are.
MIN_POOL_TERMS = 16
_UNITS_TIMES_EPSILON = 0.875
_REFERENCE_EPSILON = 0.25


@dataclass(frozen=True, eq=False)
class Pools:
    """The pools of a task, and their codewords, sorted by pool.

    Shapes: `owners` int32 (pools,) has `OPEN` for the open pool; `pool`, `output` and `size` int64
    (words,) are the pool of each codeword, the output that reads it, and the members that drive it;
    `word` int64 (terms,) is the codeword of each AND; `driving` Boolean (terms, 2) says which of
    its inputs are members.
    """

    task: Task
    owners: NDArray[np.int32]
    pool: NDArray[np.int64]
    output: NDArray[np.int64]
    size: NDArray[np.int64]
    word: NDArray[np.int64]
    driving: NDArray[np.bool_]

    @cached_property
    def weight(self) -> NDArray[np.int64]:
        """Units per codeword in the code of each pool, int64 (pools,).

        Members of different words that are on beside a word's owner each share a unit with it at
        most, so `active` - 1 of them add up to a share of its units that epsilon allows.
        """
        task = self.task
        epsilon = task.epsilon or _REFERENCE_EPSILON
        owned = math.ceil(_UNITS_TIMES_EPSILON * (task.active - 1) / epsilon)
        return np.where(self.owners == OPEN, gate_weight(task.epsilon), owned).astype(np.int64)

    @cached_property
    def fewest_places(self) -> NDArray[np.int64]:
        """Fewest values per place in the code of each pool, int64 (pools,): 1 but in the open pool.

        There a feature drives the words of all its ANDs. A word with one input on would be taken
        for satisfied if they covered much of it.
        """
        fewest = np.ones(len(self.owners), np.int64)
        inputs = self.task.terms.literals.reshape(-1, 2)[self.pool[self.word] == self._open]
        if len(inputs):
            fewest[self._open] = OVER_DRIVEN * int(np.bincount(inputs.ravel()).max())
        return fewest

    @property
    def _open(self) -> int:
        """The number of the open pool; -1 if there is none."""
        return 0 if self.owners[0] == OPEN else -1


def make_pools(task: Task) -> Pools:
    """Return the pools of a task all of whose terms are ANDs of two features."""
    terms = task.terms
    inputs, owner = terms.literals.reshape(-1, 2), owners_of(task)
    codes = (owner.astype(np.int64) + 1) * terms.outputs + terms.output
    words, word, size = np.unique(codes, return_inverse=True, return_counts=True)
    # Both inputs of an AND in the open pool drive its word.
    size = np.where(words < terms.outputs, 2, size)
    owners, pool = np.unique(words // terms.outputs - 1, return_inverse=True)
    return Pools(
        task,
        owners.astype(np.int32),
        pool.astype(np.int64),
        words % terms.outputs,
        size.astype(np.int64),
        word.astype(np.int64),
        inputs != owner[:, None],
    )


def owners_of(task: Task) -> NDArray[np.int32]:
    """Return the owner of each AND of two, int32 (terms,); `OPEN` where it has none.

    An AND that shares its output with others always has one, so that they can share a codeword.
    """
    terms = task.terms
    inputs = terms.literals.reshape(-1, 2)
    heavier = np.argmax(terms.influence[inputs], axis=1)
    owner = inputs[np.arange(len(inputs)), heavier]
    owned = np.bincount(owner, minlength=terms.features)[owner] >= MIN_POOL_TERMS
    owned |= several_terms(terms)[terms.output]
    return np.where(owned, owner, OPEN).astype(np.int32)


def several_terms(terms: Terms) -> NDArray[np.bool_]:
    """Return which outputs are ORs of several terms, Boolean (outputs,)."""
    return np.bincount(terms.output, minlength=terms.outputs) > 1
