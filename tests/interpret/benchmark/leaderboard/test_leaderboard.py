"""The leaderboard: intervals, tie groups, who is not ranked, and pages out of results alone."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from polyseme.interpret.benchmark.leaderboard.bootstrap import (
    drawn,
    interval,
    resolution,
    tie_groups,
)
from polyseme.interpret.benchmark.leaderboard.measured import measured
from polyseme.interpret.benchmark.leaderboard.standings import standings, standings_by_network
from polyseme.interpret.benchmark.leaderboard.write import write_leaderboard

GATES = 200
LADDER = ("and2-64-load1", "and2-64-load2")


def result(method: str, mean: float, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """A result whose gates are right with a chance of `mean`, alike for all methods."""
    luck = np.random.default_rng(seed).random(GATES)
    gates = (luck < mean).astype(float)
    score = {"raw": gates.mean(), "corrected": gates.mean(), "per_gate": gates.tolist()}
    whole = {
        "method": method,
        "network": "and2-64-load1",
        "seed": seed,
        "family": "features",
        "told": "nothing",
        "dressing": "raw",
        "settings": {"rate": 0.1},
        "suite": "small",
        "suite_version": 1,
        "budget": {"samples": 100, "batch": 10, "readings": {"hook_embed": 64}},
        "drawn": 100,
        "notes": {"converged": True},
        "composition": {"layers.0.hook_post": {"gates": 24, "inputs": 6, "units": 0, "none": 2}},
        "scores": {"exact-gates": score},
    }
    return {**whole, **changes}


def some(*methods: tuple[str, float], **changes: Any) -> list[dict[str, Any]]:
    return [result(name, mean, seed, **changes) for name, mean in methods for seed in range(3)]


def groups(results: list[dict[str, Any]]) -> dict[str, str]:
    return {one.method: one.group for one in standings(results)}


def test_the_interval_of_one_method_is_that_of_the_binomial():
    (found,) = measured(some(("one", 0.3)), "exact-gates")
    low, high = interval(drawn(found))
    # Gates are drawn alike for all seeds, and each seed has its own parts of them.
    spread = np.sqrt(0.3 * 0.7 / GATES / 3)
    assert 2 * spread < high[0] - low[0] < 8 * spread
    assert low[0] < found.mean[0] < high[0]


def test_methods_that_differ_in_every_draw_are_apart_and_others_tied():
    assert groups(some(("best", 0.8), ("near", 0.795), ("far", 0.4))) == {
        "best": "A",
        "near": "A",
        "far": "B",
    }


def test_differences_are_paired():
    # Each gate of the one is right where that of the other is, but for one in twenty.
    (found,) = measured(some(("a", 0.5), ("b", 0.45)), "exact-gates")
    draws = drawn(found)
    apart = np.ptp(interval(draws[:, [0]] - draws[:, [1]]))
    assert apart < np.ptp(interval(draws[:, [0]]))
    assert resolution(draws) == pytest.approx(float(apart) / 2)
    assert resolution(draws[:, :1]) is None


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"notes": {"converged": False}}, "3 of 3 fits not converged"),
        ({"drawn": 101}, "3 of 3 fits drew more than allowed"),
        ({"family": "control", "told": "truth"}, "control"),
    ],
)
def test_controls_and_who_broke_a_rule_are_shown_and_not_ranked(changes, remark):
    found = standings(some(("good", 0.4)) + some(("other", 0.9), **changes))
    assert {one.method: (one.group, one.remark) for one in found} == {
        "good": ("A", ""),
        "other": ("", remark),
    }


def test_what_is_told_dressings_and_networks_are_apart_and_negative_controls_left_out():
    results = [
        *some(("a", 0.5)),
        *some(("b", 0.6), told="labels"),
        *some(("c", 0.7), dressing="noise", network="and2-64-load1+noise"),
        *some(("d", 0.8), network="and2-100-load1"),
        *some(("e", 0.9), network="and2-200-random"),
    ]
    found = standings(results)
    assert [(one.method, one.group) for one in found] == [
        ("a", "A"),
        ("d", "A"),
        ("b", "A"),
        ("c", "A"),
    ]


def test_methods_are_ranked_on_networks_on_which_they_had_converged(tmp_path: Path):
    open_ = {"notes": {"converged": False}, "network": LADDER[1]}
    results = [
        *some(("one", 0.8), ("other", 0.4), network=LADDER[0]),
        *some(("other", 0.4), network=LADDER[1]),
        *some(("one", 0.8), **open_),
    ]
    assert groups(results) == {"one": "", "other": "A"}
    alone = {(one.names, one.method): one.group for one in standings_by_network(results)}
    assert alone == {
        (LADDER[0], "one"): "A",
        (LADDER[0], "other"): "B",
        (LADDER[1], "one"): "",
        (LADDER[1], "other"): "A",
    }
    write_leaderboard(tmp_path, results)
    page = (tmp_path / "leaderboard.md").read_text().split("by network")[1].split("##")[0]
    assert re.search(r"\| one \| 0\.\d\d A \| 0\.\d\d\* \|", page)
    assert re.search(r"\| other \| 0\.\d\d B \| 0\.\d\d A \|", page)
    rows = list(csv.DictReader((tmp_path / "leaderboard.csv").read_text().splitlines()))
    assert [row["networks"] for row in rows] == ["2", "2", "1", "1", "1", "1"]


def test_letters_go_on_behind_z():
    mean = -np.arange(30.0)
    assert tie_groups(mean, np.tile(mean, (10, 1)))[24:] == ["Y", "Z", "AA", "AB", "AC", "AD"]


def test_pages_are_the_same_bytes_whole_and_escaped(tmp_path: Path):
    results = some(("<b>&|", 0.5), ("other", 0.5), composition={})
    write_leaderboard(tmp_path, results)
    names = ("leaderboard.csv", "leaderboard.md", "index.html")
    first = [(tmp_path / name).read_bytes() for name in names]
    write_leaderboard(tmp_path, results)
    assert first == [(tmp_path / name).read_bytes() for name in names]
    page = first[2].decode()
    assert "&lt;b&gt;&amp;|" in page
    assert "<b>" not in page
    assert "http" not in page
    assert "smallest difference that can be resolved" in page
    rows = list(csv.DictReader(first[0].decode().splitlines()))
    assert [row["method"] for row in rows] == ["<b>&|", "other"]


def drawn_page(folder: Path, results: list[dict[str, Any]]) -> tuple[set[str], str]:
    """The pictures of a leaderboard by their files, and its page."""
    pytest.importorskip("matplotlib")
    write_leaderboard(folder, results)
    pictures = {path.name for path in folder.glob("*.svg")}
    text = (folder / "leaderboard.md").read_text()
    assert all(f"]({name})" in text for name in pictures)
    return pictures, (folder / "index.html").read_text()


def test_recovery_is_drawn_against_load_and_what_is_found(tmp_path: Path):
    results = [
        {**result("-->$x", 0.5, **changes), "network": network, "scores": {"firing-gates": score}}
        for network in LADDER
        for score in [result("one", 0.5)["scores"]["exact-gates"]]
        for changes in ({}, {"notes": {"converged": False}, "seed": 1})
    ]
    pictures, page = drawn_page(tmp_path, results)
    assert pictures == {"recovery.svg", "composition.svg"}
    assert page.count("<svg") == 2
    # No name of a method ends a comment of the picture, or begins a formula.
    assert "-->$x" not in page


def test_nothing_is_drawn_of_which_there_is_nothing(tmp_path: Path):
    controls = some(("sure", 1.0), family="control", told="truth", composition={})
    pictures, page = drawn_page(tmp_path, controls)
    assert not pictures
    assert "<svg" not in page
    # A ladder of loads on which only controls were run.
    drawn_page(tmp_path, [{**one, "network": n} for one in controls for n in LADDER])
    assert not list(tmp_path.glob("*.svg"))


def test_a_method_without_a_score_at_one_load_is_drawn_at_others(tmp_path: Path):
    score = result("one", 0.5)["scores"]["exact-gates"]
    scores = ({"firing-gates": score}, {})
    results = [
        result("one", 0.5, network=network, scores=some_scores, composition={})
        for network, some_scores in zip(LADDER, scores, strict=True)
    ]
    assert drawn_page(tmp_path, results)[0] == {"recovery.svg"}


def test_without_results_nothing_is_written(tmp_path: Path):
    write_leaderboard(tmp_path, [])
    assert not list(tmp_path.iterdir())


def test_the_page_says_what_readings_and_components_are_like(tmp_path):
    apart = {"layers.0.linear": {"gates": 0, "inputs": 1, "units": 3, "none": 0}}
    claims_nothing = some(("quiet", 0.5), composition={})
    only_gates = {"x": {"gates": 1, "inputs": 0, "units": 0, "none": 0}}
    random = some(("one", 0.9), network="and2-200-random", composition=only_gates)
    components = some(("apart", 0.5), composition=apart)
    write_leaderboard(tmp_path, [*some(("one", 0.5)), *claims_nothing, *random, *components])
    page = (tmp_path / "leaderboard.md").read_text()
    parts = page.split("what they are like\n")[1:]
    readings, of_random, of_components = (part.split("##")[0] for part in parts)
    assert "| method | gates | inputs | units | none |" in readings
    assert "| one | 0.75 | 0.19 | 0.00 | 0.06 |" in readings
    assert "| quiet |" not in readings
    assert "| apart |" not in readings
    assert "| one | 1.00 | 0.00 | 0.00 | 0.00 |" in of_random
    assert "| apart | 0.00 | 0.25 | 0.75 | 0.00 |" in of_components
