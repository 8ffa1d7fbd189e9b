"""`polyseme bounds`: how small a network for a circuit could be."""

from __future__ import annotations

from polyseme.bounds.report import Bounds, bounds
from polyseme.circuits.sources import read
from polyseme.cli.options import DEFAULT_ERROR, Active, AsJson, Error, Source
from polyseme.cli.progress import steps
from polyseme.cli.report import emit, emit_json, emit_table


def bounds_command(
    source: Source, active: Active = 3, error: Error = DEFAULT_ERROR, as_json: AsJson = False
) -> int:
    """Tell how few neurons a network for SOURCE needs at least, and how many constructions take.

    Example: polyseme bounds permutation:features=5000
    """
    with steps(f"reading {source}"):
        circuit = read(source)
        possible = bounds(circuit, active=active, error=error)
    if as_json:
        emit_json(possible.as_json())
    else:
        _emit_report(possible)
    return 0


def _emit_report(possible: Bounds) -> None:
    emit(
        f"{possible.features:,} features, {possible.gates:,} gates, {possible.outputs:,} outputs; "
        f"{possible.family}: {possible.bits:,.0f} bits to tell apart"
    )
    if not possible.counts_functions:
        emit("the count is of circuits as written, so it bounds no network for this one function")
    emit_table(
        f"neurons, at most {possible.active} features on at once, error {possible.error:g}",
        ("", "neurons", "source"),
        [
            (f"{kind}{row.name}", f"{row.neurons:,}", row.source)
            for kind, rows in (("at least, ", possible.lower), ("", possible.constructions))
            for row in rows
        ],
    )
    if possible.note:
        emit(f"note: {possible.note}")
