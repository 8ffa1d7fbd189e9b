"""Checkpoints: the state of a training run in a file, from which it goes on to the same numbers.

`docs/format.md` describes the file. It is written whole, names the run that it is of, and carries a
digest of its content. Random numbers need no state: every step draws from a generator of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.arguments import shown_value
from polyseme.common.files import write_whole
from polyseme.errors import FileFormatError
from polyseme.networks.saving import metadata as read
from polyseme.networks.saving.container import CHECKPOINT, FileRead, build_from, pack

Numbers = dict[str, NDArray[np.float32]]
PARTS = ("numbers", "means", "squares")


@dataclass(frozen=True, eq=False)
class State:
    """The state of a run after some steps.

    Attributes:
        step: Number of steps made.
        numbers: The numbers that are trained, float32 by name.
        means: Mean gradients, and `squares` mean squares of gradients, of the same shapes.
        history: Mean losses so far, float32 (points, instances); a row per hundredth of the run.
        recent: Sum of losses since the last row, float32 (instances,).
    """

    step: int
    numbers: Numbers
    means: Numbers
    squares: Numbers
    history: NDArray[np.float32]
    recent: NDArray[np.float32]


def save_state(state: State, run: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a checkpoint whole. Raises PolysemeError if it cannot be written."""
    # Files hold one or two dimensions; the shapes are those that the run begins with.
    tensors: dict[str, NDArray[Any]] = {
        f"{part}.{name}": values.ravel()
        for part in PARTS
        for name, values in getattr(state, part).items()
    }
    tensors |= {"history": state.history, "recent": state.recent}
    metadata = {"run": json.dumps(run, sort_keys=True), "step": state.step}
    write_whole(path, *pack(CHECKPOINT, tensors, metadata).pieces)


def load_state(path: str | os.PathLike[str], run: Mapping[str, Any], begun: State) -> State:
    """Read a checkpoint of a run, whose first state says the shapes.

    Raises FileFormatError, naming the file and the fault, if it is no checkpoint, is damaged, or is
    of another run.
    """
    return build_from(path, CHECKPOINT, False, lambda found: _state(found, run, begun))


def _state(found: FileRead, run: Mapping[str, Any], begun: State) -> State:
    _check_run(read.text(found.metadata, "run"), run)
    step = read.whole(found.metadata, "step")
    if step > run["steps"]:
        raise FileFormatError(f"its step is {step}, not one of 0 to {run['steps']}")
    parts = {
        part: {
            name: _taken(found, f"{part}.{name}", values.size).reshape(values.shape)
            for name, values in begun.numbers.items()
        }
        for part in PARTS
    }
    if any(values.min(initial=0) < 0 for values in parts["squares"].values()):
        raise FileFormatError("a mean square is negative")
    history = found.tensors.pop("history")
    if history.dtype != np.float32 or history.shape[1:] != begun.history.shape[1:]:
        raise FileFormatError(f"history is {history.dtype} of shape {history.shape}")
    return State(step, **parts, history=history, recent=_taken(found, "recent", begun.recent.size))


def _check_run(text: str, run: Mapping[str, Any]) -> None:
    """Raise FileFormatError, naming what differs, unless a file is of this run."""
    theirs, ours = json.loads(text), json.loads(json.dumps(run))
    if not isinstance(theirs, dict):
        raise FileFormatError("its run is no JSON object")
    for name in sorted({*theirs, *ours}):
        if theirs.get(name) != ours.get(name):
            raise FileFormatError(
                f"is a checkpoint of another run: its {name} is {shown_value(theirs.get(name))}, "
                f"not {shown_value(ours.get(name))}; name another file, or delete it"
            )


def _taken(found: FileRead, name: str, size: int) -> NDArray[np.float32]:
    values = found.tensors.pop(name)
    if values.dtype != np.float32 or values.shape != (size,):
        raise FileFormatError(f"{name} must be {size} numbers of float32")
    if not np.isfinite(values).all():
        raise FileFormatError(f"{name} has an entry that is not a number")
    return values
