"""`polyseme bounds`: print how small a network for a circuit could be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from polyseme.circuits.sources import read
from polyseme.cli.options import DEFAULT_ERROR, Active, AsJson, Error, Source
from polyseme.cli.output.progress import steps
from polyseme.cli.output.text import emit, emit_json, emit_table, one_line
from polyseme.limits.table import Bounds, Row, bounds
from polyseme.networks.saving.files import load


def bounds_command(
    source: Source,
    active: Active = 3,
    error: Error = DEFAULT_ERROR,
    network: Annotated[
        str | None,
        typer.Option(
            "--network",
            metavar="NET",
            help="Also print the bound at the bits that the weights of this network hold.",
            show_default=False,
        ),
    ] = None,
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Also compile SOURCE with network seed 0; print the size."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Print how few neurons a network for SOURCE needs, and how many each construction takes.

    Example: polyseme bounds permutation:features=5000
    Example: polyseme bounds and2:features=2000,gates=2000 --measure
    """
    with steps(f"reading {source}") as step:
        circuit = read(source)
        given = None if network is None else load(network)
        possible = bounds(
            circuit, active=active, error=error, network=given, measure=measure, note=step
        )
    if as_json:
        emit_json(possible.as_json())
    else:
        _emit_report(possible, network)
    return 0


def _emit_report(possible: Bounds, network: str | None) -> None:
    emit(
        f"{possible.features:,} features, {possible.gates:,} gates, {possible.outputs:,} outputs; "
        f"{possible.family}: {possible.bits:,.0f} bits to tell apart"
    )
    drawn = "" if possible.problem_seed is None else f"; problem seed {possible.problem_seed}"
    emit(f"{possible.gates_per_feature}{drawn}")
    if not possible.counts_functions:
        emit("the count is of circuits as written, so it bounds no network for this one function")
    emit_table(
        f"neurons, at most {possible.active} features on at once, error {possible.error:g}",
        ("", "neurons", "inputs", "parameters", "source"),
        [
            (
                f"{kind}{row.name}",
                f"{row.neurons:,}",
                row.inputs,
                "" if row.parameters is None else f"{row.parameters:,}",
                row.source,
            )
            for kind, row in _rows(possible, one_line(network or ""))
        ],
    )
    emit(
        "counted are layers that read no more numbers than they have neurons; with basis inputs, a "
        "dimension per feature, a layer holds more weights and may need fewer neurons"
    )
    if possible.note:
        emit(f"note: {possible.note}")


def _rows(possible: Bounds, file: str) -> Iterator[tuple[str, Row]]:
    """Yield all rows of the table, each with the words that tell its kind."""
    for row in possible.lower:
        yield "as circuits go, " if row.indicative else "at least, ", row
    held = possible.network
    if held is not None:
        own = f"{held.bits_per_weight:.3g} bits per weight, as {file} has"
        kind = "at least, " if possible.counts_functions else "as circuits go, "
        yield kind, Row(own, held.lower_bound_neurons, "counting, entropy of its weights")
    yield from (("to hold the features, ", row) for row in possible.representation)
    yield from (("", row) for row in possible.constructions)
    if held is not None:
        bits = f"its weights hold {held.weight_bits:,.0f} bits"
        yield "", Row(file, held.neurons, bits, held.weights)
    yield from (("", row) for row in possible.measured)
    most = possible.capacity
    if most is not None:
        weights = f"{most.neurons:,} x {most.neurons:,} weights of {most.bits_per_weight:g} bit"
        name = f"{weights} compute {most.outputs:,} such outputs"
        yield "at most, ", Row(name, most.neurons, "counting", most.neurons**2)
