"""The study of deep networks beside the exact one, on a circuit that takes no time."""

from __future__ import annotations

import polyseme as ps
from studies.deep_frontier import DeepFrontier, paying_width, sizes, times_fewer


def made_up(width: int, declared: int, exact: int) -> dict[str, object]:
    return {
        "width": width,
        "depth": 4,
        "active": 2,
        "computed": 3 * width,
        "exact": {
            "carry": "residual",
            "neurons": exact // 4,
            "neurons_total": exact,
            "state": width,
            "parameters": 9,
            "bytes": 99,
        },
        "declared": declared,
        "found": None,
    }


def test_sizes_are_those_of_networks_that_are_built() -> None:
    row = sizes(width=300, depth=2, active=2, search=False)
    circuit = ps.problems.layered(300, 2, active=2)
    exact = ps.compile(circuit, active=2, construction="monosemantic", carry="residual")
    assert row["exact"]["neurons_total"] == exact.neurons_total
    assert row["exact"]["state"] == exact.state
    assert row["computed"] == 2 * 225
    assert row["found"] is None


def test_widths_that_pay_grow_as_the_square_of_the_factor() -> None:
    rows = [made_up(1_000, 100, 200), made_up(4_000, 200, 800)]
    assert [times_fewer(row) for row in rows] == [0.5, 1.0]
    assert paying_width(rows, 1) == 4_000
    assert paying_width(rows, 4) == 64_000


def test_the_page_says_what_was_found_and_what_is_only_declared() -> None:
    searched = made_up(4_000, 200, 800)
    searched["found"] = {
        "neurons": 100,
        "neurons_total": 400,
        "state": 50,
        "parameters": 7,
        "bytes": 77,
        "wrong": 3,
        "samples": 20_000,
        "reached": True,
        "seconds": 12.3,
    }
    rows = [made_up(1_000, 100, 200), searched]
    results = {"deep_frontier": {"error": 1e-3, "seed": 0, "cases": rows}}
    text = "\n".join(DeepFrontier().section(results))
    assert "| 4 | 2 | 1,000 | 200 | 400 | 0.50 | – | – | – |" in text
    assert "| 4 | 2 | 4,000 | 800 | 800 | 1.00 | 400 | 3 of 20,000 | **2.00** |" in text
    assert "| 4 | 2 | 4,000 | 16,000 | 64,000 |" in text
    assert "have 0.50 to 0.50 times the ReLUs declared" in text
    assert "width to the" not in text
    network = "| 4 | 2 | 4,000 | 12,000 | in superposition | 400 | 100 | 50 | 7 | 77 | 12 |"
    assert network in text
    wider = {**searched, "width": 16_000, "found": {**searched["found"], "neurons_total": 800}}
    results["deep_frontier"]["cases"] = [*rows, wider]
    assert "grow as the width to the 0.50" in "\n".join(DeepFrontier().section(results))
    assert "2.0 times fewer ReLUs in all" in DeepFrontier().finding(results)
