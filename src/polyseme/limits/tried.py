"""The rows about networks that exist: a network just compiled, or a given one."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.circuits.circuit import Circuit
from polyseme.common.progress import Note
from polyseme.compiler.compile import compile_report
from polyseme.errors import SourceError
from polyseme.limits.lower import least
from polyseme.limits.rows import Row
from polyseme.networks.network import Network


@dataclass(frozen=True)
class NetworkBound:
    """The counting bound at the number of bits that a network's own weights hold.

    `weight_bits` is the number of bits that an ideal entropy coder needs for the `weights` hidden
    weights, and `bits_per_weight` is `weight_bits` over `weights`. `lower_bound_neurons` is for as
    many equal layers as the network has. It is 0 if the family has one member, so that there is
    nothing to learn, or if the weights hold no bits.
    """

    neurons: int
    layers: int
    weights: int
    weight_bits: float
    bits_per_weight: float
    lower_bound_neurons: int


def network_bound(network: Network, circuit: Circuit, bits: float) -> NetworkBound:
    """Compare a network of a circuit with `bits`, the bits that tell the circuit's family apart.

    Raises SourceError when the numbers of features or outputs are not those of the circuit.
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


def measured_row(circuit: Circuit, active: int, error: float, note: Note) -> Row:
    """Compile a circuit and return the size of the network as a row.

    `note` is called with a line of text per step. Raises OptionError as `compile` does.
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
