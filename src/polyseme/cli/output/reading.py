"""Fields of JSON and lines of text about what hidden layers compute."""

from __future__ import annotations

from typing import Any

from polyseme.cli.output.shortened import not_shown, shown_rows
from polyseme.cli.output.text import emit, emit_table
from polyseme.verification.reading_error import LayerComputation, ReadingError


def reading_fields(found: ReadingError | None) -> dict[str, Any]:
    """Return the fields that compile and verify print about the reading error of all layers."""
    if found is None:
        return {}
    worst = found.worst
    return {
        **_fields(worst),
        "epsilon_max": max(layer.epsilon_max for layer in found.layers),
        "computed": found.computed,
        "nonlinearities": found.nonlinearities,
        "thresholds": found.thresholds,
    }


def layer_fields(layer: LayerComputation) -> dict[str, Any]:
    """Return the fields about one hidden layer."""
    return {
        "layer": layer.layer,
        **_fields(layer),
        "nonlinearities": layer.relus,
        "inputs": [
            {
                "inputs": kind.inputs,
                "samples": kind.samples,
                "epsilon": kind.epsilon,
                "epsilon_max": kind.maximum,
                "epsilon_mean": kind.mean,
                "epsilon_mean_on": kind.mean_on,
            }
            for kind in layer.kinds
        ],
    }


def _fields(layer: LayerComputation) -> dict[str, Any]:
    return {
        "epsilon": layer.epsilon,
        "epsilon_max": layer.epsilon_max,
        "epsilon_mean": layer.epsilon_mean,
        "kappa_mean": layer.kappa_mean,
        "kappa_min": layer.kappa_min,
        "computed": layer.computed,
        "bending_units": layer.bending_units,
    }


def reading_lines(found: ReadingError | None, margin: int) -> list[str]:
    """Return lines about what is computed where, their words indented by at least `margin`."""
    if found is None:
        return []
    worst, label = found.worst, "computed" if found.computed else "thresholded"
    where = f"layer {worst.layer}, the worst" if len(found.layers) > 1 else "the hidden layer"
    kappa = "" if worst.kappa_mean is None else f"; kappa {worst.kappa_mean:.2f} on average"
    if worst.kappa_min is not None:
        kappa += f", {worst.kappa_min:.2f} at least"
    words = {
        label: _verdict(found),
        "readings": f"of {where}, all gates at once: error {worst.epsilon:.3f} on all but 1e-3 of "
        f"each kind of input, {worst.epsilon_max:.3f} at most{kappa}",
        "bends": _bends(found),
    }
    return [f"{name:<{max(margin, len(name) + 2)}}{said}" for name, said in words.items()]


def _verdict(found: ReadingError) -> str:
    several = len(found.layers) > 1
    if found.computed:
        return (
            f"by {'every hidden layer' if several else 'the hidden layer'}: a next one could use it"
        )
    if found.is_linear:
        return "no ReLU bends within the promise: a linear bottleneck, and thresholds do the work"
    return "the thresholds of the readout finish the work: no next layer could use the readings"


def _bends(found: ReadingError) -> str:
    shares = [layer.bending_units for layer in found.layers]
    share = f"{min(shares):.0%}"
    if max(shares) > min(shares):
        share += f" to {max(shares):.0%}"
    return (
        f"{share} of the units bend within the promise; {found.nonlinearities:,} nonlinearities: "
        f"{found.nonlinearities - found.thresholds:,} ReLUs and {found.thresholds:,} thresholds"
    )


def emit_reading_table(found: ReadingError, everything: bool) -> None:
    """Write a table with one row per hidden layer and kind of input; of many, the worst ones."""
    rows = [(layer, kind) for layer in found.layers for kind in layer.kinds]
    shown = shown_rows([kind.epsilon for _, kind in rows], everything)
    emit_table(
        "readings of every hidden layer",
        ("layer", "gates", "inputs", "tried", "epsilon .999", "max", "mean", "mean, gates on"),
        [
            (
                str(layer.layer),
                f"{layer.gates:,}",
                kind.inputs,
                f"{kind.samples:,}",
                f"{kind.epsilon:.3f}",
                f"{kind.maximum:.3f}",
                f"{kind.mean:.3f}",
                "" if kind.mean_on is None else f"{kind.mean_on:.3f}",
            )
            for layer, kind in map(rows.__getitem__, shown)
        ],
    )
    for line in not_shown(len(rows), len(shown), "with the largest epsilon"):
        emit(line)
