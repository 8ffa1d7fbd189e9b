"""How much networks of a width could compute, against trying every number."""

from __future__ import annotations

import json
from math import comb, factorial, log2

import pytest

import polyseme as ps
from polyseme.errors import OptionError
from polyseme.limits.ands import Ands
from polyseme.limits.epsilon_floor import epsilon_floor
from polyseme.limits.linear_floor import linear_floor
from polyseme.limits.width import WidthBounds, bounds_of_width


def by_name(possible: WidthBounds) -> dict[str, int]:
    return {row.name: row.features for row in possible.rows}


@pytest.mark.parametrize(("width", "layers", "bits"), [(5, 1, 1.0), (14, 2, 1.0), (9, 1, 3.5)])
def test_every_number_of_features_is_tried(width: int, layers: int, bits: float) -> None:
    room = width**2 * layers * bits
    found = by_name(bounds_of_width(width, layers=layers, bits=bits))
    tried = range(3, 200)

    def most(members: list[int]) -> int:
        return max(m for m, number in zip(tried, members, strict=True) if log2(number) <= room)

    assert found["permutation"] == most([factorial(m) for m in tried])
    sets = [comb(comb(m, 2), m) for m in tried]
    assert found["pairwise AND, order of outputs ignored"] == most(sets)
    in_order = [number * factorial(m) for m, number in zip(tried, sets, strict=True)]
    assert found["pairwise AND, outputs in order"] == most(in_order)


def test_floors_turned_round() -> None:
    rows = by_name(bounds_of_width(200, active=3))
    floors = {
        "pairwise AND, influence 2, linear, drawn codes": lambda ands: linear_floor(
            ands, 3, 1e-3, readout_is_drawn=True
        ),
        "pairwise AND, influence 2, computed to 0.25, drawn codes": lambda ands: epsilon_floor(
            ands, 3, 0.25
        ),
        "pairwise AND, influence 2, computed to 0.1, drawn codes": lambda ands: epsilon_floor(
            ands, 3, 0.1
        ),
    }
    assert set(floors) < set(rows)
    for name, floor in floors.items():
        features = rows[name]
        assert floor(Ands(2, features, features, 2)) <= 200
        assert floor(Ands(2, features + 1, features + 1, 2)) > 200


def test_the_inverse_of_the_bounds_of_a_circuit() -> None:
    possible = ps.bounds(ps.read("and2:features=1000,gates=1000"))
    assert possible.lower_bound_neurons_family is not None
    name = "pairwise AND, influence 2, outputs in order"
    neurons = possible.lower_bound_neurons_family
    assert by_name(bounds_of_width(neurons))[name] >= 1000
    assert by_name(bounds_of_width(neurons - 1))[name] < 1000


def test_what_depends_on_what() -> None:
    one, two = bounds_of_width(50), bounds_of_width(50, layers=2)
    assert by_name(two)["permutation"] > by_name(one)["permutation"]
    assert by_name(two)["permutation"] == by_name(bounds_of_width(50, bits=2))["permutation"]
    # A pair is never on, so only permutations are left.
    assert len(bounds_of_width(50, active=1).rows) == 1
    linear = "pairwise AND, influence 2, linear, drawn codes"
    assert by_name(bounds_of_width(200, active=6))[linear] < by_name(bounds_of_width(200))[linear]
    assert by_name(bounds_of_width(200, error=0.1))[linear] > by_name(bounds_of_width(200))[linear]


@pytest.mark.parametrize("width", [1, 2, 10**8])
def test_widths_at_their_limits(width: int) -> None:
    plain = bounds_of_width(width, bits=4).as_json()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert all(row["features"] >= 0 for row in plain["rows"])
    assert plain["bits"] == 4 * width**2


def test_values_out_of_range_are_refused() -> None:
    for wrong in ({"layers": 0}, {"active": 0}, {"bits": 0}, {"bits": float("inf")}, {"error": 0}):
        with pytest.raises(OptionError, match=f"{next(iter(wrong))} is"):
            bounds_of_width(50, **wrong)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="width is 0"):
        bounds_of_width(0)
