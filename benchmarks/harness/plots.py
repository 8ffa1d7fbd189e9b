"""Pictures with axes in logarithms, all in one manner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from cycler import cycler

from harness.written import save_picture

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

# Okabe and Ito's colours, which all eyes tell apart; the last is grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f")
# Legible where a picture is shown 1,000 pixels wide.
plt.rcParams.update({"font.size": 12.5, "axes.titlesize": 13})
plt.rcParams["axes.prop_cycle"] = cycler(color=COLOURS)


@contextmanager
def paper(path: Path, across: str, up: str, title: str) -> Iterator[Axes]:
    """Open one plot in logarithms, saved in the end."""
    with panels(path, across, up, (title,)) as (axes,):
        yield axes


@contextmanager
def panels(path: Path, across: str, up: str, titles: Sequence[str]) -> Iterator[list[Axes]]:
    """Open plots in logarithms, two in a row, with one legend; saved in the end."""
    columns = min(2, len(titles))
    rows = -(-len(titles) // columns)
    wide, high = (9.5, 5.0) if len(titles) == 1 else (12.0, 4.2 * rows)
    figure, grid = plt.subplots(
        rows, columns, figsize=(wide, high), squeeze=False, layout="constrained"
    )
    every = list(grid.flat)
    for axes, title in zip(every, titles, strict=False):
        axes.set(xscale="log", yscale="log", title=title)
        axes.grid(alpha=0.25)
    for row in grid:
        row[0].set_ylabel(up)
    for axes in grid[-1]:
        axes.set_xlabel(across)
    yield every
    for axes in every:
        for axis in (axes.xaxis, axes.yaxis):
            if axis.get_scale() == "log":
                _plain_numbers(axis)
    # What is in several plots is named once.
    named = {
        name: handle
        for axes in every
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if named:
        figure.legend(named.values(), named.keys(), loc="outside right center", frameon=False)
    save_picture(figure, path)
    plt.close(figure)


def lines_of(axes: Axes, points: Iterable[tuple[float, float]], name: str, **looks: Any) -> None:
    """Draw a line through points, in order; nothing where there are none."""
    ordered = sorted(points)
    if ordered:
        across, up = zip(*ordered, strict=True)
        axes.plot(across, up, label=name, **({"marker": "o", "markersize": 5} | looks))


def bars(path: Path, heights: dict[str, float], across: str, title: str) -> None:
    """Draw horizontal bars, longest first, each with its number; on a logarithmic axis."""
    figure, axes = plt.subplots(figsize=(10.0, 0.5 * len(heights) + 1.6), layout="constrained")
    ordered = sorted(heights.items(), key=lambda pair: pair[1])
    names, values = zip(*ordered, strict=True)
    drawn = axes.barh(names, values, color=COLOURS[0])
    axes.bar_label(drawn, [f"{value:,.0f}" for value in values], padding=4)
    axes.set(xscale="log", xlabel=across, title=title)
    axes.set_xlim(right=8 * values[-1])  # room for the longest bar's number
    axes.grid(axis="x", alpha=0.25)
    axes.xaxis.set_major_formatter(FuncFormatter(_number))
    save_picture(figure, path)
    plt.close(figure)


def _plain_numbers(axis: Axis) -> None:
    """Label powers of ten, written out; where there are few, their doubles and fives too."""
    low, high = axis.get_view_interval()
    steps = (1.0,) if high > 100 * low else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(FuncFormatter(_number))
    axis.set_minor_formatter(NullFormatter())


def _number(value: float, _: int) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
