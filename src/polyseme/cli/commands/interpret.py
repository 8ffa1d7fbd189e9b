"""`polyseme interpret`: the units of a gate, what a neuron serves, a feature's code."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from polyseme.circuits.problems import MAX_SIZE
from polyseme.cli.options import AsJson, NetworkFile, Unsigned, whole
from polyseme.cli.output.text import emit, emit_json, emit_table
from polyseme.common.files import shown_path
from polyseme.common.files.targets import check_output
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.errors import OptionError
from polyseme.interpret.asking.pictures import draw_gate, draw_neuron
from polyseme.interpret.asking.questions import (
    about_feature,
    about_unit,
    effective_features,
    interference,
    strangest_company,
    units_of,
)
from polyseme.interpret.asking.tables import rows_of
from polyseme.networks.network import Network
from polyseme.networks.saving.files import load

_MOST = 20


def interpret_command(
    network_file: NetworkFile,
    gate: Annotated[
        str | None,
        typer.Option("--gate", metavar="NAME", help="The units of an output or gate."),
    ] = None,
    neuron: Annotated[
        int | None,
        typer.Option(
            "--neuron",
            metavar="N",
            parser=whole(0, MAX_SIZE),
            help="What a unit reads, and which gates it is for.",
        ),
    ] = None,
    feature: Annotated[
        str | None,
        typer.Option(
            "--feature", metavar="NAME", help="The code of a feature, and the units that read it."
        ),
    ] = None,
    beside: Annotated[
        str | None,
        typer.Option(
            "--beside", metavar="NAME", help="With --feature: its interference with another one."
        ),
    ] = None,
    layer: Annotated[
        int,
        typer.Option(
            "--layer", metavar="L", parser=whole(0, MAX_SIZE), help="The layer of --neuron."
        ),
    ] = 0,
    picture: Annotated[
        str | None,
        typer.Option(
            "--picture", metavar="FILE.png", help="With --gate or --neuron: also draw it."
        ),
    ] = None,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
) -> int:
    """Print which units serve a gate, what a neuron reads and serves, or the code of a feature.

    Example: polyseme interpret net.safetensors --neuron 7 --picture neuron.png
    Example: polyseme interpret net.safetensors --feature x3 --beside x17
    """
    if sum(one is not None for one in (gate, neuron, feature)) != 1:
        raise OptionError("ask for one of --gate, --neuron and --feature")
    if beside is not None and feature is None:
        raise OptionError("--beside is for --feature")
    if picture is not None:
        if feature is not None:
            raise OptionError("--picture is for --gate and --neuron")
        check_output(picture, (network_file,))
    with watched(True):
        with phase(f"reading {network_file}"):
            network = load(network_file, unsigned=unsigned)
        with phase("looking up"):
            told, rows = _told(network, gate, neuron, feature, beside, layer)
            if picture is not None:
                _draw(network, gate, neuron, layer, picture)
                told["picture"] = picture
    if as_json:
        emit_json({**told, "rows": rows})
        return 0
    lines = [f"{name:<20}{_shown(value)}" for name, value in told.items()]
    emit("\n".join(lines))
    if rows:
        shown = [[_shown(value) for value in row.values()] for row in rows[:_MOST]]
        emit_table("", list(rows[0]), shown)
    if len(rows) > _MOST:
        emit(f"and {len(rows) - _MOST:,} more; --json has all")
    return 0


def _told(
    network: Network,
    gate: str | None,
    neuron: int | None,
    feature: str | None,
    beside: str | None,
    layer: int,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what is said of the thing asked for, and its table."""
    if gate is not None:
        return {"gate": gate}, rows_of(units_of(network, gate))
    if feature is not None:
        found = {} if beside is None else interference(network, feature, beside)
        return {"feature": feature, **found}, rows_of(about_feature(network, feature))
    assert neuron is not None
    rows = rows_of(about_unit(network, neuron, layer))
    told: dict[str, Any] = {"neuron": neuron, "layer": layer}
    told["effective_features"] = float(effective_features(network, layer)[neuron])
    if network.key is not None:
        told["serves"] = len(network.key.columns_of(neuron, layer))
        told["strangest_company"] = strangest_company(network, neuron, layer)
    return told, rows


def _draw(network: Network, gate: str | None, neuron: int | None, layer: int, picture: str) -> None:
    if gate is not None:
        draw_gate(network, gate, picture)
    elif neuron is not None:
        draw_neuron(network, neuron, picture, layer)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, tuple):
        return " · ".join(value)
    if isinstance(value, bool):
        return "own" if value else "foreign"
    if isinstance(value, str) and value.endswith(".png"):
        return shown_path(value)
    return "–" if value is None else str(value)[:80]
