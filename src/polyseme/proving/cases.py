"""Cases: sets of inputs on each of which an output has one value, together all inputs there are.

A case has some features on, some off, and all others free. An output that is an OR of terms is on
in the case of each term: plain literals on, negated ones off. It is off in cases that are found by
splitting: a literal of the terms that are left is taken off and on, until no term is left. So an
AND of k features is off in k cases, and the objects of a table of facts in one for each set of
relations that are on, with all their subjects off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms, one_layer_form
from polyseme.common.ragged import row_numbers, row_offsets, select_rows
from polyseme.errors import OptionError

# Splits of one output, beyond which nothing is said about it.
MOST_SPLITS = 20_000
# A term in splitting: its literals, feature f plain as f + 1 and negated as -f - 1.
_Literals = frozenset[int]


@dataclass(frozen=True, eq=False)
class Cases:
    """Cases in the order of their outputs.

    Shapes: `output` int64 and `must_be_on` bool, both (cases,); `offsets` int64 (cases + 1,) cuts
    `features` int64 and `on` bool into one run per case, the features that it fixes and whether
    they are on. `undecided` int64 are outputs that have too many cases, and so none here.
    """

    outputs: int
    output: NDArray[np.int64]
    must_be_on: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    features: NDArray[np.int64]
    on: NDArray[np.bool_]
    undecided: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.output)

    @property
    def first(self) -> NDArray[np.int64]:
        """Number of the first case of each output, and behind them of all, int64 (outputs + 1,)."""
        return row_offsets(np.bincount(self.output, minlength=self.outputs))

    @property
    def fixed_on(self) -> NDArray[np.int64]:
        """Number of features that each case has on, int64 (cases,)."""
        case = row_numbers(np.diff(self.offsets))
        return np.bincount(case, self.on, len(self)).astype(np.int64)

    def fixed(self, case: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the features that a case has on, and those that it has off."""
        run = slice(int(self.offsets[case]), int(self.offsets[case + 1]))
        features, on = self.features[run], self.on[run]
        return features[on], features[~on]

    def select(self, chosen: NDArray[np.int64]) -> Cases:
        """Return the chosen cases, in the order given."""
        offsets, places = select_rows(self.offsets, chosen)
        return Cases(
            self.outputs,
            self.output[chosen],
            self.must_be_on[chosen],
            offsets,
            self.features[places],
            self.on[places],
            self.undecided,
        )


def cases_of(circuit: Circuit, most_on: int | None = None) -> Cases:
    """Return the cases of the outputs of a circuit that are ORs of terms, inverted or not.

    With `most_on`, cases that have more features on are left out.

    Raises:
        OptionError: An output is no OR of terms.
    """
    form = one_layer_form(circuit)
    if form.terms is None:
        raise OptionError(f"the outputs of {circuit.name} are not ORs of terms: {form.obstacle}")
    terms = form.terms
    counts = np.bincount(terms.output, minlength=terms.outputs)
    pieces = [_satisfied(terms)]
    single = counts[terms.output] == 1
    pieces += _unsatisfied_alone(terms.select(np.flatnonzero(single)))
    split, undecided = _split(terms, np.flatnonzero(counts != 1), most_on)
    joined = _joined(terms.outputs, [*pieces, split], undecided)
    kept = ~np.isin(joined.output, undecided)
    if most_on is not None:
        kept &= joined.fixed_on <= most_on
    order = np.flatnonzero(kept)
    order = order[np.argsort(joined.output[order], kind="stable")]
    cases = joined.select(order)
    # An inverted output is the negation of what its terms say.
    flipped = np.asarray(circuit.inverted, bool)
    return cases if not flipped.any() else _flipped(cases, flipped)


def _flipped(cases: Cases, flipped: NDArray[np.bool_]) -> Cases:
    must = cases.must_be_on ^ flipped[cases.output]
    return Cases(
        cases.outputs,
        cases.output,
        must,
        cases.offsets,
        cases.features,
        cases.on,
        cases.undecided,
    )


def _satisfied(terms: Terms) -> Cases:
    """Return one case per term, in which it is satisfied."""
    return Cases(
        terms.outputs,
        terms.output.astype(np.int64),
        np.ones(len(terms), bool),
        terms.offsets,
        terms.literals.astype(np.int64),
        terms.signs > 0,
        np.zeros(0, np.int64),
    )


def _unsatisfied_alone(terms: Terms) -> Iterator[Cases]:
    """Yield the cases in which terms, each the only one of its output, are not satisfied.

    In case j the literals before the j-th hold, and that one does not.
    """
    for width in np.unique(terms.widths):
        some = np.flatnonzero(terms.widths == width)
        places = terms.offsets[some, None] + np.arange(width)
        literals, plain = terms.literals[places].astype(np.int64), terms.signs[places] > 0
        for failing in range(int(width)):
            on = plain[:, : failing + 1].copy()
            on[:, failing] ^= True
            yield Cases(
                terms.outputs,
                terms.output[some].astype(np.int64),
                np.zeros(len(some), bool),
                np.arange(len(some) + 1) * (failing + 1),
                literals[:, : failing + 1].ravel(),
                on.ravel(),
                np.zeros(0, np.int64),
            )


def _split(
    terms: Terms, outputs: NDArray[np.int64], most_on: int | None
) -> tuple[Cases, NDArray[np.int64]]:
    """Return the cases in which outputs of no term, or of several, are off; and those given up."""
    output: list[int] = []
    runs: list[Sequence[int]] = []
    undecided = []
    bounds = np.searchsorted(terms.output, np.arange(terms.outputs + 1))
    coded = np.where(terms.signs > 0, terms.literals + 1, -terms.literals - 1)
    for number in outputs.tolist():
        some = [
            frozenset(coded[terms.offsets[term] : terms.offsets[term + 1]].tolist())
            for term in range(bounds[number], bounds[number + 1])
        ]
        found = _unsatisfied(some, len(coded) if most_on is None else most_on)
        if found is None:
            undecided.append(number)
            continue
        output += [number] * len(found)
        runs += found
    literals = np.array([literal for run in runs for literal in run], np.int64)
    cases = Cases(
        terms.outputs,
        np.array(output, np.int64),
        np.zeros(len(output), bool),
        row_offsets([len(run) for run in runs]),
        np.abs(literals) - 1,
        literals > 0,
        np.zeros(0, np.int64),
    )
    return cases, np.array(undecided, np.int64)


def _unsatisfied(terms: list[_Literals], most_on: int) -> list[list[int]] | None:
    """Return the cases, as literals that hold, in which no term is satisfied; None if too many."""
    found: list[list[int]] = []
    waiting: list[tuple[list[_Literals], frozenset[int]]] = [(terms, frozenset())]
    splits = 0
    while waiting:
        left, held = waiting.pop()
        splits += 1
        if splits > MOST_SPLITS:
            return None
        if frozenset() in left or sum(literal > 0 for literal in held) > most_on:
            continue
        alone = {literal for term in left if len(term) == 1 for literal in term}
        if alone:
            # Each of these terms fails only if its one literal does.
            fails = frozenset(-literal for literal in alone)
            if not any(-literal in fails for literal in fails):
                waiting.append((_holding(left, fails), held | fails))
        elif not left:
            found.append(sorted(held, key=abs))
        else:
            counts = Counter(literal for term in left for literal in term)
            most = max(counts.values())
            literal = min(other for other, count in counts.items() if count == most)
            for taken in (literal, -literal):
                one = frozenset({taken})
                waiting.append((_holding(left, one), held | one))
    return found


def _holding(terms: list[_Literals], held: frozenset[int]) -> list[_Literals]:
    """Return what is left of terms when some literals hold."""
    fails = {-literal for literal in held}
    return [term - held for term in terms if not term & fails]


def _joined(outputs: int, pieces: list[Cases], undecided: NDArray[np.int64]) -> Cases:
    return Cases(
        outputs,
        np.concatenate([piece.output for piece in pieces]),
        np.concatenate([piece.must_be_on for piece in pieces]),
        row_offsets(np.concatenate([np.diff(piece.offsets) for piece in pieces])),
        np.concatenate([piece.features for piece in pieces]),
        np.concatenate([piece.on for piece in pieces]),
        undecided,
    )
