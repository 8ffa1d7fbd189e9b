"""Figures that are written as SVG, the same bytes every time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from polyseme.common.extras import import_matplotlib

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure_of(width: float, height: float) -> Figure:
    """Return an empty figure, in inches; raise MissingExtraError without matplotlib."""
    import_matplotlib("the leaderboard's picture")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def shown(name: str) -> str:
    """Return a name as text of a figure, in which a dollar begins no formula."""
    return name.replace("$", r"\$")


def svg_of(figure: Figure) -> str:
    """Return a figure as SVG, from its first element on."""
    import matplotlib

    written = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "polyseme"}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()[written.getvalue().index("<svg") :]
