"""What constructions reach in a width, against the sizes that they declare for a circuit."""

from __future__ import annotations

import pytest

import polyseme as ps
from polyseme.limits.reached import MOST_TRIED, reached


def declared(features: int, name: str, active: int) -> int:
    circuit = ps.problems.pairwise_and(features, features)
    (row,) = [row for row in ps.bounds(circuit, active=active).rows if row.name == name]
    return int(row.neurons)


def test_a_construction_reaches_what_it_declares_and_no_more_by_a_step() -> None:
    (exact, *others) = reached(1500, 3, 1e-3)
    assert exact == ("monosemantic", "exact", 1500)
    assert [(name, manner) for name, manner, _ in others] == [
        ("least-noise", "computed"),
        ("tight-frames", "thresholded"),
    ]
    for name, _, features in others:
        assert declared(features, name, 3) <= 1500
        assert declared(round(features * 2 ** (1 / 16)) + 1, name, 3) > 1500


@pytest.mark.parametrize(("width", "active"), [(60, 3), (1500, 20)])
def test_where_superposition_does_not_pay_only_the_exact_network_is_named(
    width: int, active: int
) -> None:
    assert reached(width, active, 1e-3) == (("monosemantic", "exact", width),)


def test_no_more_is_claimed_than_was_tried() -> None:
    assert reached(2 * MOST_TRIED, 3, 1e-3) == (("monosemantic", "exact", MOST_TRIED),)
