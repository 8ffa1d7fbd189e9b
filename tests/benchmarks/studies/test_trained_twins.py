"""The search of the least width of trained networks, and its table."""

from __future__ import annotations

import pytest

from studies import trained_twins
from studies.trained_twins import TrainedTwins, least_passing


@pytest.mark.parametrize("start", [1, 4, 5, 9])
def test_the_least_that_passes_is_found_from_anywhere(start: int) -> None:
    asked: list[int] = []

    def passes(place: int) -> bool:
        asked.append(place)
        return place >= 5

    assert least_passing(passes, start) == 5
    assert {4, 5} <= set(asked)


def test_where_all_pass_the_least_of_all_is_found() -> None:
    assert least_passing(lambda place: True, 3) == 1


def test_a_search_trains_no_width_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def trained(circuit: object, case: object, neurons: int, seed: int) -> dict[str, object]:
        seen.append(neurons)
        return {"neurons": neurons, "passes": neurons >= 20, "seconds": 2.0}

    monkeypatch.setattr(trained_twins, "trained", trained)
    found = trained_twins.least(trained_twins.QUICK_CASES[0], 0)
    assert found["neurons"] >= 20
    assert len(seen) == len(set(seen))
    assert found["seconds"] == 2.0 * len(seen)


def test_the_table_has_a_row_per_case() -> None:
    seed = {"neurons": 20, "kappa": 0.1, "epsilon": 0.4, "parameters": 900, "seconds": 3.0}
    case = {
        "problem": "and2:features=30,gates=30",
        "computed": False,
        "steps": 200,
        "compiled": 30,
        "compiled_parameters": 990,
        "construction": "monosemantic",
        "seeds": [seed, {**seed, "neurons": 24}],
    }
    results = {"trained_twins": {"cases": [case]}}
    assert "20, 24" in "\n".join(TrainedTwins().section(results))
    assert TrainedTwins().finding(results).startswith("`and2:features=30,gates=30`: 22 trained")
