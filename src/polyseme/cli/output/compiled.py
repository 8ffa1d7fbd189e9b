"""The numbers of one compilation, and the JSON that `polyseme compile` prints of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.cli.output.exact_report import exact_fields
from polyseme.cli.output.reading import layer_fields, reading_fields
from polyseme.compiler.report import Compilation
from polyseme.limits.counting import CountingBound
from polyseme.limits.lower import least
from polyseme.limits.tried import NetworkBound, network_bound
from polyseme.networks.network import Network
from polyseme.networks.saving.files import network_bytes
from polyseme.verification.sampling import Verification


@dataclass(frozen=True)
class Compiled:
    """Everything that the output about one compilation is made from."""

    report: Compilation
    circuit: Circuit
    count: CountingBound
    seconds: float

    @property
    def network(self) -> Network:
        """The network."""
        return self.report.network

    @property
    def measured(self) -> Verification:
        """The error of the network as measured."""
        assert self.report.confirmation is not None
        return self.report.confirmation

    @cached_property
    def stored_bytes(self) -> int:
        """Length of the network's file, saved or not."""
        return network_bytes(self.network)

    @property
    def lower_bound_neurons(self) -> int:
        """Neurons that hold the bits of the circuit at one bit per weight, in as many layers."""
        return self.at_one_bit(self.count.bits)

    def at_one_bit(self, bits: float) -> int:
        """Return the neurons per layer that hold bits at one bit per weight."""
        return least(bits / len(self.network.layers), 1.0)

    @cached_property
    def at_own_bits(self) -> NetworkBound:
        """The counting bounds at the bits that the network's own weights hold."""
        return network_bound(self.network, self.circuit, self.count)


def compiled_fields(compiled: Compiled) -> dict[str, Any]:
    """Return all fields of the JSON object."""
    network, measured = compiled.network, compiled.measured
    provenance = network.provenance
    return {
        "features": len(network.encoder.features),
        "outputs": len(network.readout.outputs),
        "gates": provenance.gates,
        # Gates of two inputs or more: identities compute nothing.
        "computed_features": compiled.circuit.computed_gates,
        "layers": len(network.layers),
        # A unit is one ReLU, or two where it is clipped; both numbers are of the widest layer.
        "units": network.units,
        "neurons": network.neurons,
        "neurons_total": network.neurons_total,
        # The most numbers that pass a layer unchanged: the width of the residual stream.
        "carried": network.carried,
        # The most numbers that a layer writes, carried ones among them.
        "state": network.state,
        "parameters": network.parameters,
        "bytes": compiled.stored_bytes,
        "weight_bits": network.weight_bits(),
        **exact_fields(network, compiled.report.exact),
        "lower_bound_neurons": compiled.lower_bound_neurons,
        **_counted(compiled),
        "predicted_neurons": compiled.report.predicted,
        "construction": provenance.construction,
        "active": provenance.active,
        "error": measured.error,
        "error_interval": list(measured.error_interval),
        "samples": measured.samples,
        "inputs": measured.inputs,
        # The most features on with which it is proved right on every input; null if not asked for.
        "certified_active": compiled.report.certified_active,
        "certified_epsilon": compiled.report.certified_epsilon,
        "seconds": round(compiled.seconds, 3),
        "seed": provenance.seed,
        "problem_seed": compiled.circuit.problem_seed,
        "gates_per_feature": asdict(compiled.circuit.gates_per_feature),
        "source": provenance.source,
        "channels": provenance.channels,
        "dimensions": network.encoder.dimensions,
        "in_superposition": network.encoder.in_superposition,
        "bits": compiled.count.bits,
        "weights_dtype": weights_dtype(network),
        "note": provenance.note,
        "epsilon_asked": compiled.report.epsilon,
        **reading_fields(compiled.report.reading),
        "per_layer": _per_layer(compiled.report),
    }


def _per_layer(report: Compilation) -> list[dict[str, Any]]:
    """Return what was decided about and read of every hidden layer."""
    read = [] if report.reading is None else [layer_fields(one) for one in report.reading.layers]
    decided = [asdict(layer) for layer in report.layers]
    if not decided or not read:
        return decided or read
    return [{**layer, **seen} for layer, seen in zip(decided, read, strict=True)]


def _counted(compiled: Compiled) -> dict[str, Any]:
    """Return the counting bounds with the order of outputs, and ratios at equal bits."""
    count, own = compiled.count, compiled.at_own_bits
    family = own.lower_bound_neurons_family
    return {
        "lower_bound_neurons_ordered": compiled.at_one_bit(count.ordered_bits),
        "lower_bound_neurons_family": (
            None if count.family_bits is None else compiled.at_one_bit(count.family_bits)
        ),
        "lower_bound_neurons_own_bits": (
            own.lower_bound_neurons_ordered if family is None else family
        ),
        "bits_per_weight": own.bits_per_weight,
        "bound_ratio": own.ratio,
        "bound_ratio_ordered": own.ratio_ordered,
        "bound_ratio_family": own.ratio_family,
    }


def weights_dtype(network: Network) -> str:
    """Return the type that holds the weights of all layers."""
    return str(np.result_type(*(layer.weights.dtype for layer in network.layers)))
