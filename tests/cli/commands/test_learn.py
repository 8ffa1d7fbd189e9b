"""`polyseme learn`."""

from __future__ import annotations

import pytest

from support.cli import call, done

pytest.importorskip("torch")
FEW = ("--steps", "3")


def test_a_figure_is_printed_and_written(tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "intro.png"
    found = done("learn", "toy", "intro", *FEW, "-o", picture, "--json").json()
    assert (found["figure"], found["steps"], found["seed"]) == ("intro", 3, 0)
    assert {"error", "error_interval", "seconds", "shapes", "reduced"} <= found.keys()
    assert (found["output"], found["data"]) == (str(picture), str(picture.with_suffix(".json")))
    assert picture.exists()
    told = done("learn", "toy", "intro", *FEW).stdout
    assert "reduced   3 steps, 10,000 by default" in told
    assert "shapes" in told


def test_the_state_is_kept(tmp_path):
    state = tmp_path / "run.state"
    first = done("learn", "toy", "intro", *FEW, "--state", state, "--json").json()
    again = done("learn", "toy", "intro", *FEW, "--state", state, "--json").json()
    assert first["error"] == again["error"]
    refused = call("learn", "toy", "intro", *FEW, "--state", state, "--seed", "1")
    assert refused.status == 2
    assert refused.stderr.count("\n") == 1
    assert "of another run: its seed is 0, not 1" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("toys",), "learn takes toy"),
        (("toy",), "learn toy takes a figure: intro"),
        (("toy", "intr"), "did you mean 'intro'"),
        (("toy", "intro", "-o", "x.jpg"), "a picture's name ends in .png"),
        (("toy", "intro", "--steps", "0"), "must be a whole number from 1"),
        (("toy", "intro", "--device", "abacus"), "torch has no such device"),
    ],
)
def test_wrong_words_are_refused_in_one_line(arguments, named):
    outcome = call("learn", *arguments)
    assert outcome.status == 2
    assert outcome.stderr.count("\n") == 1
    assert named in outcome.stderr
