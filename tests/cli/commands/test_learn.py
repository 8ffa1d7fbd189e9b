"""`polyseme learn`."""

from __future__ import annotations

import pytest

from support.cli import call, done

pytest.importorskip("torch")
FEW = ("--steps", "3")
TWIN = ("learn", "and2:features=12", "--neurons", "9", "--steps", "99", "--batch", "64")
TWIN += ("--samples", "1000")


def test_a_network_is_trained_written_and_verified(tmp_path):
    path = tmp_path / "net.safetensors"
    found = done(*TWIN, "--error", "0.99", "--rate", "0.03", "-o", path, "--json").json()
    assert (found["neurons"], found["steps"], found["output"]) == (9, 99, str(path))
    assert {"error", "error_interval", "epsilon", "kappa_mean", "seconds", "seed"} <= found.keys()
    assert "trained" in done("inspect", path).stdout
    assert call("verify", path, "--samples", "1000").status == 1


def test_a_network_that_falls_short_has_status_1():
    short = call(*TWIN, "--hard", "2", "--rate", "0.01", "--readout", "fixed")
    assert short.status == 1
    assert "the network falls short: its error is at least" in short.stderr
    assert "9 ReLUs trained on and2:features=12" in short.stdout


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
        (("toys",), "--neurons N"),
        (("and2:features=9", "intro"), "a figure is named behind toy"),
        (("toy", "intro", "--neurons", "5"), "figures have sizes of their own"),
        (("and2:features=9", "--neurons", "5", "--loss", "l2"), "loss is 'l2'"),
        (("and2:features=9", "--neurons", "5", "--rate", "0"), "must be more than 0"),
        (("and2:features=9", "--neurons", "5", "-o", "nowhere/a.safetensors"), "nowhere"),
        (("toy",), "learn toy takes a figure: intro"),
        (("toy", "intr"), "did you mean 'intro'"),
        (("toy", "athletes", "--steps", "5"), "made by hand: it takes no steps"),
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
