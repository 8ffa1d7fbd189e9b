"""Studies as they are written, and what is wrong with those that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

import polyseme as ps
from polyseme.studies.study import read_study, study_of


def test_every_combination_is_a_task_with_a_name_of_its_own() -> None:
    grid = {"one": [1, 2], "other": ["a", "b", "c"]}
    tasks = study_of({"task": "builtins:dict", "grid": grid, "fixed": {"yes": True}}).tasks
    assert len({task.name for task in tasks}) == 6
    assert tasks[1].arguments == '{"one": 1, "other": "b", "yes": true}'
    assert tasks[1].call() == {"one": 1, "other": "b", "yes": True}
    turned = {"other": ["c", "b", "a"], "one": [2, 1]}
    again = study_of({"task": "builtins:dict", "grid": turned, "fixed": {"yes": True}}).tasks
    assert {task.name for task in again} == {task.name for task in tasks}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "task is None"),
        ({"task": "math"}, "module:function"),
        ({"task": "nowhere:f"}, "cannot be imported"),
        ({"task": "math:nothing"}, "cannot be imported"),
        ({"task": "math:pi"}, "is no function"),
        ({"task": "builtins:dict", "grid": {"a": []}}, "grid.a is"),
        ({"task": "builtins:dict", "grid": {"a": [1, 1]}}, "listed twice"),
        ({"task": "builtins:dict", "grid": {"a": [1]}, "fixed": {"a": 2}}, "both in the grid"),
        ({"task": "builtins:dict", "grid": {"a": [[1]]}}, "must be text, a number or true"),
        ({"task": "builtins:dict", "girds": {}}, "'girds' is no part"),
    ],
)
def test_what_is_no_study_is_told_in_one_line(given: dict, message: str) -> None:
    with pytest.raises(ps.OptionError, match=message):
        study_of(given)


def test_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ps.PolysemeError, match=r"none.toml"):
        read_study(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("task = ")
    with pytest.raises(ps.FileFormatError, match=r"broken.toml: no TOML"):
        read_study(broken)
    broken.write_text('task = "math:pi"\n')
    with pytest.raises(ps.FileFormatError, match=r"broken.toml: task 'math:pi' is no function"):
        read_study(broken)
