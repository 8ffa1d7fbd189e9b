"""Output of `polyseme bounds`: one table that fits a screen, or everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

from polyseme.cli.output.text import emit, emit_table
from polyseme.compiler.constructions.construction import Inputs
from polyseme.limits.lower import least
from polyseme.limits.reached import MOST_TRIED
from polyseme.limits.rows import DECLARED, Row
from polyseme.limits.table import Bounds
from polyseme.limits.tried import NetworkBound
from polyseme.limits.width import AT_MOST, WidthBounds

# Longest line of a note.
_LINE = 96
_SQUARE = "counted are layers that read no more numbers than neurons, with a readout from the seed"
_BASIS = (
    "with basis inputs, a dimension per feature, a layer holds more weights and may need fewer "
    "neurons; a readout that is stored can hold the order of outputs, and more"
)


def emit_bounds(possible: Bounds, network: str | None, everything: bool) -> None:
    """Write the report on standard output; `network` is the path of a given network."""
    emit(f"{possible.features:,} features, {possible.gates:,} gates, {possible.outputs:,} outputs")
    drawn = "" if possible.problem_seed is None else f"; problem seed {possible.problem_seed}"
    if everything:
        emit(f"{possible.gates_per_feature}{drawn}")
    emit(possible.family)
    title = f"neurons, at most {possible.active} features on at once, error {possible.error:g}"
    if everything:
        _emit_everything(possible, title)
    else:
        _emit_screen(possible, title)
    if possible.network is not None:
        emit("\n".join(_compared(possible.network, network or "the network")))
    emit(_SQUARE)
    if everything:
        emit(_BASIS)
    for remark in possible.remarks if everything else possible.remarks[:1]:
        emit(fill(f"note: {remark}", _LINE))
    if not everything:
        emit("--all prints all bounds and their sources")


def emit_width_bounds(possible: WidthBounds) -> None:
    """Write how many features networks of a width could compute."""
    layers = f"{possible.layers:,} layer{'s' if possible.layers > 1 else ''}"
    emit(
        f"{layers} of {possible.width:,} neurons that read as many numbers, "
        f"bits per weight {possible.bits_per_weight:g}, in all {possible.bits:,.0f}"
    )
    emit_table(
        f"features, and as many outputs; {possible.active:,} on at once",
        ("features", "computed", "claim"),
        [(f"{row.features:,}", row.name, _claim(row.kind)) for row in possible.rows],
    )
    emit(
        "counting is over all layers; the rest is of one layer, with an error of "
        f"{possible.error:g} where linear,\nthresholded or computed; constructions are tried up to "
        f"{MOST_TRIED:,} features, in steps of 4 %"
    )


def _claim(kind: str) -> str:
    if kind == DECLARED:
        return "reached: declared"
    return "at most: counting" if kind == AT_MOST else f"at most: {kind}"


def _emit_screen(possible: Bounds, title: str) -> None:
    """Write the counting bounds, the floors, and the smallest of all other rows."""
    own = possible.bits_per_weight
    columns = ["", "bits", "neurons", *([] if own is None else [f"at {own:.3g} bits"])]
    rows = []
    for row in _screen(possible):
        cells = [_named(row), "" if row.bits is None else f"{row.bits:,.0f}", f"{row.neurons:,}"]
        if own is not None:
            cells.append("" if row.bits is None else f"{_at(possible, row.bits, own):,}")
        rows.append(cells)
    emit_table(title, columns, rows)


def _screen(possible: Bounds) -> Iterator[Row]:
    """Yield the rows that a screen has room for."""
    # Errors make hardly a difference; that row is one of all.
    yield from (row for row in possible.lower if "wrong" not in row.name)
    yield from possible.floors
    yield possible.representation[0]
    *made, monosemantic = possible.constructions
    for inputs in (Inputs.SUPERPOSED.value, Inputs.BASIS.value):
        alike = [row for row in made if row.inputs == inputs]
        if alike:
            yield min(alike, key=lambda row: row.neurons)
    yield monosemantic
    yield from possible.measured


def _at(possible: Bounds, bits: float, own: float) -> int:
    """Return the neurons that hold bits at so many per weight."""
    layers = possible.layers if possible.network is None else possible.network.layers
    return least(bits / layers, own)


def _emit_everything(possible: Bounds, title: str) -> None:
    emit_table(
        title,
        ("", "neurons", "inputs", "parameters", "source"),
        [
            (
                _named(row, with_inputs=False),
                f"{row.neurons:,}",
                row.inputs,
                "" if row.parameters is None else f"{row.parameters:,}",
                row.source,
            )
            for row in possible.rows
        ],
    )
    most = possible.capacity
    if most is not None:
        emit(
            f"{most.neurons:,} x {most.neurons:,} weights of {most.bits_per_weight:g} bit compute "
            f"at most {most.outputs:,} such outputs, by counting"
        )


def _named(row: Row, with_inputs: bool = True) -> str:
    inputs = f", {row.inputs} inputs" if with_inputs and row.kind == DECLARED else ""
    return f"{row.kind}, {row.name}{inputs}"


def _compared(held: NetworkBound, file: str) -> list[str]:
    """Return sentences that compare a network with the bounds at its own bits per weight."""
    ratios = (
        (held.ratio, "order ignored"),
        (held.ratio_ordered, "in order"),
        (held.ratio_family, "and its influences"),
    )
    told = ", ".join(f"{ratio:.2f} ({of})" for ratio, of in ratios if ratio is not None)
    sizes = (
        f"{Path(file).name}: {held.neurons:,} neurons, {held.weights:,} weights of "
        f"{held.bits_per_weight:.3g} bits, {held.weight_bits:,.0f} in all"
    )
    return [sizes, *([f"over the bound, at equal bits: {told}"] if told else [])]
