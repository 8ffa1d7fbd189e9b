"""The driver of the benchmarks, on parts that take no time: what it runs, writes, leaves alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from support.places import ROOT

FOLDER = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    """The benchmarks are scripts and no package: they are found by their folder."""
    pytest.importorskip("matplotlib")
    pytest.importorskip("airportsdata")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        import bench
        import capacity
        import harness
        import sections
        import stored_bits
        import throughput
        import time_to_error

        yield {
            module.__name__: module
            for module in (
                bench,
                capacity,
                harness,
                sections,
                stored_bits,
                throughput,
                time_to_error,
            )
        }


@pytest.fixture
def places(modules: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The driver's files, somewhere else."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "benchmarks").mkdir()
    monkeypatch.setattr(modules["bench"], "ROOT", tmp_path)
    monkeypatch.setattr(modules["bench"], "QUICK_FOLDER", tmp_path / "quick")
    return tmp_path


def part_of(modules: dict[str, ModuleType], name: str, number: int = 1) -> object:
    return modules["harness"].Part(
        name,
        lambda size, tell: {"number": number, "asked": str(size)},
        lambda results: [f"## {name}", f"{results[name]['number']} of {sorted(results)}"],
        lambda results, folder: (folder / f"{name}.png").write_bytes(b"picture"),
    )


def results_in(folder: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads((folder / "results.json").read_text())
    return found


def test_all_parts_are_measured_and_written(modules: dict[str, ModuleType], places: Path) -> None:
    page = places / "docs" / "benchmarks.md"
    page.write_text("# Page\n\n<!-- other: begin -->\nkept\n<!-- other: end -->\n")
    modules["bench"].main([], (part_of(modules, "one"), part_of(modules, "two", 2)))
    results = results_in(places / "benchmarks")
    assert [results[name]["number"] for name in ("one", "two")] == [1, 2]
    assert results["one"]["asked"] == "full"
    assert {"python", "numpy", "cores"} <= set(results["one"]["environment"])
    text = page.read_text()
    assert "<!-- other: begin -->\nkept\n<!-- other: end -->" in text
    # Sections are made from the results of all parts.
    assert "<!-- one: begin -->\n## one\n1 of ['one', 'two']\n<!-- one: end -->" in text
    assert (places / "docs" / "two.png").exists()


def test_one_part_leaves_the_results_of_others(
    modules: dict[str, ModuleType], places: Path
) -> None:
    main = modules["bench"].main
    main([], (part_of(modules, "one"), part_of(modules, "two")))
    main(["two"], (part_of(modules, "one", 5), part_of(modules, "two", 6)))
    results = results_in(places / "benchmarks")
    assert [results[name]["number"] for name in ("one", "two")] == [1, 6]
    assert (places / "docs" / "benchmarks.md").read_text().count("begin -->") == 2


def test_what_is_quick_touches_no_results(modules: dict[str, ModuleType], places: Path) -> None:
    modules["bench"].main(["--quick"], (part_of(modules, "one"),))
    assert results_in(places / "quick")["one"]["asked"] == "quick"
    assert not list((places / "docs").iterdir())
    assert not list((places / "benchmarks").iterdir())


def test_writing_again_measures_nothing(modules: dict[str, ModuleType], places: Path) -> None:
    main, page = modules["bench"].main, places / "docs" / "benchmarks.md"
    main([], (part_of(modules, "one"),))
    before = page.read_text()
    page.write_text(before.replace("## one", "## edited"))
    main(["--write"], (part_of(modules, "one", 7),))
    assert page.read_text() == before


def test_results_of_parts_that_are_gone_go(modules: dict[str, ModuleType], places: Path) -> None:
    (places / "benchmarks" / "results.json").write_text('{"old": [1]}')
    modules["bench"].main([], (part_of(modules, "one"),))
    assert set(results_in(places / "benchmarks")) == {"one"}


def test_a_part_that_does_not_exist_is_refused(
    modules: dict[str, ModuleType], places: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        modules["bench"].main(["three"], (part_of(modules, "one"),))
    assert stopped.value.code == 2
    assert "no part 'three'; there are one" in capsys.readouterr().err


def test_parts_have_names_of_their_own(modules: dict[str, ModuleType]) -> None:
    names = [part.name for part in modules["bench"].PARTS]
    assert len(set(names)) == len(names)


def test_a_step_that_fails_says_why(modules: dict[str, ModuleType], tmp_path: Path) -> None:
    harness, script = modules["harness"], tmp_path / "steps.py"
    script.write_text(
        "import json, os, sys\n"
        "x = json.loads(sys.argv[2])['x']\n"
        "if x < 0: sys.exit('x is negative')\n"
        "print(json.dumps({'y': 2 * x, 'threads': os.environ['OMP_NUM_THREADS']}))\n"
    )
    jobs = [harness.Job("double", {"x": x}) for x in (3, 1, 2)]
    said: list[str] = []
    rows = harness.side_by_side(str(script), jobs, said.append)
    assert rows == [{"y": y, "threads": "1"} for y in (6, 2, 4)]
    assert len(said) == 3
    with pytest.raises(RuntimeError, match=r"steps\.py double x=-1 failed:\nx is negative"):
        harness.apart(str(script), harness.Job("double", {"x": -1}))


def test_every_way_to_run_a_network_decides_alike(modules: dict[str, ModuleType]) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("torch")
    throughput = modules["throughput"]
    rows = [throughput.rate(way, 300, 256, 128) for way in throughput.WAYS]
    throughput.compare(rows)
    assert [row["compared"] for row in rows] == [128] * len(rows)
    assert all(row["rate"] > 0 for row in rows)


def test_a_way_that_decides_otherwise_is_caught(modules: dict[str, ModuleType]) -> None:
    throughput = modules["throughput"]
    rows = [
        {"way": way, "inputs": 64, "decisions": ["b" if way == "PyTorch" else "a"]}
        for way in throughput.WAYS
    ]
    with pytest.raises(RuntimeError, match="PyTorch decides otherwise"):
        throughput.compare(rows)


def test_slopes_are_of_three_sizes_that_reached_the_error(modules: dict[str, ModuleType]) -> None:
    common = {"construction": "some", "active": 3}
    rows = [
        common | {"gates": gates, "neurons": 5 * gates**0.5, "reached": True}
        for gates in (100, 400, 1600)
    ]
    rows.append(common | {"gates": 6400, "neurons": 1, "reached": False})
    (found,) = modules["capacity"].slopes(rows)
    assert (found["slope"], found["from"], found["to"]) == (0.5, 100, 1600)
    assert modules["capacity"].slopes(rows[1:]) == []


def test_stored_bits_of_a_network_are_those_of_its_arrays(modules: dict[str, ModuleType]) -> None:
    row = modules["stored_bits"].superposed(
        "and2:features=300,gates=300", "tight-frames", passes=0, neurons=0
    )
    neurons = row["neurons"]
    dimensions = (row["parameters"] - neurons - 1) // neurons
    assert row["stored"] == 8 * neurons * dimensions + 32 * neurons + 32
    assert row["factor"] < row["message"] < row["stored"]


def test_capacity_says_what_was_found_and_what_is_only_declared(
    modules: dict[str, ModuleType], tmp_path: Path
) -> None:
    capacity = modules["capacity"]
    declared = capacity.declare(3, [300, 600])
    row = {"construction": "tight-frames", "active": 3, "gates": 300, "declared": 240}
    row |= {"neurons": 256, "parameters": 57857, "probes": 2, "wrong": 9, "samples": 20_000}
    row |= {"reached": True, "again": 8, "bits": declared["bits"]["300"], "seconds": 1.0}
    found = {
        "searched": [row, row | {"construction": "three-channel", "reached": False}],
        "declared": declared["rows"],
        "refused": declared["refused"],
        "bits": declared["bits"],
        "slopes": [],
        "environment": modules["harness"].environment(),
    }
    results = json.loads(json.dumps({"capacity": found}))
    text = "\n".join(capacity.PART.section(results))
    assert "| 3 | 300 | tight-frames | 240 | **256** | 1.067 | 9 of 20,000 | 8 |" in text
    assert "| 3 | 300 | three-channel | 240 | not with 256 |" in text
    # Reed-Solomon codes take a dimension a feature.
    sizes = [x["neurons"] for x in declared["rows"] if x["construction"] == "reed-solomon"]
    assert f"| 3 | reed-solomon | {sizes[0]} basis | {sizes[1]} basis |" in text
    assert "- `permutation`: output 'g0' is no feature but an AND of 2" in text
    capacity.PART.draw(results, tmp_path)
    assert (tmp_path / "capacity.png").stat().st_size > 1000


def test_ways_that_never_reach_an_error_are_said_not_to(modules: dict[str, ModuleType]) -> None:
    common = {"gates": 9, "target": 0.01, "neurons": 4, "wrong": 1, "reached": True}

    def tried(seconds: float, **more: object) -> dict[str, object]:
        return common | {"seconds": seconds} | more

    found = {
        "limits": [{"gates": 9, "seconds": 30.0}],
        "compiled": [tried(0.1)],
        "refined": [tried(2.0, passes=5, reached=False)],
        "scratch": [tried(30.0, passes=5, reached=False, wrong=None)],
        "adam": [
            tried(9.0, way="hinge", rate=0.1, batch=8, steps=7),
            tried(4.0, way="cross-entropy", rate=0.1, batch=8, steps=7),
            tried(3.0, way="dense readout", rate=0.1, batch=8, steps=7),
        ],
        "environment": modules["harness"].environment(),
    }
    text = modules["time_to_error"].PART.section({"time-to-error": found})
    (row,) = [line for line in text if line.startswith("| 9 | 0.01 | 4 | **")]
    assert row.endswith(
        "| not in so many passes | not within 30 s (× 300) | 4.0 (× 40) | 3.0 (× 30) |"
    )
    assert "| 9 | 0.01 | 4 | descent |  |  | 30.0 | 5 passes | given up | no |" in text
