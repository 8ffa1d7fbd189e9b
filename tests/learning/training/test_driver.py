"""The driver of training: the same bytes whatever interrupts it, and an end to what diverges."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from polyseme.errors import FileFormatError, OptionError, PolysemeError
from polyseme.learning.training import driver
from polyseme.learning.training.driver import Trained, train
from polyseme.learning.training.pace import Pace
from support.processes import environment

torch = pytest.importorskip("torch")


class Targets:
    """Squared distance from noisy targets; the slope is 2 (x - target - noise)."""

    name = "targets"
    instances = 3

    def __init__(self, noise: float = 0.1, stop: int | None = None, shrinks: float = 0.0):
        self.described = {"noise": noise, "shrinks": shrinks}
        self._noise, self._stop, self._shrinks = noise, stop, shrinks
        self.made = 0

    def begin(self, generator):
        return {
            "x": generator.standard_normal((3, 4), np.float32),
            "y": np.ones((3, 1), np.float32),
        }

    def descend(self, numbers, generator):
        if self.made == self._stop:
            raise KeyboardInterrupt
        self.made += 1
        noise = torch.from_numpy(generator.standard_normal((3, 4), np.float32))
        losses = (numbers["x"] - 2 - self._noise * noise).square().sum(1)
        losses = losses + numbers["y"].square().sum(1)
        losses.sum().backward()
        return losses

    def decay(self, numbers, rate):
        numbers["x"].mul_(1 - rate * self._shrinks)


PACE = Pace(60, 0.1, warm_up=5, falls="cosine")


def assert_same(one: Trained, other: Trained) -> None:
    for name, values in one.numbers.items():
        assert values.tobytes() == other.numbers[name].tobytes()
    assert one.history.tobytes() == other.history.tobytes()


def test_training_reaches_the_targets():
    found = train(Targets(), Pace(400, 0.1, falls="linear"))
    assert np.abs(found.numbers["x"] - 2).max() < 0.1
    assert found.history.shape == (100, 3)
    assert found.losses[0] < found.history[0, 0] / 10


def test_a_step_is_that_of_adam():
    found = train(Targets(0.0, shrinks=0.5), Pace(1, 0.1))
    begun = Targets().begin(driver.stream(0, driver.Stream.TRAINING_START))["x"]
    expected = begun * (1 - 0.1 * 0.5) - 0.1 * np.sign(begun - 2)
    np.testing.assert_allclose(found.numbers["x"], expected, atol=1e-5)


def test_history_holds_mean_losses_of_equal_parts_of_the_run():
    every = train(Targets(), Pace(7, 0.1)).history
    assert every.shape == (7, 3)
    halves = train(Targets(), Pace(250, 1e-9)).history
    assert halves.shape == (100, 3)
    assert np.isfinite(halves).all()


def test_the_same_seed_gives_the_same_bytes_and_another_others():
    assert_same(train(Targets(), PACE, seed=3), train(Targets(), PACE, seed=3))
    other = train(Targets(), PACE, seed=4)
    assert (train(Targets(), PACE, seed=3).numbers["x"] != other.numbers["x"]).any()


@pytest.mark.parametrize("stop", [0, 1, 17, 59])
def test_an_interrupted_run_goes_on_to_the_same_bytes(stop, tmp_path, monkeypatch):
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    expected = train(Targets(), PACE, state=whole)
    monkeypatch.setattr(driver, "_SAVED_EVERY_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        train(Targets(stop=stop), PACE, state=resumed)
    again = Targets()
    assert_same(train(again, PACE, state=resumed), expected)
    assert again.made == 60 - stop
    assert whole.read_bytes() == resumed.read_bytes()


def test_a_finished_run_is_read_from_its_file(tmp_path):
    expected = train(Targets(), PACE, state=tmp_path / "state")
    again = Targets()
    assert_same(train(again, PACE, state=tmp_path / "state"), expected)
    assert again.made == 0


@pytest.mark.parametrize(
    ("task", "pace", "seed", "named"),
    [
        (Targets(0.2), PACE, 0, "noise is 0.1, not 0.2"),
        (Targets(), Pace(61, 0.1, 5, "cosine"), 0, "steps is 60, not 61"),
        (Targets(), PACE, 1, "seed is 0, not 1"),
    ],
)
def test_a_foreign_checkpoint_is_refused_in_one_line(task, pace, seed, named, tmp_path):
    state = tmp_path / "state"
    train(Targets(), PACE, state=state)
    before = state.read_bytes()
    with pytest.raises(FileFormatError, match=f"of another run: its {named}") as caught:
        train(task, pace, seed=seed, state=state)
    assert str(caught.value).startswith(f"{state}: ")
    assert len(str(caught.value).splitlines()) == 1
    assert state.read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty"])
def test_a_damaged_checkpoint_is_refused_in_one_line(damage, tmp_path):
    state = tmp_path / "state"
    train(Targets(), PACE, state=state)
    content = bytearray(state.read_bytes())
    content[-3] ^= 64
    cut = {"cut": content[:-9], "flipped": content, "text": b"hello", "empty": b""}
    state.write_bytes(cut[damage])
    with pytest.raises(FileFormatError) as caught:
        train(Targets(), PACE, state=state)
    assert len(str(caught.value).splitlines()) == 1
    assert "unsigned" not in str(caught.value)


def test_what_diverges_ends_in_one_line_and_keeps_the_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(driver, "_SAVED_EVERY_SECONDS", 0.0)
    state = tmp_path / "state"
    with pytest.raises(PolysemeError, match=r"diverged at step \d+: its loss is .*lower the rate"):
        train(Targets(shrinks=-500.0), Pace(60, 0.9), state=state)
    assert state.exists()


def test_there_must_be_such_a_device():
    with pytest.raises(OptionError, match="torch has no such device here"):
        train(Targets(), PACE, device="abacus")


def test_threads_are_as_before():
    before = torch.get_num_threads()
    train(Targets(), PACE)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"steps": 9, "rate": 0.0}, "rate is 0.0"),
        ({"steps": 9, "falls": "down"}, "falls is 'down'"),
        ({"steps": 9, "warm_up": -1}, "warm_up is -1"),
        ({"steps": 9, "means": (1.0, 0.9)}, "means are"),
    ],
)
def test_a_pace_checks_itself(settings, named):
    with pytest.raises(OptionError, match=named):
        Pace(**settings)


def test_the_rate_rises_and_falls():
    straight, cosine = Pace(110, 2.0, 10, "linear"), Pace(110, 2.0, 10, "cosine")
    assert [straight.at(step) for step in (0, 9, 10, 60)] == pytest.approx([0.2, 2, 2, 1])
    assert [cosine.at(step) for step in (10, 60)] == pytest.approx([2, 1])
    assert cosine.at(109) < 0.001 < straight.at(109) < 0.03
    assert Pace(5, 2.0).at(4) == 2


_PROGRAM = """
import sys
from polyseme.learning.toy_models import figures
from polyseme.learning.training import driver
driver._SAVED_EVERY_SECONDS = 0.05
print("ready", flush=True)
figures.figure("intro", steps=1500, state=sys.argv[1])
"""


@pytest.mark.slow
def test_killed_at_ten_random_moments_it_ends_with_the_same_bytes(tmp_path):
    def started(state: Path) -> subprocess.Popen[str]:
        arguments = [sys.executable, "-c", _PROGRAM, str(state)]
        return subprocess.Popen(arguments, env=environment(), stdout=subprocess.PIPE, text=True)

    with started(tmp_path / "whole") as running:
        assert running.wait() == 0
    moments = random.Random(5)
    for _ in range(10):
        with started(tmp_path / "killed") as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(moments.uniform(0.5, 3.0))
            running.kill()
    with started(tmp_path / "killed") as running:
        assert running.wait() == 0
    assert (tmp_path / "killed").read_bytes() == (tmp_path / "whole").read_bytes()
