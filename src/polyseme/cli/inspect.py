"""`polyseme inspect`: what is in a network file, and how polysemantic its neurons are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from polyseme.circuits.problems import MAX_SIZE
from polyseme.cli.options import AsJson, NetworkFile, whole
from polyseme.cli.places import key_beside
from polyseme.cli.report import emit, emit_json
from polyseme.errors import PolysemeError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.files import key_path, load
from polyseme.networks.network import Layer, Network

_BARS = 10
_BAR_WIDTH = 40


def inspect_command(
    network_file: NetworkFile,
    neuron: Annotated[
        int | None,
        typer.Option(
            "--neuron",
            metavar="J",
            parser=whole(0, MAX_SIZE),
            help="Also tell every term that this neuron serves; needs the answer key beside NET.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show what is in NET and, if its answer key is beside it, what each neuron is for.

    Example: polyseme inspect net.safetensors --neuron 7
    """
    network = load(network_file, key_beside(network_file))
    served = None if neuron is None else _terms_served(network, neuron, network_file)
    load_of_neurons = None if network.key is None else _terms_a_neuron(network.key)
    if as_json:
        fields = _fields(network, load_of_neurons)
        if served is not None:
            fields["neuron"] = {"number": neuron, "terms": served}
        emit_json(fields)
        return 0
    lines = _sentences(network)
    if load_of_neurons is not None:
        lines += _polysemanticity(load_of_neurons)
    if served is not None:
        lines += [f"neuron {neuron} serves {len(served):,} terms", *(f"  {x}" for x in served)]
    emit("\n".join(lines))
    return 0


def _terms_a_neuron(key: AnswerKey) -> NDArray[np.int64]:
    begins: NDArray[np.int64] = key.hosts().indptr.astype(np.int64)
    return np.diff(begins)


def _terms_served(network: Network, neuron: int, network_file: str) -> list[str]:
    if network.key is None:
        raise PolysemeError(
            f"{network_file}: no answer key {key_path(network_file).name} is beside it; "
            "what a neuron serves is known only from that"
        )
    if neuron >= network.neurons:
        raise PolysemeError(f"--neuron {neuron} must be 0 to {network.neurons - 1}")
    return [network.key.describe_term(int(term)) for term in network.key.neuron_terms(neuron)]


def _fields(network: Network, load_of_neurons: NDArray[np.int64] | None) -> dict[str, Any]:
    return {
        "features": len(network.encoder.features),
        "outputs": len(network.readout.outputs),
        "dimensions": network.encoder.dimensions,
        "in_superposition": network.encoder.in_superposition,
        "neurons": network.neurons,
        "neurons_total": network.neurons_total,
        "parameters": network.parameters,
        "weight_bits": network.weight_bits(),
        "layers": [
            {
                "neurons": layer.neurons,
                "inputs": layer.inputs,
                "weights_dtype": str(layer.weights.dtype),
                "nonzero_share": _nonzero_share(layer),
            }
            for layer in network.layers
        ],
        **asdict(network.provenance),
        "terms_a_neuron": None if load_of_neurons is None else _spread(load_of_neurons),
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
    return float(np.count_nonzero(layer.weights) / layer.weights.size)


def _sentences(network: Network) -> list[str]:
    provenance, encoder = network.provenance, network.encoder
    weights = sum(layer.weights.size for layer in network.layers)
    how = "in superposition" if encoder.in_superposition else "not in superposition"
    lines = [
        f"compiled from  {provenance.source}, seed {provenance.seed}",
        f"construction   {provenance.construction}, at most {provenance.active} active features",
        f"features       {len(encoder.features):,} in {encoder.dimensions:,} dimensions, {how}",
        f"outputs        {len(network.readout.outputs):,}",
        f"gates          {provenance.gates:,}; one neuron a gate would take "
        f"{provenance.monosemantic_neurons:,}",
    ]
    lines += [
        f"layer {number}        {layer.neurons:,} ReLUs that read {layer.inputs:,} numbers; "
        f"{layer.weights.dtype}, {_nonzero_share(layer):.0%} not zero"
        for number, layer in enumerate(network.layers)
    ]
    lines.append(
        f"parameters     {network.parameters:,}; "
        f"{network.weight_bits() / weights:.2f} bits of entropy a weight"
    )
    return [*lines, *([f"note           {provenance.note}"] if provenance.note else [])]


def _polysemanticity(load_of_neurons: NDArray[np.int64]) -> list[str]:
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
