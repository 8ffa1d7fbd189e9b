"""The driver of the benchmarks, on parts that take no time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import run
from harness.part import Part, Results, Row, Size, Tell, Unavailable


class Fake(Part):
    def __init__(self, name: str, number: int = 1, there: bool = True) -> None:
        # Instances stand for classes here, which have a name each.
        self.name, self.title, self.measures = name, f"Page of {name}", f"measure of {name}"
        self.number, self.there = number, there

    def measure(self, size: Size, tell: Tell) -> Row:
        if not self.there:
            raise Unavailable("its data is not here")
        return {"number": self.number, "asked": str(size)}

    def section(self, results: Results) -> list[str]:
        return [f"{results[self.name]['number']} of {sorted(results)}"]

    def finding(self, results: Results) -> str:
        return f"found {results[self.name]['number']}"

    def draw(self, results: Results, folder: Path) -> None:
        (folder / f"{self.name}.png").write_bytes(b"picture")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    return tmp_path


def result(root: Path, name: str, folder: str = "benchmarks") -> Row:
    row: Row = json.loads((root / folder / "results" / f"{name}.json").read_text())
    return row


def test_every_part_is_measured_and_written_but_no_study(root: Path) -> None:
    assert run.main([], (Fake("one"), Fake("two", 2)), (Fake("slow"),), root) == 0
    assert [result(root, name)["number"] for name in ("one", "two")] == [1, 2]
    assert result(root, "one")["asked"] == "full"
    assert {"python", "numpy", "cores"} <= set(result(root, "one")["environment"])
    page = (root / "docs" / "benchmarks" / "two.md").read_text()
    assert page.startswith(
        "# Page of two\n\nWritten by `python benchmarks/run.py two`; do not edit."
    )
    # Pages are made from the results of all parts.
    assert "\n2 of ['one', 'two']\n" in page
    assert (root / "docs" / "benchmarks" / "two.png").exists()
    assert not (root / "benchmarks" / "results" / "slow.json").exists()


def test_the_index_has_a_line_per_part_with_its_command_and_finding(root: Path) -> None:
    run.main(["one", "slow"], (Fake("one", 7), Fake("two")), (Fake("slow", 8),), root)
    index = (root / "docs" / "benchmarks.md").read_text()
    line = "| [Page of one](benchmarks/one.md) | measure of one | `python benchmarks/run.py one` |"
    assert f"{line} found 7 |" in index
    assert "found 8" in index.partition("Studies")[2]
    assert "Page of two" not in index


def test_one_part_leaves_the_results_of_others(root: Path) -> None:
    run.main([], (Fake("one"), Fake("two")), (), root)
    run.main(["two"], (Fake("one", 5), Fake("two", 6)), (), root)
    assert [result(root, name)["number"] for name in ("one", "two")] == [1, 6]


def test_quick_runs_touch_no_results(root: Path) -> None:
    run.main(["--quick"], (Fake("one"),), (), root)
    assert result(root, "one", "build/bench-quick")["asked"] == "quick"
    assert (root / "build" / "bench-quick" / "benchmarks" / "one.md").exists()
    assert not list((root / "docs").iterdir())
    assert not (root / "benchmarks").exists()


def test_writing_again_measures_nothing(root: Path) -> None:
    page = root / "docs" / "benchmarks" / "one.md"
    run.main([], (Fake("one"),), (), root)
    before = page.read_text()
    page.write_text("edited")
    run.main(["--write"], (Fake("one", 7),), (), root)
    assert page.read_text() == before


def test_a_part_without_its_data_is_left_out(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = (Fake("one", there=False), Fake("two"))
    assert run.main([], parts, (), root) == 0
    assert "one is left out: its data is not here" in capsys.readouterr().err
    assert result(root, "two")["number"] == 1
    # Where it was asked for by name, that is a failure.
    assert run.main(["one"], parts, (), root) == 1


def test_a_part_that_does_not_exist_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run.main(["three"], (Fake("one"),), (), root)
    assert stopped.value.code == 2
    assert "no part 'three'; there are one" in capsys.readouterr().err


def test_the_list_separates_studies(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--list"]) == 0
    parts, _, studies = capsys.readouterr().out.partition("by name only:")
    assert "depth" in parts
    assert "ablation" in studies


def test_parts_have_names_of_their_own() -> None:
    names = [part.name for part in (*run.PARTS, *run.STUDIES)]
    assert len(set(names)) == len(names)
