"""The ceiling figure: all points found, each kept in a file, and drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.files import write_whole
from polyseme.common.progress import phase
from polyseme.errors import FileFormatError
from polyseme.learning.toy_models.ceiling.points import (
    COMPILED,
    COMPUTED,
    FAMILIES,
    KINDS,
    REFINED,
    TRAINED,
    Asked,
    Settings,
    points,
)
from polyseme.learning.toy_models.ceiling.rows import ERROR, found_of
from polyseme.learning.toy_models.toy_figure import Finished, part_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Find every point, and the range of bits per parameter of every kind."""
    asked, rows = points(settings, seed), []
    with phase("ceiling") as told:
        for number, one in enumerate(asked):
            place = part_of(state, one.name)
            rows.append(_kept(place, one, device))
            told(number + 1, len(asked))
    kinds = {
        kind: {
            "points": len(some),
            "bits_per_parameter": _range([row["bits_per_parameter"] for row in some]),
            "features_per_neuron": _range([row["features_per_neuron"] for row in some]),
            "over_bound": _range([row["neurons"] / row["bound_neurons"] for row in some]),
            "over_declared": _range([row["neurons"] / row["declared_neurons"] for row in some]),
            "error_above": sum(row["error"] > ERROR for row in some),
        }
        for kind in KINDS
        if (some := [row for row in rows if row["kind"] == kind])
    }
    findings: dict[str, Any] = {"points": len(rows), **kinds}
    data = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    errors = np.array([row["error"] for row in rows], np.float32)
    return Finished(findings, data, errors, settings.steps)


def _range(values: list[float]) -> list[float]:
    return [float(min(values)), float(max(values))]


def _kept(place: str | None, asked: Asked, device: str) -> dict[str, Any]:
    """Return the row of a point from its file, or find it and write the file."""
    if place is not None and Path(place).exists():
        return _read(place, asked)
    row = found_of(asked, device)
    if place is not None:
        write_whole(place, (json.dumps(row) + "\n").encode())
    return row


def _read(place: str, asked: Asked) -> dict[str, Any]:
    """Return the row that a file holds; raise FileFormatError if it is none of this point."""
    try:
        row = json.loads(Path(place).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise FileFormatError(f"{place}: is no row of the ceiling; name another file") from None
    if not isinstance(row, dict) or {name: row.get(name) for name in asdict(asked)} != asdict(
        asked
    ):
        raise FileFormatError(f"{place}: is a row of another run; name another file, or delete it")
    return row


_MARKS = {COMPILED: "o", COMPUTED: "s", REFINED: "D", TRAINED: "^"}


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw bits per parameter, and features per neuron, over bits; a column per family.

    Networks that err on more than they may are hollow.
    """
    canvas.set_size_inches(14.0, 7.6)
    grid = canvas.subplots(2, len(FAMILIES), sharey="row", squeeze=False)
    on = sorted(set(data["active"].tolist()))
    for (above, below), family in zip(grid.T, FAMILIES, strict=True):
        ours = data["family"] == family
        for kind, (colour, active) in product(KINDS, enumerate(on)):
            chosen = ours & (data["kind"] == kind) & (data["active"] == active)
            label = f"{kind}, s = {active}"
            for short in (False, True):
                some = chosen & ((data["error"] > ERROR) == short)
                if some.any():
                    style: dict[str, Any] = {"color": f"C{colour}", "marker": _MARKS[kind]}
                    style |= {"linestyle": "none", "markersize": 6, "alpha": 0.75}
                    style |= {"fillstyle": "none" if short else "full"}
                    bits = data["bits"][some]
                    above.plot(bits, data["bits_per_parameter"][some], **style)
                    label += ", falls short" * short
                    below.plot(bits, data["features_per_neuron"][some], label=label, **style)
        order = np.flatnonzero(ours)[np.argsort(data["bits"][ours], kind="stable")]
        bits, features = data["bits"][order], data["features"][order]
        above.axhline(1, color="black", linestyle=":", linewidth=1)
        below.plot(bits, features / data["bound_neurons"][order], "k:", label="bound, 1 bit")
        for colour, active in enumerate(on):
            some = order[data["active"][order] == active]
            declared = data["features"][some] / data["declared_neurons"][some]
            below.plot(data["bits"][some], declared, "--", color=f"C{colour}", linewidth=0.8)
        above.set(xscale="log", yscale="log", title=family)
        below.set(xscale="log", yscale="log", xlabel="bits of the circuit")
        for axes in (above, below):
            axes.grid(alpha=0.25)
            # Names of minor ticks would stand on each other.
            axes.tick_params(axis="x", which="minor", labelbottom=False)
    grid[0, 0].set_ylabel("bits per parameter (dotted: 1)")
    grid[1, 0].set_ylabel("features per neuron (dashed: declared)")
    handles = {
        label: handle
        for axes in grid[1]
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    canvas.legend(
        list(handles.values()), list(handles), fontsize=8, frameon=False, loc="outside right upper"
    )
