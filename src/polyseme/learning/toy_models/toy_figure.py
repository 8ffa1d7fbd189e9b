"""A finished figure of toy models: what was found, its data, and its picture."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_matplotlib
from polyseme.common.files import write_whole
from polyseme.common.files.targets import check_output
from polyseme.errors import OptionError
from polyseme.networks.checks import check_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = (".png", ".svg", ".pdf")
_DOTS_PER_INCH = 130


@dataclass(frozen=True, eq=False)
class Finished:
    """Outcome of a figure's training.

    Attributes:
        findings: Numbers and texts that the figure states, as JSON.
        data: Arrays that the picture is drawn from, by name.
        losses: The mean loss at the end of every instance, float32 (instances,).
        steps: Steps of training, of each instance.
    """

    findings: Mapping[str, Any]
    data: Mapping[str, NDArray[Any]]
    losses: NDArray[np.float32]
    steps: int


class Draw(Protocol):
    """A function that draws a picture from the data of a figure."""

    def __call__(self, canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
        """Draw on an empty figure of matplotlib."""


@dataclass(frozen=True, eq=False)
class ToyFigure:
    """A figure of toy models: its settings, what it states, and the data behind its picture.

    Attributes:
        name: Name of the figure.
        settings: Sizes and step sizes, by name.
        reduced: What is smaller than in the publication, one line each.
        findings: Numbers and texts that the figure states.
        data: Arrays that the picture is drawn from, by name.
        error: Mean loss of all instances at the end of training.
        steps: Steps of training, of each instance.
        seed: The seed.
        seconds: Seconds that it took.
        draw: Draws the picture.
    """

    name: str
    settings: Mapping[str, Any]
    reduced: tuple[str, ...]
    findings: Mapping[str, Any]
    data: Mapping[str, NDArray[Any]]
    error: float
    steps: int
    seed: int
    seconds: float
    draw: Draw

    def save(self, path: str | os.PathLike[str]) -> tuple[str, str]:
        """Write the picture, and its data beside it as JSON.

        Args:
            path: The picture; its ending is .png, .svg or .pdf. Data are written at the same name
                with the ending .json. Each file appears whole or not at all.

        Returns:
            The paths of both files.

        Raises:
            OptionError: `path` is no path, or has another ending.
            MissingExtraError: matplotlib is not installed.
            PolysemeError: A file cannot be written.
        """
        picture, data = checked_places(path)
        drawn = self._drawn(picture)
        write_whole(data, (json.dumps(self._as_json(), allow_nan=False) + "\n").encode())
        write_whole(picture, drawn)
        return picture, data

    def _drawn(self, path: str) -> bytes:
        library = import_matplotlib("a picture")
        from matplotlib.figure import Figure

        with library.rc_context({"font.size": 11, "svg.hashsalt": self.name}):
            canvas = Figure(layout="constrained")
            self.draw(canvas, self.data)
            written = BytesIO()
            # Without a date and the library's version, equal data give equal bytes.
            nothing = {"Software": None} if path.endswith(".png") else {"Creator": None}
            dated = {"CreationDate": None} if path.endswith(".pdf") else {}
            dated = {"Date": None} if path.endswith(".svg") else dated
            canvas.savefig(
                written,
                format=path.rpartition(".")[2],
                dpi=_DOTS_PER_INCH,
                metadata={**nothing, **dated},
            )
        return written.getvalue()

    def _as_json(self) -> dict[str, Any]:
        return {
            "figure": self.name,
            "settings": dict(self.settings),
            "reduced": list(self.reduced),
            "findings": dict(self.findings),
            "seed": self.seed,
            "data": {name: values.tolist() for name, values in self.data.items()},
        }


def checked_places(path: str | os.PathLike[str]) -> tuple[str, str]:
    """Return the paths of a picture and of its data, where both can be written.

    Raises OptionError for an ending that is none of `PICTURES`, and PolysemeError where a file
    cannot be written.
    """
    check_path(path)
    picture = os.fspath(path)
    if not picture.endswith(PICTURES):
        raise OptionError(f"{picture[:80]}: a picture's name ends in {', '.join(PICTURES)}")
    data = str(Path(picture).with_suffix(".json"))
    for place in (picture, data):
        check_output(place, ())
    return picture, data


def part_of(state: str | os.PathLike[str] | None, name: str) -> str | None:
    """Return the file of the state of one of several trainings of a figure."""
    return None if state is None else f"{os.fspath(state)}.{name}"
