"""`polyseme bounds` over every construction there is."""

from __future__ import annotations

import polyseme as ps
from support.cli import PROBLEM, Bench, assert_refused, call, done


def test_bounds_tells_what_the_library_knows(bench: Bench) -> None:
    fields = done("bounds", PROBLEM, "--active", "2", "--error", "0.01", "--json").json()
    assert fields == ps.bounds(ps.read(PROBLEM), active=2, error=0.01).as_json()
    assert {"lower", "constructions", "monosemantic_neurons"} <= set(fields)
    said = done("bounds", PROBLEM, "--active", "2", "--error", "0.01", "--all").stdout
    for row in [*fields["lower"], *fields["constructions"]]:
        assert any(
            row["name"] in line and f" {row['neurons']:,} " in line for line in said.splitlines()
        )
    assert "monosemantic" in done("bounds", bench.facts).stdout


def test_bounds_refuses_promises_out_of_range() -> None:
    assert_refused(call("bounds", PROBLEM, "--active", "201"), "201")
    assert_refused(call("bounds", PROBLEM, "--error", "0"), "1e-6")
