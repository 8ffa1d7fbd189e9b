"""`polyseme inspect`: print the contents of a network file and the purpose of its neurons."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from polyseme.circuits.described import problem_seed, problem_seed_in_words
from polyseme.circuits.problems import MAX_SIZE
from polyseme.cli.options import AsJson, NetworkFile, Unsigned, whole
from polyseme.cli.output.exact_report import comparison, exact_fields, exact_sentence, in_bytes
from polyseme.cli.output.shortened import not_shown, shown_rows
from polyseme.cli.output.text import emit, emit_json
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.compiler.constructions.citing import citation
from polyseme.compiler.constructions.monosemantic import smallest_exact
from polyseme.compiler.schedule.exact_size import ExactSize
from polyseme.compiler.task import Task
from polyseme.errors import OptionError
from polyseme.interpret.polysemanticity import (
    LayerPolysemanticity,
    Polysemanticity,
    polysemanticity,
    served_by,
)
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.saving.files import key_path, load, network_bytes

_BAR_WIDTH = 40


@dataclass(frozen=True)
class _Place:
    """A neuron as the user names it: its number, and the number of its layer if given."""

    layer: int | None
    number: int


def _place(given: str | _Place) -> _Place:
    """Parse J or L:J."""
    if isinstance(given, _Place):
        return given
    layer, colon, number = given.rpartition(":")
    number_of = whole(0, MAX_SIZE)
    return _Place(number_of(layer) if colon else None, number_of(number))


def inspect_command(
    network_file: NetworkFile,
    neuron: Annotated[
        _Place | None,
        typer.Option(
            "--neuron",
            metavar="J",
            parser=_place,
            help="Also print every term that this neuron serves. In a deep network write L:U for "
            "every wire that unit U of layer L carries. Needs the answer key beside NET.",
        ),
    ] = None,
    cite: Annotated[
        bool, typer.Option("--cite", help="Print only BibTeX for the construction of NET.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Print a line for every layer, however many there are.")
    ] = False,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
) -> int:
    """Print what NET holds and, if its answer key is beside it, how many terms each neuron serves.

    Example: polyseme inspect net.safetensors --neuron 7
    Example: polyseme inspect deep.safetensors --neuron 2:7
    Example: polyseme inspect net.safetensors --cite
    """
    with watched(True):
        with phase(f"reading {network_file}"):
            network = load(network_file, unsigned=unsigned)
        if cite:
            _cite(network, as_json)
            return 0
        asked = None if neuron is None else _asked(network, neuron, network_file)
        with phase("what units serve"):
            found = None if network.key is None else polysemanticity(network)
        with phase("sizing the exact network"):
            exact = _exact_of(network)
    if as_json:
        told = {} if asked is None else {"neuron": asked.fields}
        emit_json({**_fields(network, found, exact), **told})
        return 0
    shown = shown_rows([layer.neurons for layer in network.layers], everything)
    lines = _sentences(network, exact, shown)
    if found is not None:
        lines += _polysemanticity(found, shown)
    if asked is not None:
        lines += [asked.sentence, *(f"  {one}" for one in asked.served)]
    emit("\n".join(lines))
    return 0


def _cite(network: Network, as_json: bool) -> None:
    bibtex = citation(network)
    if as_json:
        emit_json({"construction": network.provenance.construction, "bibtex": bibtex})
    else:
        emit(bibtex)


@dataclass(frozen=True)
class _Asked:
    """The purpose of one neuron: in JSON, in a sentence, and one by one."""

    fields: dict[str, Any]
    sentence: str
    served: tuple[str, ...]


def _asked(network: Network, place: _Place, network_file: str) -> _Asked:
    if network.key is None:
        raise OptionError(
            f"{network_file}: no answer key {key_path(network_file).name} is beside it; "
            "what a neuron serves is known only from that"
        )
    try:
        served = served_by(network, place.number, place.layer)
    except OptionError as error:
        raise OptionError(f"--neuron LAYER:NUMBER: {error}") from None
    if network.key.has_terms:
        return _Asked(
            {"number": place.number, "terms": list(served)},
            f"neuron {place.number} serves {len(served):,} terms",
            served,
        )
    layer = place.layer or 0
    return _Asked(
        {"layer": layer, "number": place.number, "wires": list(served)},
        f"unit {place.number} of layer {layer} carries {len(served):,} wires",
        served,
    )


def _exact_of(network: Network) -> ExactSize | None:
    """Return the size of the exact network of a deep one's circuit, which only the key holds."""
    key = network.key
    if key is None or key.has_terms:
        return None
    active = min(network.provenance.active, len(key.circuit.features))
    return smallest_exact(Task(key.circuit, max(active, 1)))


def _fields(
    network: Network, found: Polysemanticity | None, exact: ExactSize | None
) -> dict[str, Any]:
    layers = [_layer_fields(layer) for layer in network.layers]
    terms = None
    if found is not None and found.things == "terms":
        terms = _spread(found.layers[0])
    elif found is not None:
        for fields, counts in zip(layers, found.layers, strict=True):
            fields["wires_a_unit"] = _spread(counts)
    return {
        "features": len(network.encoder.features),
        "outputs": len(network.readout.outputs),
        "dimensions": network.encoder.dimensions,
        "in_superposition": network.encoder.in_superposition,
        "neurons": network.neurons,
        "neurons_total": network.neurons_total,
        "carried": network.carried,
        "parameters": network.parameters,
        "weight_bits": network.weight_bits(),
        "layers": layers,
        "state": network.state,
        "bytes": network_bytes(network),
        **asdict(network.provenance),
        "problem_seed": problem_seed(network.provenance.source),
        **exact_fields(network, exact),
        "computed_features": None if network.key is None else network.key.circuit.computed_gates,
        "terms_a_neuron": terms,
    }


def _layer_fields(layer: Layer) -> dict[str, Any]:
    cap, squared = layer.activation.stored
    return {
        "neurons": layer.neurons,
        "units": layer.units,
        "cap": cap,
        "squared": squared,
        "carried": len(layer.carried),
        "inputs": layer.inputs,
        "weights_dtype": str(layer.weights.dtype),
        "stored": "sparse" if layer.is_sparse else "dense",
        "nonzero_share": layer.nonzero_share,
    }


def _spread(layer: LayerPolysemanticity) -> dict[str, Any]:
    return {
        "min": layer.least,
        "median": layer.median,
        "max": layer.most,
        "histogram": [
            {"from": bar.low, "to": bar.high, "neurons": bar.units} for bar in layer.histogram()
        ],
    }


def _sentences(network: Network, exact: ExactSize | None, shown: list[int]) -> list[str]:
    """Return all lines about a network but those of its key; of its layers, those to be shown."""
    provenance, encoder = network.provenance, network.encoder
    weights = sum(layer.units * layer.inputs for layer in network.layers)
    how = "in superposition" if encoder.in_superposition else "not in superposition"
    lines = [
        f"compiled from  {provenance.source}",
        f"seeds          network {provenance.seed}, {problem_seed_in_words(provenance.source)}",
        f"construction   {provenance.construction}, at most {provenance.active} active features",
        f"features       {len(encoder.features):,} in {encoder.dimensions:,} dimensions, {how}",
        f"outputs        {len(network.readout.outputs):,}",
        *_gates(network, exact),
        *(_layer_sentence(number, network.layers[number]) for number in shown),
        *(f"{'':<15}{line}" for line in not_shown(len(network.layers), len(shown), "widest")),
        f"parameters     {network.parameters:,} in {in_bytes(network_bytes(network))}; "
        f"{network.weight_bits() / weights:.2f} bits of entropy per weight",
    ]
    return [*lines, *([f"note           {provenance.note}"] if provenance.note else [])]


def _gates(network: Network, exact: ExactSize | None) -> list[str]:
    """Return the lines that compare the gates computed with the exact network."""
    provenance, key = network.provenance, network.key
    if key is None or exact is None:
        deep = " in its widest layer" if len(network.layers) > 1 else ""
        return [
            f"gates          {provenance.gates:,}; an exact network takes "
            f"{provenance.monosemantic_neurons:,} ReLUs{deep}"
        ]
    identities = key.circuit.gates - key.circuit.computed_gates
    return [
        f"gates          {key.circuit.computed_gates:,}, and {identities:,} identities",
        f"ReLUs          {network.neurons_total:,} in all, at most {network.neurons:,} in one "
        f"layer; a state of {network.state:,} numbers",
        f"monosemantic   {exact_sentence(exact)}",
        f"               {comparison(network, exact, network_bytes(network))}",
    ]


def _layer_sentence(number: int, layer: Layer) -> str:
    cap, squared = layer.activation.stored
    clipped = f" ({layer.units:,} units clipped at {cap:,})" if cap else ""
    sparse = "sparse " if layer.is_sparse else ""
    kind = "squares" if squared else "ReLUs"
    carried = f"; {len(layer.carried):,} numbers pass" if len(layer.carried) else ""
    return (
        f"{f'layer {number}':<15}{layer.neurons:,} {kind}{clipped} that read {layer.inputs:,} "
        f"numbers; {sparse}{layer.weights.dtype}, {layer.nonzero_share:.0%} not zero{carried}"
    )


def _polysemanticity(found: Polysemanticity, shown: list[int]) -> list[str]:
    if found.things == "terms":
        return _bars(found.layers[0])
    layers = [found.layers[number] for number in shown]
    return [f"{f'layer {layer.layer}':<15}wires per unit: {_extent(layer)}" for layer in layers]


def _bars(layer: LayerPolysemanticity) -> list[str]:
    bars = layer.histogram()
    lines = [f"terms per neuron  {_extent(layer)}"]
    highest = max(bar.units for bar in bars)
    for bar in bars:
        drawn = "#" * -(-_BAR_WIDTH * bar.units // highest)
        span = f"{bar.low:,}" if bar.low == bar.high else f"{bar.low:,} to {bar.high:,}"
        lines.append(f"  {span:>16}  {drawn:<{_BAR_WIDTH}} {bar.units:,} neurons")
    return lines


def _extent(layer: LayerPolysemanticity) -> str:
    return f"min {layer.least:,}, median {layer.median:,.0f}, max {layer.most:,}"
