"""Output of `polyseme learn`: JSON, or sentences and a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyseme.cli.output.reading import layer_fields, reading_fields, reading_lines
from polyseme.cli.output.text import emit, emit_json, interval, rate
from polyseme.common.progress import in_words
from polyseme.learning.toy_models.toy_figure import ToyFigure
from polyseme.learning.twins.twin import Twin


def emit_figure(found: ToyFigure, written: tuple[str, str] | None, as_json: bool) -> None:
    """Write what a figure of toy models states, and where it was saved, on standard output."""
    if as_json:
        emit_json(
            {
                "figure": found.name,
                "error": found.error,
                "error_interval": None,
                "steps": found.steps,
                "seconds": round(found.seconds, 3),
                "seed": found.seed,
                "settings": dict(found.settings),
                "reduced": list(found.reduced),
                "output": None if written is None else written[0],
                "data": None if written is None else written[1],
                **found.findings,
            }
        )
        return
    lines = [f"{name:<10}{value}" for name, value in _lines(found, written)]
    emit("\n".join([f"toy models: {found.name}", *lines]))


def _lines(found: ToyFigure, written: tuple[str, str] | None) -> list[tuple[str, str]]:
    told = [(name.replace("_", " "), _shown(value)) for name, value in found.findings.items()]
    width = max(len(name) for name, _ in told)
    lines = [("found", f"{name:<{width}}  {value}") for name, value in told]
    lines = [("found" if not place else "", line) for place, (_, line) in enumerate(lines)]
    settings = ", ".join(f"{name} {_shown(value)}" for name, value in found.settings.items())
    lines.append(("settings", settings.replace("_", " ")))
    lines += [("reduced", line) for line in found.reduced]
    lines += [("loss", f"{found.error:.3g}, the mean of all runs"), ("seed", str(found.seed))]
    if written is not None:
        lines.append(("written", " and ".join(written)))
    return [*lines, ("time", in_words(found.seconds))]


def _shown(value: Any) -> str:
    """Return a finding on one line."""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        between = "; " if any(isinstance(one, Mapping | str) for one in value) else " "
        return between.join(map(_shown, value))
    return "none" if value is None else str(value)


def emit_twin(found: Twin, written: str | None, as_json: bool) -> None:
    """Write what was measured of a trained network on standard output."""
    network, run = found.network, found.measured
    if as_json:
        emit_json(
            {
                "neurons": network.neurons,
                "parameters": network.parameters,
                "error": run.error,
                "error_interval": list(run.error_interval),
                "wrong": run.wrong,
                "samples": run.samples,
                "inputs": run.inputs,
                "active": run.active,
                "steps": found.steps,
                "seconds": round(found.seconds, 3),
                "seed": network.provenance.seed,
                "loss": found.loss,
                "output": written,
                **reading_fields(found.reading),
                "per_layer": [layer_fields(layer) for layer in found.reading.layers],
            }
        )
        return
    made = network.provenance
    lines = [
        f"{network.neurons:,} ReLUs trained on {made.source}, {network.parameters:,} parameters",
        f"error         {rate(run.error)}, 95 % interval {interval(run.error_interval)}; "
        f"{run.wrong:,} of {run.samples:,} {run.inputs} inputs wrong, at most {run.active} on",
        *reading_lines(found.reading, 14),
        f"exact         a monosemantic network takes {made.monosemantic_neurons:,} ReLUs",
        f"made by       {made.note}",
        f"loss          {found.loss:.3g} at the end, {found.history[0]:.3g} at first",
        f"seed          {made.seed}",
        *([] if written is None else [f"written       {written}, its answer key beside it"]),
        f"time          {in_words(found.seconds)}",
    ]
    emit("\n".join(lines))
