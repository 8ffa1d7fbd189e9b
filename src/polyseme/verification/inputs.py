"""Named distributions of sparse inputs for checking networks.

Inputs are lists of active features, int32 (samples, active), padded with -1. Uniform active sets
hardly ever satisfy a gate of a large circuit, so a meaningful check needs the other distributions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.supports import draw_supported, guess_supports
from polyseme.circuits.terms import Terms
from polyseme.common.ragged import places_in_rows
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError

Generator = np.random.Generator
# Tables with one byte per row and feature are at most so many times as large as the rows.
_LOOKED_UP = 32

DESCRIPTIONS = {
    "satisfied": "a random gate's inputs on, filled up with random features",
    "one-short": "all inputs of a random gate on but one, filled up with random features",
    "near-miss": "gates with all inputs on but one, crowded on the same neuron",
    "uniform": "uniformly random active sets",
    "alone": "every gate's inputs on and nothing else, each gate once",
}

DEEP_DESCRIPTIONS = {
    "satisfied": "a random gate at a random depth switched on, filled up with random features",
    "uniform": "uniformly random active sets",
    "alone": "a random gate at a random depth switched on and nothing else",
    "mixed": "satisfied and uniform by turns",
}


def draw_inputs(
    name: str,
    terms: Terms,
    active: int,
    samples: int,
    generator: Generator,
    hosts: sp.csr_array | None = None,
) -> NDArray[np.int32]:
    """Draw `samples` inputs with at most `active` features on from a named distribution.

    `hosts` (neurons, terms) holds the terms on each neuron. Near-misses are of terms that share a
    neuron, or an input if there are no `hosts`. "alone" returns one row per gate, or `samples` rows
    chosen at random if there are more gates. Raises OptionError for an unknown name, and if
    `active` features can satisfy no gate.
    """
    if name == "uniform":
        return fill(np.empty((samples, 0), np.int32), terms.features, active, generator)
    if name == "alone":
        return _alone(terms, active, samples, generator)
    draw: dict[str, Callable[..., NDArray[np.int32]]] = {
        "satisfied": lambda: _satisfied(terms, active, samples, generator),
        "one-short": lambda: _one_short(terms, active, samples, generator),
        "near-miss": lambda: _near_miss(terms, active, samples, generator, hosts),
    }
    if name not in draw:
        raise _unknown(name, DESCRIPTIONS)
    return draw[name]()


def _unknown(name: str, described: dict[str, str]) -> OptionError:
    return OptionError(
        f"no inputs named {name!r}; there are {', '.join(described)}{did_you_mean(name, described)}"
    )


def draw_deep_inputs(
    name: str,
    circuit: Circuit,
    active: int,
    samples: int,
    generator: Generator,
    supports: NDArray[np.int32] | None = None,
) -> NDArray[np.int32]:
    """Draw `samples` inputs with at most `active` features on for a circuit of any depth.

    Gates are switched on by `supports` (wires, active), or by those that `guess_supports` returns;
    either way every such row is checked to have its gate on. If no gate has a support, rows are
    uniform. Raises OptionError for an unknown name, and for a name that only circuits of one hidden
    layer have.
    """
    if name in DESCRIPTIONS and name not in DEEP_DESCRIPTIONS:
        raise OptionError(
            f"inputs {name!r} are for circuits of one hidden layer; deeper ones have "
            f"{', '.join(DEEP_DESCRIPTIONS)}"
        )
    if name not in DEEP_DESCRIPTIONS:
        raise _unknown(name, DEEP_DESCRIPTIONS)
    features = len(circuit.features)
    rows = np.full((samples, min(active, features)), -1, np.int32)

    def filled(some: NDArray[np.int32]) -> NDArray[np.int32]:
        return fill(some, features, active, generator)

    supported = {"uniform": 0, "mixed": samples // 2}.get(name, samples)
    if supported:
        known = guess_supports(circuit, active) if supports is None else supports
        complete = (lambda some: some) if name == "alone" else filled
        # If half of the rows are supported, they are every other row, so that any run of rows is
        # mixed too.
        chosen = slice(0, 2 * supported, 2) if name == "mixed" else slice(None)
        rows[chosen] = draw_supported(
            circuit, known[:, : rows.shape[1]], supported, generator, complete
        )
    empty = (rows < 0).all(axis=1)
    rows[empty] = filled(rows[empty])
    return rows


def fill(
    fixed: NDArray[np.int32],
    features: int,
    active: int,
    generator: Generator,
    forbidden: NDArray[np.int32] | None = None,
) -> NDArray[np.int32]:
    """Return rows of distinct features (-1 pads) filled up to `active` with random other features.

    `forbidden` (rows, any width, -1 pads) lists features that a row must not receive.
    """
    width = min(active, features)
    rows = np.full((len(fixed), width), -1, np.int32)
    rows[:, : fixed.shape[1]] = -np.sort(-fixed, axis=1)[:, :width]
    taken = rows if forbidden is None else np.concatenate((rows, forbidden), axis=1)
    room = features - (taken >= 0).sum(axis=1)
    if features <= _LOOKED_UP * width:
        _fill_looking_up(rows, taken, room, features, generator)
        return rows
    for place in range(width):
        empty = np.flatnonzero((rows[:, place] < 0) & (room > 0))
        room[empty] -= 1
        while len(empty):
            rows[empty, place] = generator.integers(features, size=len(empty))
            others = np.delete(rows[empty], place, axis=1)
            if forbidden is not None:
                others = np.concatenate((others, forbidden[empty]), axis=1)
            empty = empty[(others == rows[empty, place][:, None]).any(axis=1)]
    return rows


def _fill_looking_up(
    rows: NDArray[np.int32],
    taken: NDArray[np.int32],
    room: NDArray[np.int64],
    features: int,
    generator: Generator,
) -> None:
    """Fill up rows in place, with the same draws, by looking up whether a feature is taken."""
    barred = np.zeros((len(rows), features + 1), bool)
    # The last column is for pads.
    barred[np.arange(len(rows))[:, None], taken] = True
    for place in range(rows.shape[1]):
        empty = np.flatnonzero((rows[:, place] < 0) & (room > 0))
        room[empty] -= 1
        while len(empty):
            drawn = generator.integers(features, size=len(empty))
            free = ~barred[empty, drawn]
            rows[empty[free], place] = drawn[free]
            barred[empty[free], drawn[free]] = True
            empty = empty[~free]


def padded_literals(terms: Terms, chosen: NDArray[np.int64], sign: int) -> NDArray[np.int32]:
    """Return the literals of one sign of the chosen terms, int32 (chosen, width), -1 pads."""
    picked = terms.select(chosen)
    keep = picked.signs == sign
    row = picked.term_of_literal[keep]
    counts = np.bincount(row, minlength=len(chosen))
    place = places_in_rows(counts)
    table = np.full((len(chosen), int(counts.max(initial=0))), -1, np.int32)
    table[row, place] = picked.literals[keep]
    return table


def satisfiable(terms: Terms, active: int) -> NDArray[np.int64]:
    """Return the terms that `active` features can satisfy, rising.

    Raises OptionError if there are none.
    """
    able = np.flatnonzero(terms.plain <= active)
    if not len(able):
        raise OptionError(f"no gate can be satisfied with {active} active features")
    return able


def _satisfied(terms: Terms, active: int, samples: int, generator: Generator) -> NDArray[np.int32]:
    chosen = generator.choice(satisfiable(terms, active), samples)
    plain, negated = padded_literals(terms, chosen, 1), padded_literals(terms, chosen, -1)
    return fill(plain, terms.features, active, generator, negated)


def _one_short(terms: Terms, active: int, samples: int, generator: Generator) -> NDArray[np.int32]:
    """Draw rows in which a random term lacks one random input, which is not filled in again."""
    chosen = generator.choice(np.flatnonzero(terms.plain - 1 <= active), samples)
    plain = padded_literals(terms, chosen, 1)
    missing = (generator.random(samples) * terms.plain[chosen]).astype(np.int64)
    rows = np.arange(samples)
    left_out = plain[rows, missing].copy()
    plain[rows, missing] = -1
    return fill(plain, terms.features, active, generator, left_out[:, None])


def _alone(terms: Terms, active: int, samples: int, generator: Generator) -> NDArray[np.int32]:
    able = satisfiable(terms, active)
    if len(able) > samples:
        able = np.sort(generator.choice(able, samples, replace=False))
    return padded_literals(terms, able, 1)


def _near_miss(
    terms: Terms,
    active: int,
    samples: int,
    generator: Generator,
    hosts: sp.csr_array | None,
) -> NDArray[np.int32]:
    """Draw rows with all inputs but one of several terms of a random neuron, filled at random."""
    crowds = _share_an_input(terms) if hosts is None else hosts
    busy = np.flatnonzero(np.diff(crowds.indptr))
    rows = np.full((samples, min(active, terms.features)), -1, np.int32)
    barred = np.full((samples, rows.shape[1] + 1), -1, np.int32)
    for sample, neuron in enumerate(generator.choice(busy, samples)):
        hosted = crowds.indices[crowds.indptr[neuron] : crowds.indptr[neuron + 1]]
        on: list[int] = []
        off: list[int] = []
        for term in generator.permutation(hosted)[: rows.shape[1] + 1]:
            _almost(terms, int(term), on, off, rows.shape[1], generator)
        rows[sample, : len(on)] = on
        barred[sample, : len(off)] = off
    return fill(rows, terms.features, active, generator, barred)


def _almost(
    terms: Terms, term: int, on: list[int], off: list[int], active: int, generator: Generator
) -> None:
    """Switch on as many of a term's plain literals as fit, leaving one of them off."""
    begin, end = terms.offsets[term : term + 2]
    plain = generator.permutation(terms.literals[begin:end][terms.signs[begin:end] > 0]).tolist()
    if not any(feature in off for feature in plain):
        spared = next((feature for feature in plain if feature not in on), None)
        if spared is None:
            return
        off.append(spared)
    on += [x for x in plain if x not in on and x not in off][: active - len(on)]


def _share_an_input(terms: Terms) -> sp.csr_array:
    ones = np.ones(len(terms.literals), np.int8)
    shape = (terms.features, len(terms))
    return sp.coo_array((ones, (terms.literals, terms.term_of_literal)), shape=shape).tocsr()
