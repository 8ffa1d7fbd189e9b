"""The driver of training: steps of Adam, checkpoints, progress, and an end to what diverges.

torch uses one thread, so that every sum is taken in one order: the same seed gives the same bytes
whatever the number of cores, and a run that was killed goes on from its checkpoint to the bytes it
would have come to. Random numbers are drawn on the CPU, so every device trains on the same inputs.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from polyseme.common.arguments import shown_value, text, whole_number
from polyseme.common.extras import import_torch
from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream, stream
from polyseme.errors import OptionError, PolysemeError
from polyseme.learning.torch_threads import one_thread
from polyseme.learning.training.checkpoint import Numbers, State, load_state, save_state
from polyseme.learning.training.pace import Pace
from polyseme.learning.training.task import Task
from polyseme.networks.checks import check_path

if TYPE_CHECKING:
    import torch

Until: TypeAlias = "Callable[[dict[str, torch.Tensor]], bool]"
_SAVED_EVERY_SECONDS = 20.0
# Rows of the history of losses.
_POINTS = 100
# A loss so many times the first, and above 1, never comes back.
_DIVERGED = 1e6
# On the CPU, steps of Adam are made in one pass from so many numbers on, where that saves time.
_ONE_PASS = 300_000


@dataclass(frozen=True, eq=False)
class Trained:
    """The numbers that training ended with.

    Attributes:
        numbers: Trained numbers, float32 by name.
        losses: Mean loss over the last hundredth of the steps, float32 (instances,).
        history: Mean losses over every hundredth of the steps, float32 (points, instances).
        steps: Number of steps.
        seconds: Seconds of this process, without those before a checkpoint that it went on from.
    """

    numbers: Numbers
    losses: NDArray[np.float32]
    history: NDArray[np.float32]
    steps: int
    seconds: float


def train(
    task: Task,
    pace: Pace,
    *,
    seed: int = 0,
    state: str | os.PathLike[str] | None = None,
    device: str = "cpu",
    until: Until | None = None,
) -> Trained:
    """Train the numbers of a task by Adam.

    Args:
        task: What is trained, and its loss.
        pace: Number and size of steps.
        seed: Seed of the first numbers and of all inputs.
        state: A file that keeps the state of the run, which goes on from it if it exists.
        device: A device that torch has, such as "cpu" or "cuda".
        until: Asked after every hundredth of the steps whether the numbers are good enough;
            training then ends early. Its answer must depend on the numbers alone.

    Returns:
        The trained numbers and their losses. On the CPU the same task, pace and seed give the same
        bytes.

    Raises:
        OptionError: An argument is of a wrong type or out of range, or there is no such device.
        FileFormatError: The file is no checkpoint, or is of another run.
        MissingExtraError: torch is not installed.
        PolysemeError: The loss is no number any more.
    """
    seed = whole_number("seed", seed, 0)
    if state is not None:
        check_path(state, "state")
    import_torch("training")
    started = time.monotonic()
    run = {"task": task.name, **task.described, **asdict(pace), "seed": seed}
    begun = _begun(task, seed)
    with one_thread("training"):
        place = checked_device(device)
        now = begun if state is None or not _exists(state) else load_state(state, run, begun)
        steps = _Steps(task, pace, seed, now, place)
        with phase(f"training {task.name}") as told:
            saved = time.monotonic()
            while steps.step < pace.steps and not steps.is_done(until):
                steps.advance()
                told(steps.step, pace.steps)
                if state is not None and time.monotonic() > saved + _SAVED_EVERY_SECONDS:
                    save_state(steps.state(), run, state)
                    saved = time.monotonic()
        last = steps.state()
        if state is not None and now.step < last.step:
            save_state(last, run, state)
    losses = last.history[-1]
    return Trained(last.numbers, losses, last.history, last.step, time.monotonic() - started)


def checked_device(name: str) -> Any:
    """Return a device of torch; raise OptionError if it has none of this name."""
    text("device", name)
    library = import_torch("training")
    try:
        with warnings.catch_warnings():
            # torch warns of drivers that it misses, and then raises.
            warnings.simplefilter("ignore")
            place = library.device(name)
            library.zeros(1, device=place)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise OptionError(f"device {shown_value(name)}: torch has no such device here") from None
    return place


def _exists(path: str | os.PathLike[str]) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def _begun(task: Task, seed: int) -> State:
    """Return the state before the first step."""
    numbers = task.begin(stream(seed, Stream.TRAINING_START))
    nothing = {name: np.zeros_like(values) for name, values in numbers.items()}
    none = np.zeros((0, task.instances), np.float32)
    return State(0, numbers, nothing, nothing, none, np.zeros(task.instances, np.float32))


class _Steps:
    """A run on a device, from the state in which it begins."""

    def __init__(self, task: Task, pace: Pace, seed: int, begun: State, device: Any):
        """Move the state to the device."""
        self._library = import_torch("training")
        self._task, self._pace, self._seed = task, pace, seed
        self.step = begun.step
        self._history, self._recent = list(begun.history), begun.recent.copy()
        self._first = float(begun.history[0].mean()) if len(begun.history) else None

        def moved(values: NDArray[np.float32]) -> torch.Tensor:
            tensor: torch.Tensor = self._library.from_numpy(values.copy()).to(device)
            return tensor

        self._numbers = {
            name: moved(values).requires_grad_() for name, values in begun.numbers.items()
        }
        many = sum(values.size for values in begun.numbers.values()) >= _ONE_PASS
        self._adam = self._library.optim.Adam(
            self._numbers.values(),
            lr=pace.rate,
            betas=pace.means,
            fused=many and device.type == "cpu",
        )
        for name, numbers in self._numbers.items():
            self._adam.state[numbers] = {
                "step": self._library.tensor(float(begun.step)),
                "exp_avg": moved(begun.means[name]),
                "exp_avg_sq": moved(begun.squares[name]),
            }

    def advance(self) -> None:
        """Make one step; raise PolysemeError if the loss is no number."""
        generator = stream(self._seed, Stream.TRAINING_STEPS, self.step)
        losses = self._task.descend(self._numbers, generator).detach().cpu().numpy()
        mean = float(losses.mean())
        self._first = mean if self._first is None else self._first
        if not abs(mean) < _DIVERGED * max(self._first, 1.0):
            raise PolysemeError(
                f"training {self._task.name} diverged at step {self.step + 1}: its loss is "
                f"{mean:.3g}; lower the rate, {self._pace.rate:g}"
            )
        rate = self._pace.at(self.step)
        self._adam.param_groups[0]["lr"] = rate
        with self._library.no_grad():
            self._task.decay(self._numbers, rate)
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)
        self._recent += losses
        self.step += 1
        self._note()

    def is_done(self, until: Until | None) -> bool:
        """Return whether training may end here, before the last step."""
        before, after = self._parts()
        if until is None or not self.step or after == before:
            return False
        with self._library.no_grad():
            return until(self._numbers)

    def _parts(self) -> tuple[int, int]:
        """Return the hundredths of the run that were over before the last step, and after."""
        points, steps = min(_POINTS, self._pace.steps), self._pace.steps
        return (self.step - 1) * points // steps, self.step * points // steps

    def _note(self) -> None:
        """Close a row of the history where a hundredth of the run ends."""
        before, after = self._parts()
        if after > before:
            first = -(-before * self._pace.steps // min(_POINTS, self._pace.steps))
            self._history.append(self._recent / np.float32(self.step - first))
            self._recent = np.zeros_like(self._recent)

    def state(self) -> State:
        """Return the state as arrays."""
        adam = self._adam.state
        empty = State(
            self.step, {}, {}, {}, np.zeros((0, len(self._recent)), np.float32), self._recent
        )
        history = np.array(self._history, np.float32).reshape(-1, len(self._recent))
        return replace(
            empty,
            numbers={name: _array(numbers) for name, numbers in self._numbers.items()},
            means={name: _array(adam[one]["exp_avg"]) for name, one in self._numbers.items()},
            squares={name: _array(adam[one]["exp_avg_sq"]) for name, one in self._numbers.items()},
            history=history,
        )


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = tensor.detach().cpu().numpy().copy()
    return found
