"""The study of refinement through depth, on a circuit that takes no time and on made-up rows."""

from __future__ import annotations

import pytest

from studies import refined_depth
from studies.refined_depth import RefinedDepth, smallest, tried


def sized(neurons: int, compiled: int, refined: int | None) -> dict[str, object]:
    """Return a size with so many wrong samples to choose on, and one more to show."""
    row: dict[str, object] = {"neurons": neurons}
    row["compiled"] = {"chosen_on": compiled, "shown": compiled + 1}
    if refined is not None:
        row["refined"] = {"chosen_on": refined, "shown": refined + 1}
        row |= {"moved": 0.25, "seconds": 12.3}
    return row


def circuit(*sizes: dict[str, object]) -> dict[str, object]:
    exact = {"neurons": 900, "neurons_total": 3600}
    place = {"width": 1000, "depth": 4, "active": 2, "passes": 30}
    return {**place, "declared": 800, "exact": exact, "sizes": list(sizes)}


@pytest.mark.slow
def test_a_row_has_what_verification_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refined_depth, "SAMPLES", 500)
    monkeypatch.setattr("polyseme.learning.refinement.held_out._SAMPLES", 500)
    monkeypatch.setattr("polyseme.learning.refinement.held_out._ALONE_DEEP", 500)
    row = tried(width=300, depth=2, active=1, passes=10, neurons=200, refined=True)
    assert row["neurons"] == 200
    assert row["refined"]["shown"] < row["compiled"]["shown"]
    assert "refined" not in tried(300, 2, 1, 10, 200, False)


def test_the_smallest_size_is_chosen_on_its_own_samples_with_their_upper_end() -> None:
    # Of 20,000 samples 10 may be wrong: the upper end of 11 is 0.00098, of 12 it is 0.00105.
    row = circuit(sized(500, 300, 12), sized(600, 200, 11), sized(700, 11, None))
    found = smallest(row, "refined")
    assert found is not None
    assert found["neurons"] == 600
    assert smallest(circuit(sized(500, 300, 12)), "compiled") is None


def test_the_page_has_shares_saved_and_dashes_where_no_size_passes() -> None:
    rows = [
        circuit(sized(500, 300, 40), sized(600, 200, 5), sized(800, 7, None)),
        circuit(sized(500, 300, 4)),
    ]
    results = {"refined_depth": {"error": 1e-3, "samples": 20_000, "cases": rows}}
    text = "\n".join(RefinedDepth().section(results))
    assert "| 800 | 800 | 8 | 600 | 6 | **25%** |" in text
    assert "| – | – | 500 | 5 | – |" in text
    assert "25% fewer ReLUs than compiled" in RefinedDepth().finding(results)
    results["refined_depth"]["cases"] = rows[1:]
    assert RefinedDepth().finding(results) == "no size passes both compiled and refined"
