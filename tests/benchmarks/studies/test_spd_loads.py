"""What components are like: a page of runs that are known, and a small run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from studies.spd_loads.decomposed import decomposed
from studies.spd_loads.study import LIKE, QUICK_CASES, SpdLoads


def run(**like: int) -> dict[str, Any]:
    shown = {"units": 55, "gates": 50, "inputs": 100, "important": 2.0, "faithful": 0.9}
    shown |= {"adversarial": 1.0, "converged": True, "seconds": 1.0}
    return {**shown, "like": {**dict.fromkeys(LIKE, 0), **like}}


RESULTS = {
    "spd_loads": {
        "cases": [
            {
                "network": "some-load1",
                "minimality": 3e-3,
                "runs": [run(gates=10, inputs=80), run(gates=20, inputs=70)],
            },
            {"network": "some-mono", "minimality": 1e-2, "runs": [run()]},
        ]
    }
}


def test_the_page_has_means_over_seeds() -> None:
    page = "\n".join(SpdLoads().section(RESULTS))
    assert "| some-load1 (50 gates of 100 inputs) | 0.003 | 2 | 55 | 90.0 | 15.0 | 75.0 |" in page
    assert SpdLoads().finding(RESULTS) == (
        "some-load1: of 90 components that are alive 75 are like inputs and 15 like gates"
    )


def test_the_picture_is_drawn_even_where_nothing_is_alive(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    SpdLoads().draw(RESULTS, tmp_path)
    assert (tmp_path / "spd_loads.png").stat().st_size > 1000


@pytest.mark.slow
def test_a_small_run_says_what_components_are_like() -> None:
    case = {name: value for name, value in vars(QUICK_CASES[0]).items() if name != "seeds"}
    found = decomposed(**case, seed=0)
    assert set(found["like"]) == set(LIKE)
    assert sum(found["like"].values()) <= 2 * found["inputs"]
    assert found["gates"] == 32
