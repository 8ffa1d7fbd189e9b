"""The rows about networks that exist: one just compiled, or one that is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.compile import compile_report
from polyseme.errors import SourceError
from polyseme.limits.lower import least
from polyseme.limits.rows import Row
from polyseme.networks.network import Network


@dataclass(frozen=True)
class NetworkBound:
    """What the counting bound says at the number of bits that a network's own weights hold.

    `weight_bits` is what an ideal entropy coder needs for its `weights` hidden weights, and
    `bits_per_weight` their quotient. `lower_bound_neurons` is for as many equal layers as the
    network has; 0 where nothing is to be learnt or its weights hold nothing.
    """

    neurons: int
    layers: int
    weights: int
    weight_bits: float
    bits_per_weight: float
    lower_bound_neurons: int


def network_bound(network: Network, circuit: Circuit, bits: float) -> NetworkBound:
    """Hold a network of a circuit against the bits that tell its family apart.

    Raises SourceError when the network has other features or outputs than the circuit.
    """
    for what, has, wants in (
        ("features", len(network.encoder.features), len(circuit.features)),
        ("outputs", len(network.readout.outputs), len(circuit.outputs)),
    ):
        if has != wants:
            raise SourceError(
                f"{circuit.name}: has {wants:,} {what}, and the network {has:,}: not its network"
            )
    weights = sum(layer.units * layer.inputs for layer in network.layers)
    held = network.weight_bits()
    each, layers = held / weights, len(network.layers)
    return NetworkBound(
        neurons=network.neurons,
        layers=layers,
        weights=weights,
        weight_bits=held,
        bits_per_weight=each,
        lower_bound_neurons=least(bits / layers, each) if bits and each else 0,
    )


def measured_row(circuit: Circuit, active: int, error: float, note: Callable[[str], None]) -> Row:
    """Compile a circuit and say how large the network is; `note` is called with each step.

    Raises OptionError as `compile` does.
    """
    report = compile_report(circuit, active=active, error=error, note=note)
    network, seen = report.network, report.confirmation
    assert seen is not None
    return Row(
        f"compiled, {network.provenance.construction}",
        network.neurons,
        f"{seen.wrong:,} of {seen.samples:,} {seen.inputs} inputs wrong",
        network.parameters,
    )
