"""The picture of the leaderboard: what every method recovers against the load of the network."""

from __future__ import annotations

import io
import re

from polyseme.common.extras import import_matplotlib
from polyseme.interpret.benchmark.leaderboard.measured import Result

# Scores that are drawn, those of them that there are.
_SCORES = ("features-gates", "firing-gates", "edges-gates", "interchange-on-gates")
_LOADS = ("load1", "load1.5", "load2", "load4", "mono")
_NETWORK = re.compile(r"(.+)-(load[\d.]+|mono)")


def recovery_svg(results: list[Result]) -> str:
    """Return the picture as SVG, of the circuit that is there at most loads.

    It is "" where no circuit is there at more than one. Raises MissingExtraError without
    matplotlib.
    """
    circuit, loads = _ladder(results)
    if len(loads) < 2:
        return ""
    import_matplotlib("the leaderboard's picture")
    import matplotlib
    from matplotlib.figure import Figure

    scores = [name for name in _SCORES if any(name in one["scores"] for one in results)]
    methods = sorted({one["method"] for one in results if one["family"] != "control"})
    colours = matplotlib.colormaps["tab20"]
    with matplotlib.rc_context({"svg.hashsalt": "polyseme"}):
        figure = Figure(figsize=(3.2 * len(scores) + 2, 3.6), layout="constrained")
        axes = figure.subplots(1, len(scores), sharey=True, squeeze=False)[0]
        for score, axis in zip(scores, axes, strict=True):
            for number, method in enumerate(methods):
                line = [
                    (place, mean)
                    for place, load in enumerate(loads)
                    if (mean := _mean(results, method, f"{circuit}-{load}", score)) is not None
                ]
                if line:
                    colour, marker = colours(number % 20), "osv^D"[number // 20 % 5]
                    axis.plot(*zip(*line, strict=True), marker=marker, color=colour, label=method)
            axis.set_xticks(range(len(loads)), loads)
            axis.set_title(score, fontsize=10)
            axis.grid(alpha=0.3)
        axes[0].set_ylabel("corrected for chance")
        figure.suptitle(f"Recovery against load, {circuit}", fontsize=11)
        handles = {
            label: line
            for axis in axes
            for line, label in zip(*axis.get_legend_handles_labels(), strict=True)
        }
        if handles:
            figure.legend(
                list(handles.values()), list(handles), loc="outside right upper", fontsize=7
            )
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()[written.getvalue().index("<svg") :]


def _ladder(results: list[Result]) -> tuple[str, list[str]]:
    """Return the circuit that is there at most loads, and those in their order."""
    found: dict[str, set[str]] = {}
    for one in results:
        if matched := _NETWORK.fullmatch(one["network"]):
            found.setdefault(matched[1], set()).add(matched[2])
    if not found:
        return "", []
    circuit = max(sorted(found), key=lambda name: len(found[name]))
    return circuit, [load for load in _LOADS if load in found[circuit]]


def _mean(results: list[Result], method: str, network: str, score: str) -> float | None:
    values = [
        one["scores"][score]["corrected"]
        for one in results
        if (one["method"], one["network"]) == (method, network) and score in one["scores"]
    ]
    return sum(values) / len(values) if values else None
