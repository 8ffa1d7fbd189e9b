"""`polyseme inspect`: what is in a network file, and how polysemantic its neurons are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from polyseme.circuits.problems import MAX_SIZE
from polyseme.cli.options import AsJson, NetworkFile, whole
from polyseme.cli.output.text import emit, emit_json
from polyseme.cli.output_paths import key_beside
from polyseme.compiler.constructions.citing import citation
from polyseme.errors import OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.saving.files import key_path, load

_BARS = 10
_BAR_WIDTH = 40


@dataclass(frozen=True)
class _Place:
    """A neuron as it is asked for: its number, and that of its layer where one was given."""

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
            help="Also tell every term that this neuron serves; of a deep network, written L:U, "
            "every wire that unit U of layer L carries. Needs the answer key beside NET.",
        ),
    ] = None,
    cite: Annotated[
        bool, typer.Option("--cite", help="Only print BibTeX for what NET was made with.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Show what is in NET and, if its answer key is beside it, what each neuron is for.

    Example: polyseme inspect net.safetensors --neuron 7
    Example: polyseme inspect deep.safetensors --neuron 2:7
    Example: polyseme inspect net.safetensors --cite
    """
    network = load(network_file, key_beside(network_file))
    if cite:
        emit(citation(network))
        return 0
    asked = None if neuron is None else _served(network, neuron, network_file)
    if as_json:
        emit_json({**_fields(network), **({} if asked is None else {"neuron": asked.fields})})
        return 0
    lines = [*_sentences(network), *_polysemanticity(network)]
    if asked is not None:
        lines += [asked.sentence, *(f"  {one}" for one in asked.served)]
    emit("\n".join(lines))
    return 0


@dataclass(frozen=True)
class _Served:
    """Purpose of one neuron: in JSON, in a sentence, and one by one."""

    fields: dict[str, Any]
    sentence: str
    served: list[str]


def _served(network: Network, place: _Place, network_file: str) -> _Served:
    key = network.key
    if key is None:
        raise OptionError(
            f"{network_file}: no answer key {key_path(network_file).name} is beside it; "
            "what a neuron serves is known only from that"
        )
    layer = _checked_layer(network, place)
    columns = key.columns_of(place.number, layer)
    served = [key.describe(int(column), layer) for column in columns]
    if key.has_terms:
        return _Served(
            {"number": place.number, "terms": served},
            f"neuron {place.number} serves {len(served):,} terms",
            served,
        )
    return _Served(
        {"layer": layer, "number": place.number, "wires": served},
        f"unit {place.number} of layer {layer} carries {len(served):,} wires",
        served,
    )


def _checked_layer(network: Network, place: _Place) -> int:
    layers = network.layers
    if place.layer is None and len(layers) > 1:
        raise OptionError(
            f"--neuron {place.number} must name its layer, 0 to {len(layers) - 1}: "
            f"--neuron LAYER:{place.number}"
        )
    layer = place.layer or 0
    if layer >= len(layers):
        raise OptionError(f"--neuron: layer {layer} must be 0 to {len(layers) - 1}")
    if place.number >= layers[layer].units:
        raise OptionError(f"--neuron {place.number} must be 0 to {layers[layer].units - 1}")
    return layer


def _loads(network: Network) -> list[NDArray[np.int64]]:
    """Terms (in a deep network: wires) per neuron, layer by layer."""
    if network.key is None:
        return []
    return [
        np.bincount(held.units, minlength=layer.width)[: layer.units].astype(np.int64)
        for held, layer in zip(network.key.layers, network.layers, strict=True)
    ]


def _holds_wires(key: AnswerKey | None) -> bool:
    return key is not None and not key.has_terms


def _fields(network: Network) -> dict[str, Any]:
    loads = _loads(network)
    deep = _holds_wires(network.key)
    layers = [_layer_fields(layer) for layer in network.layers]
    if deep:
        for fields, load_of_units in zip(layers, loads, strict=True):
            fields["wires_a_unit"] = _spread(load_of_units)
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
        **asdict(network.provenance),
        "terms_a_neuron": _spread(loads[0]) if loads and not deep else None,
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
        "nonzero_share": _nonzero_share(layer),
    }


def _spread(load_of_neurons: NDArray[np.int64]) -> dict[str, Any]:
    counts, edges = _histogram(load_of_neurons)
    return {
        "min": int(load_of_neurons.min()),
        "median": float(np.median(load_of_neurons)),
        "max": int(load_of_neurons.max()),
        "histogram": [
            {"from": int(low), "to": int(high) - 1, "neurons": int(count)}
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ],
    }


def _histogram(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Counts (bars,) and whole edges (bars + 1,), each bar from its edge to below the next."""
    low, high = int(values.min()), int(values.max()) + 1
    step = -(-(high - low) // _BARS)
    edges = np.arange(low, high + step, step)
    return np.histogram(values, edges)[0], edges


def _nonzero_share(layer: Layer) -> float:
    weights = layer.weights
    stored = weights.data if layer.is_sparse else weights
    return float(np.count_nonzero(stored) / (layer.units * layer.inputs))


def _sentences(network: Network) -> list[str]:
    provenance, encoder = network.provenance, network.encoder
    weights = sum(layer.units * layer.inputs for layer in network.layers)
    how = "in superposition" if encoder.in_superposition else "not in superposition"
    lines = [
        f"compiled from  {provenance.source}, seed {provenance.seed}",
        f"construction   {provenance.construction}, at most {provenance.active} active features",
        f"features       {len(encoder.features):,} in {encoder.dimensions:,} dimensions, {how}",
        f"outputs        {len(network.readout.outputs):,}",
        f"gates          {provenance.gates:,}; one neuron a gate would take "
        f"{provenance.monosemantic_neurons:,}",
        *(_layer_sentence(number, layer) for number, layer in enumerate(network.layers)),
        f"parameters     {network.parameters:,}; "
        f"{network.weight_bits() / weights:.2f} bits of entropy a weight",
    ]
    return [*lines, *([f"note           {provenance.note}"] if provenance.note else [])]


def _layer_sentence(number: int, layer: Layer) -> str:
    cap, squared = layer.activation.stored
    clipped = f" ({layer.units:,} units clipped at {cap:,})" if cap else ""
    sparse = "sparse " if layer.is_sparse else ""
    kind = "squares" if squared else "ReLUs"
    carried = f"; {len(layer.carried):,} numbers pass" if len(layer.carried) else ""
    return (
        f"{f'layer {number}':<15}{layer.neurons:,} {kind}{clipped} that read {layer.inputs:,} "
        f"numbers; {sparse}{layer.weights.dtype}, {_nonzero_share(layer):.0%} not zero{carried}"
    )


def _polysemanticity(network: Network) -> list[str]:
    loads = _loads(network)
    if _holds_wires(network.key):
        return [
            f"{f'layer {number}':<15}wires a unit: min {load_of_units.min():,}, median "
            f"{np.median(load_of_units):,.0f}, max {load_of_units.max():,}"
            for number, load_of_units in enumerate(loads)
        ]
    return _bars(loads[0]) if loads else []


def _bars(load_of_neurons: NDArray[np.int64]) -> list[str]:
    counts, edges = _histogram(load_of_neurons)
    lines = [
        f"terms a neuron  min {load_of_neurons.min():,}, median {np.median(load_of_neurons):,.0f}, "
        f"max {load_of_neurons.max():,}"
    ]
    for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
        drawn = "#" * -(-_BAR_WIDTH * int(count) // int(counts.max()))
        span = f"{low:,}" if high - low == 1 else f"{low:,} to {high - 1:,}"
        lines.append(f"  {span:>16}  {drawn:<{_BAR_WIDTH}} {count:,} neurons")
    return lines
