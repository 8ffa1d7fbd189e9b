"""The search of the least width of trained networks, its file of rows, and its tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.part import Row
from harness.processes import Job
from studies import trained_twins
from studies.trained_twins import (
    CASES,
    LONG_CASES,
    STEP,
    Case,
    TrainedTwins,
    Trainings,
    least,
    least_passing,
    longest,
    searched,
)

CASE = Case("and2:features=30,gates=30", False, 200, 22, 2)


def silent(_: str) -> None:
    """Report nothing."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return the widths and seeds that are trained; those of 20 and more pass."""
    seen: list[tuple[int, int]] = []

    def apart(job: Job, cores: int) -> Row:
        neurons, seed = job.arguments["neurons"], job.arguments["seed"]
        seen.append((neurons, seed))
        return {"neurons": neurons, "passes": neurons >= 20, "seconds": 2.0}

    monkeypatch.setattr(trained_twins, "apart", apart)
    return seen


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


def test_a_search_trains_no_width_twice_and_goes_on_from_its_file(
    tmp_path: Path, made: list[tuple[int, int]]
) -> None:
    place = tmp_path / "rows.json"
    found = searched(CASE, Trainings(place, silent))
    assert [one["neurons"] for one in found] == [round(STEP**22)] * 2
    assert len(made) == len(set(made)) == sum(one["trainings"] for one in found)
    assert found[0]["seconds"] == 2.0 * found[0]["trainings"]
    assert len(json.loads(place.read_text())) == len(made)
    before = list(made)
    assert searched(CASE, Trainings(place, silent)) == found
    assert made == before


def test_a_search_ends_where_nothing_passes(tmp_path: Path, made: list[tuple[int, int]]) -> None:
    far = Case(CASE.problem, False, 200, 12, 1)
    found = least(far, 0, Trainings(tmp_path / "rows.json", silent), far.guess)
    assert (found["neurons"], found["place"], len(made)) == (None, None, trained_twins.MOST_TRIED)
    assert found["beyond"] == round(STEP ** (11 + trained_twins.MOST_TRIED))


def test_longer_cases_stand_in_for_shorter_ones() -> None:
    both = longest(CASES, LONG_CASES)
    assert len({(case.problem, case.computed) for case in both}) == len(both) > len(CASES)
    assert set(LONG_CASES) <= set(both)


def test_tables_have_a_row_per_problem_and_per_case() -> None:
    seed = {"neurons": 20, "kappa": 0.1, "epsilon": 0.4, "parameters": 900, "seconds": 3.0}
    seed |= {"trainings": 3, "at_most": False}
    case = {"problem": CASE.problem, "computed": False, "steps": 200, "start": "sparse"}
    none = {"neurons": None, "beyond": 31, "seconds": 9.0, "trainings": 7}
    built = {"neurons": 30, "construction": "monosemantic"}
    results = {
        "trained_twins": {
            "cases": [
                {**case, "found": [seed, {**seed, "neurons": 24}]},
                {**case, "computed": True, "found": [none]},
            ],
            "compiled": {CASE.problem: {"thresholded": built, "computed": built}},
        }
    }
    page = "\n".join(TrainedTwins().section(results))
    assert "| 20 to 24 (2 seeds) | 30 (monosemantic) | over 31 | 30 (monosemantic) |" in page
    assert "| thresholded | 20, 24 | 900 | 0.10 | 0.400 | sparse | 200 | 6 | 6 |" in page
    assert (
        TrainedTwins().finding(results).startswith(f"`{CASE.problem}`: 20 to 24 (2 seeds) trained")
    )
    seed["at_most"] = True
    assert "| at most 20 to 24 (2 seeds) |" in "\n".join(TrainedTwins().section(results))


def test_where_the_smallest_width_tried_passes_it_is_an_upper_end(
    tmp_path: Path, made: list[tuple[int, int]]
) -> None:
    near = Case(CASE.problem, False, 200, 22 + trained_twins.MOST_TRIED, 1)
    found = least(near, 0, Trainings(tmp_path / "rows.json", silent), near.guess)
    assert (found["neurons"], found["at_most"]) == (round(STEP**23), True)
    found = least(near, 0, Trainings(tmp_path / "rows.json", silent), 24)
    assert (found["neurons"], found["at_most"]) == (round(STEP**22), False)
