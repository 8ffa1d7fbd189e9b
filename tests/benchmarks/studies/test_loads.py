"""Methods on the same gates on more and more units: a fit, and a page of fits that are known."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from studies.loads.fitted import fitted
from studies.loads.study import SCORE, Loads


def fit(units: int, score: float, converged: bool = True) -> dict[str, object]:
    return {"units": units, "gates": 32, "score": score, "converged": converged}


RESULTS = {
    "loads": {
        "case": {"network": "and2-64-load1", "methods": ["one", "two"], "seeds": 2},
        "rows": [
            {"method": "one", "fits": [fit(40, 0.5), fit(40, 0.7)]},
            {"method": "one", "fits": [fit(50, 0.6), fit(50, 0.8, converged=False)]},
            {"method": "two", "fits": [fit(40, 0.1), fit(40, 0.1)]},
            {"method": "two", "fits": [fit(50, 0.9), fit(50, 0.9)]},
        ],
    }
}


def test_the_page_has_means_ends_and_stars_and_the_finding_the_largest_step() -> None:
    page = "\n".join(Loads().section(RESULTS))
    assert "| method | 40 units | 50 units |" in page
    assert "| one | 0.60 (0.50 to 0.70) | 0.70* (0.60 to 0.80) |" in page
    assert Loads().finding(RESULTS) == (
        "the largest step is that of two, +0.80 from 40 to 50 units for 32 gates"
    )


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    Loads().draw(RESULTS, tmp_path)
    assert (tmp_path / "loads.png").stat().st_size > 1000


@pytest.mark.slow
def test_a_fit_is_that_of_the_benchmark() -> None:
    found = fitted("and2-64-load1", 48, "k-means", 0, SCORE)
    assert found["units"] <= 48
    assert found["gates"] == 32
    assert 0 < found["score"] <= 1
