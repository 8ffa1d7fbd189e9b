"""Every published figure that is recomputed, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from polyseme.common.progress import Note
from polyseme.reproduce import (
    ball_and_box,
    circuits_in_superposition,
    linear_floors,
    mathematical_models,
    reed_solomon,
    scaling,
    threshold_recovery,
    trained_universal_and,
)
from polyseme.reproduce.row import Row


@dataclass(frozen=True)
class Figure:
    """The figures of one source: their name, what is compared, and the function for the rows.

    `about` is the `ABOUT` of the figures' module. It is printed into `docs/reproduction.md`.
    """

    name: str
    about: str
    rows: Callable[[int, Note], list[Row]]


def _figure(module: ModuleType) -> Figure:
    name = module.__name__.rpartition(".")[2].replace("_", "-")
    return Figure(name, module.ABOUT, module.rows)


CATALOGUE = {
    figure.name: figure
    for figure in map(
        _figure,
        (
            linear_floors,
            threshold_recovery,
            ball_and_box,
            mathematical_models,
            reed_solomon,
            circuits_in_superposition,
            trained_universal_and,
            scaling,
        ),
    )
}
