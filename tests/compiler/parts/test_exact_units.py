"""Exact units: on every input of at most s features each group reads as exactly 0 or 1."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.factoring import Factored, LiteralRows, factored
from polyseme.circuits.terms import Terms
from polyseme.compiler.parts.exact_units import ExactUnits, exact_units
from support.term_sets import factorable, sets_of, terms_from


def inputs(features: int, active: int) -> np.ndarray:
    """Every input of at most `active` features, a row of bits each."""
    rows = [some for size in range(active + 1) for some in combinations(range(features), size)]
    bits = np.zeros((len(rows), features), int)
    for row, some in enumerate(rows):
        bits[row, list(some)] = 1
    return bits


def units_on(units: ExactUnits, bits: np.ndarray) -> np.ndarray:
    return np.maximum(bits @ units.weights.toarray().T.astype(int) + units.bias, 0)


def readings(units: ExactUnits, bits: np.ndarray) -> np.ndarray:
    """What every output reads, (inputs, outputs)."""
    return units.resting + units_on(units, bits) @ units.reads.toarray().T.astype(int)


def literals_on(rows: LiteralRows, row: int, bits: np.ndarray) -> np.ndarray:
    begin, end = rows.offsets[row : row + 2]
    values = bits[:, rows.features[begin:end]]
    return np.where(rows.signs[begin:end] > 0, values, 1 - values)


def groups_on(form: Factored, bits: np.ndarray, outputs: int) -> np.ndarray:
    """The number of groups of every output that are on, by the definition, (inputs, outputs)."""
    counts = np.zeros((len(bits), outputs), int)
    for group, output in enumerate(form.output.tolist()):
        factor = literals_on(form.factors, group, bits).all(axis=1)
        members = literals_on(form.members, group, bits).sum(axis=1)
        counts[:, output] += factor & (members >= form.least[group])
    return counts


def truth(terms: Terms, bits: np.ndarray) -> np.ndarray:
    """What every output is, from its terms, (inputs, outputs)."""
    on = np.zeros((len(bits), terms.outputs), bool)
    for output, term in zip(terms.output.tolist(), sets_of(terms), strict=True):
        on[:, output] |= np.all([bits[:, abs(x) - 1] == (x > 0) for x in term], axis=0)
    return on


def check_units(terms: Terms, active: int) -> ExactUnits:
    units, form, bits = exact_units(terms, active), factored(terms), inputs(terms.features, active)
    read, on = readings(units, bits), truth(terms, bits)
    assert np.array_equal(read, groups_on(form, bits, terms.outputs))
    assert np.array_equal(read > 0, on)
    single = np.bincount(form.output, minlength=terms.outputs) == 1
    assert np.array_equal(read[:, single], on[:, single])
    assert len(units.bias) == units.neurons <= terms.own_neurons
    assert np.abs(units.weights.data).max() <= 2
    # Every term is served by all units that its output reads for its group, and no unit is idle.
    serves = units.served.toarray()
    assert serves.any(axis=0).all()
    assert serves.any(axis=1).all()
    pairs = {(int(terms.output[t]), int(u)) for t, u in np.argwhere(serves)}
    reads = units.reads.tocoo()
    assert pairs == set(zip(reads.row.tolist(), reads.col.tolist(), strict=True))
    return units


@settings(max_examples=400, deadline=None)
@given(terms=factorable(), data=st.data())
def test_outputs_read_the_number_of_their_groups_that_are_on(terms, data):
    most = int(terms.plain.max())
    check_units(terms, data.draw(st.integers(most, terms.features)))


def size(outputs: list[list[list[int]]], active: int, features: int = 6) -> int:
    return check_units(terms_from(features, outputs), active).neurons


FACTS = [[[1, 5], [2, 5], [3, 5]], [[4, 5]], [[1, 6], [2, 6]], [[3, 6], [4, 6]]]
PAIRS = [[1, 2], [2, 3], [3, 1]]


@pytest.mark.parametrize(
    ("outputs", "active", "neurons"),
    [
        # One per output at one subject and one relation; then one more per relation that has an
        # output of several subjects.
        (FACTS, 2, 4),
        (FACTS, 3, 6),
        (FACTS, 6, 6),
        # A factor that no two members can be on beside.
        ([[[1, 2, 3], [1, 2, 4]]], 3, 1),
        ([[[1, 2, 3], [1, 2, 4]]], 4, 2),
        # Negated members are on at rest, so two of them are.
        ([[[1, -3], [1, -4]]], 1, 2),
        ([[[3, -1], [4, -1]]], 1, 1),
        ([[[3, -1], [4, -1]]], 2, 2),
        # An OR of literals, an AND, a threshold.
        ([[[1], [2], [3]]], 1, 1),
        ([[[1], [2], [3]]], 6, 1),
        ([[[1, 2, 3, -4]]], 6, 1),
        ([PAIRS], 2, 1),
        ([PAIRS], 3, 2),
        ([[[1, 2], [1, -3], [2, -3]]], 2, 2),
        # Groups that have nothing in common.
        ([[[1, 2], [3, 4], [5, -6]]], 6, 3),
        # What outputs share: all of it, an AND of a factor, a part of a threshold.
        ([PAIRS, PAIRS], 3, 2),
        ([[[1, 3], [2, 3]], [[4, 3], [5, 3]], [[3]]], 3, 3),
        ([[[1, 2, 3], [1, 2, 4]], [[1, 2]]], 4, 2),
        ([PAIRS, [[1, 2, 3]]], 3, 2),
    ],
)
def test_sizes(outputs, active, neurons):
    assert size(outputs, active) == neurons


def test_equal_units_that_cancel_keep_their_place():
    """An OR of a & not b, a & not c, and a & b & c is a: the unit of a & b & c counts as 0."""
    units = check_units(terms_from(3, [[[1, -2], [1, -3], [1, 2, 3]]]), 3)
    assert units.neurons == 2
    assert sorted(units.reads.data.tolist()) == [0, 1]


def test_an_or_of_literals_rests_at_one():
    units = check_units(terms_from(3, [[[1], [2]], [[1, 3]]]), 3)
    assert units.resting.tolist() == [1, 0]
    assert sorted(units_on(units, np.zeros((1, 3), int))[0].tolist()) == [0, 1]


def test_units_are_found_once_per_promise():
    terms = terms_from(6, FACTS)
    assert exact_units(terms, 3) is exact_units(terms, 3)
    assert exact_units(terms, 3) is not exact_units(terms, 2)


def test_a_plain_form_with_two_members_on_would_read_two():
    """The check above can fail: units for one promise are not exact on inputs that break it."""
    terms = terms_from(6, FACTS)
    bits = inputs(6, 3)
    assert readings(exact_units(terms, 2), bits).max() == 2
    assert readings(exact_units(terms, 3), bits).max() == 1
