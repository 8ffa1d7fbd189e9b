"""The rows about networks that exist: a network just compiled, or a given one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from polyseme.circuits.circuit import Circuit
from polyseme.common.progress import Note
from polyseme.compiler.compile import compile_report
from polyseme.errors import SourceError
from polyseme.limits.counting import CountingBound
from polyseme.limits.lower import least
from polyseme.limits.rows import COMPILED, Row
from polyseme.networks.network import Network


@dataclass(frozen=True)
class NetworkBound:
    """The counting bounds at the number of bits that a network's own weights hold.

    `weight_bits` is the number of bits that an ideal entropy coder needs for the `weights` hidden
    weights, and `bits_per_weight` is `weight_bits` over `weights`. The bounds are for as many equal
    layers as the network has: of all circuits of the size with the order of outputs ignored, the
    same in order, and in order with the circuit's influences (None where these are not counted).
    They are 0 if the family has one member, so that there is nothing to learn, or if the weights
    hold no bits.

    The ratios are at equal bits: the root of `weight_bits` over the bits of each family. For square
    layers that is neurons over bound. A ratio is None where the bits are 0 or unknown.
    """

    neurons: int
    layers: int
    weights: int
    weight_bits: float
    bits_per_weight: float
    lower_bound_neurons: int
    lower_bound_neurons_ordered: int
    lower_bound_neurons_family: int | None
    ratio: float | None
    ratio_ordered: float | None
    ratio_family: float | None


def network_bound(network: Network, circuit: Circuit, count: CountingBound) -> NetworkBound:
    """Compare a network of a circuit with the bits that tell the circuit's family apart.

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

    def neurons(bits: float) -> int:
        return least(bits / layers, each) if bits and each else 0

    family = count.family_bits
    return NetworkBound(
        neurons=network.neurons,
        layers=layers,
        weights=weights,
        weight_bits=held,
        bits_per_weight=each,
        lower_bound_neurons=neurons(count.bits),
        lower_bound_neurons_ordered=neurons(count.ordered_bits),
        lower_bound_neurons_family=None if family is None else neurons(family),
        ratio=ratio_at_equal_bits(held, count.bits),
        ratio_ordered=ratio_at_equal_bits(held, count.ordered_bits),
        ratio_family=ratio_at_equal_bits(held, family or 0.0),
    )


def ratio_at_equal_bits(weight_bits: float, bits: float) -> float | None:
    """Return neurons over bound for square layers of equally many bits per weight.

    It is the root of the bits that all weights hold over the bits that are needed, whatever the
    shape of the layers. None if no bits are needed.
    """
    return math.sqrt(weight_bits / bits) if bits > 0 else None


def measured_row(circuit: Circuit, active: int, error: float, note: Note) -> Row:
    """Compile a circuit and return the size of the network as a row.

    `note` is called with a line of text per step. Raises OptionError as `compile` does.
    """
    report = compile_report(circuit, active=active, error=error, note=note)
    network, seen = report.network, report.confirmation
    assert seen is not None
    assert report.reading is not None
    what = "computed" if report.reading.computed else "thresholded"
    return Row(
        f"{network.provenance.construction}, {what}",
        network.neurons,
        f"{seen.wrong:,} of {seen.samples:,} {seen.inputs} inputs wrong",
        network.parameters,
        kind=COMPILED,
    )
