"""`polyseme compile`: a circuit in, a network and its answer key out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from polyseme.bounds.report import Bounds, bounds
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.sources import read
from polyseme.cli.options import (
    DEFAULT_ERROR,
    Active,
    AsJson,
    Error,
    Seed,
    Source,
    neurons_or_auto,
)
from polyseme.cli.places import check_output
from polyseme.cli.progress import steps
from polyseme.cli.report import emit, emit_json, interval, rate, remark
from polyseme.compiler.compile import fulfil
from polyseme.compiler.request import Request
from polyseme.networks.files import key_path, save_key, save_network
from polyseme.networks.network import Network
from polyseme.verify.inputs import DESCRIPTIONS
from polyseme.verify.sampling import Verification


@dataclass(frozen=True)
class _Compiled:
    """All that the report on one compilation tells."""

    network: Network
    terms: int
    measured: Verification
    possible: Bounds
    error_asked: float
    seconds: float


def compile_command(
    source: Source,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="NET",
            help="The network file to write, its answer key beside it; without this, none is.",
        ),
    ] = None,
    active: Active = 3,
    error: Error = DEFAULT_ERROR,
    neurons: Annotated[
        int | None,
        typer.Option(
            "--neurons",
            metavar="N",
            parser=neurons_or_auto,
            help="The most ReLUs there may be; auto finds the fewest that meet --error.",
        ),
    ] = None,
    construction: Annotated[
        str,
        typer.Option("--construction", metavar="NAME", help="auto, three-channel or monosemantic."),
    ] = "auto",
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder",
            metavar="NAME",
            help="superposed, basis (each feature a dimension of its own), or auto.",
        ),
    ] = "auto",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> int:
    """Compile SOURCE into a network of as few neurons as keep its error under --error.

    Example: polyseme compile and2:features=2000,gates=2000 -o net.safetensors

    Exit status 1 says that the measured error may be above --error.
    """
    if output is not None:
        _check_outputs(output, source)
    with steps(f"reading {source}") as step:
        circuit = read(source)
        begun = time.perf_counter()
        request = Request(active, error, neurons, construction, encoder, seed)
        sized = fulfil(circuit, request, step)
        seconds = time.perf_counter() - begun
        possible = bounds(circuit, active=active, error=error)
        if output is not None:
            _save(sized.network, output)
    assert sized.confirmation is not None
    assert sized.network.key is not None
    terms = len(sized.network.key.terms)
    compiled = _Compiled(sized.network, terms, sized.confirmation, possible, error, seconds)
    if as_json:
        emit_json(_fields(compiled))
    else:
        emit("\n".join(_sentences(compiled, circuit, output)))
    return _status(compiled)


def _check_outputs(output: str, source: str) -> None:
    """Before a minute of work: both files can be written, and neither is the source."""
    inputs = (source, source.partition(":")[2] or source)
    check_output(output, inputs)
    check_output(str(key_path(output)), inputs)


def _save(network: Network, output: str) -> None:
    """Write the answer key, then the network, so that no network appears without its key."""
    assert network.key is not None
    save_key(network.key, key_path(output))
    save_network(network, output)


def _status(compiled: _Compiled) -> int:
    upper = compiled.measured.error_interval[1]
    if upper <= compiled.error_asked:
        return 0
    remark(
        f"polyseme: the network falls short: its error may be up to {rate(upper)}, "
        f"asked for was {rate(compiled.error_asked)}"
    )
    return 1


def _fields(compiled: _Compiled) -> dict[str, Any]:
    network, measured, possible = compiled.network, compiled.measured, compiled.possible
    provenance = network.provenance
    return {
        "features": len(network.encoder.features),
        "outputs": len(network.readout.outputs),
        "gates": provenance.gates,
        "layers": len(network.layers),
        # Every nonlinear unit is one ReLU.
        "units": network.neurons,
        "neurons": network.neurons,
        "neurons_total": network.neurons_total,
        "parameters": network.parameters,
        "weight_bits": network.weight_bits(),
        "monosemantic_neurons": provenance.monosemantic_neurons,
        "lower_bound_neurons": possible.lower_bound_neurons,
        "construction": provenance.construction,
        "active": provenance.active,
        "error": measured.error,
        "error_interval": list(measured.error_interval),
        "samples": measured.samples,
        "inputs": measured.inputs,
        "seconds": round(compiled.seconds, 3),
        "seed": provenance.seed,
        "source": provenance.source,
        "channels": provenance.channels,
        "dimensions": network.encoder.dimensions,
        "in_superposition": network.encoder.in_superposition,
        "bits": possible.bits,
        "weights_dtype": _weights_dtype(network),
        "note": provenance.note,
    }


def _weights_dtype(network: Network) -> str:
    return str(np.result_type(*(layer.weights.dtype for layer in network.layers)))


def _sentences(compiled: _Compiled, circuit: Circuit, output: str | None) -> list[str]:
    network, measured = compiled.network, compiled.measured
    provenance = network.provenance
    amount, noun = _work(circuit, compiled.terms)
    bound = "bound" if compiled.possible.counts_functions else "estimate"
    channels = ", ".join(f"{name} {count:,}" for name, count in provenance.channels.items())
    lines = [
        f"{network.neurons:,} ReLUs compute {amount:,} {noun}: {amount / network.neurons:.1f} "
        f"{noun} a neuron; the counting {bound} is {compiled.possible.lower_bound_neurons:,}",
        f"error         {measured.wrong:,} of {measured.samples:,} inputs gave any wrong output: "
        f"95 % interval {interval(measured.error_interval)}, asked for "
        f"{rate(compiled.error_asked)}",
        f"measured on   {DESCRIPTIONS[measured.inputs]}, {measured.active} on at once",
        f"inputs        {_encoding(network)}",
        f"monosemantic  {_saved(network)}",
        f"weights       {network.parameters:,} parameters, {_weights_dtype(network)}; "
        f"the hidden weights hold {network.weight_bits():,.0f} bits",
        f"construction  {provenance.construction}; gates by channel: {channels}",
        f"time          {compiled.seconds:.1f} s, seed {provenance.seed}",
    ]
    if provenance.note:
        lines.append(f"note          {provenance.note}")
    return [*lines, f"saved         {_saved_where(output)}"]


def _work(circuit: Circuit, terms: int) -> tuple[int, str]:
    """What the network computes, counted in the words of its source."""
    kind = circuit.name.partition(":")[0]
    if kind == "facts":
        return terms, "facts"
    if kind == "permutation":
        return len(circuit.outputs), "outputs"
    return circuit.gates, "gates"


def _encoding(network: Network) -> str:
    features, dimensions = len(network.encoder.features), network.encoder.dimensions
    if network.encoder.in_superposition:
        return f"{features:,} features in superposition in {dimensions:,} dimensions"
    return f"{features:,} features, each a dimension of its own"


def _saved(network: Network) -> str:
    alone = network.provenance.monosemantic_neurons
    if network.neurons >= alone:
        return f"one neuron a gate takes {alone:,}; superposition saves nothing"
    return (
        f"one neuron a gate takes {alone:,}; superposition saves {1 - network.neurons / alone:.0%}"
    )


def _saved_where(output: str | None) -> str:
    if output is None:
        return "nothing; -o NET saves the network and its answer key"
    return f"{output}, answer key {Path(key_path(output)).name}"
