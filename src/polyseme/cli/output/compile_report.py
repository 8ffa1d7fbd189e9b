"""Output of `polyseme compile`: JSON, or sentences and for deep circuits a table of layers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.described import problem_seed_in_words
from polyseme.cli.output.exact_report import (
    comparison,
    exact_fields,
    exact_sentence,
    in_bytes,
)
from polyseme.cli.output.reading import layer_fields, reading_fields, reading_lines
from polyseme.cli.output.text import emit, emit_json, emit_table, interval, rate
from polyseme.common.files import shown_path
from polyseme.compiler.report import Compilation, LayerDecision
from polyseme.limits.counting import CountingBound
from polyseme.limits.lower import least
from polyseme.limits.tried import NetworkBound, network_bound
from polyseme.networks.network import Network
from polyseme.networks.saving.files import key_path, network_bytes
from polyseme.verification.exhaustive import number_of_inputs
from polyseme.verification.inputs import DEEP_DESCRIPTIONS, DESCRIPTIONS
from polyseme.verification.sampling import Verification

_MAX_ROWS = 12
_COLUMNS = (
    "layer",
    "live wires",
    "computed",
    "neurons",
    "carried",
    "kind",
    "wires on",
    "superposition would take",
    "why",
)


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


def emit_compiled(compiled: Compiled, output: str | None, as_json: bool) -> None:
    """Write the report on standard output; `output` is the path of the saved network, if any."""
    if as_json:
        emit_json(_fields(compiled))
        return
    emit("\n".join(_sentences(compiled, output)))
    if compiled.report.layers:
        _emit_layers(compiled.report.layers)


def _fields(compiled: Compiled) -> dict[str, Any]:
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
        "weights_dtype": _weights_dtype(network),
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


def _weights_dtype(network: Network) -> str:
    return str(np.result_type(*(layer.weights.dtype for layer in network.layers)))


def _sentences(compiled: Compiled, output: str | None) -> list[str]:
    network, measured = compiled.network, compiled.measured
    provenance = network.provenance
    deep = _is_deep(network)
    described = DEEP_DESCRIPTIONS if deep else DESCRIPTIONS
    kinds = ", ".join(f"{name} {count:,}" for name, count in provenance.channels.items())
    lines = [
        _headline(compiled),
        f"error         {measured.wrong:,} of {measured.samples:,} inputs gave any wrong output: "
        f"95 % interval {interval(measured.error_interval)}, asked for "
        f"{rate(compiled.report.error)}",
        f"measured on   {described[measured.inputs]}, {measured.active} on at once",
        *_guarantee(compiled.report),
        *reading_lines(compiled.report.reading, 14),
        f"inputs        {_encoding(network)}",
        *_monosemantic(compiled),
        *_predicted(compiled),
        f"weights       {network.parameters:,} parameters, {_weights_dtype(network)}, "
        f"{in_bytes(compiled.stored_bytes)}; "
        f"the hidden weights hold {network.weight_bits():,.0f} bits",
        *_over_the_bound(compiled),
        f"construction  {provenance.construction}; {'layers' if deep else 'gates by channel'}: "
        f"{kinds}",
        f"circuit       {compiled.circuit.gates_per_feature}",
        f"seeds         network {provenance.seed} (--seed), "
        f"{problem_seed_in_words(compiled.circuit.name)}",
        f"time          {compiled.seconds:.1f} s",
    ]
    if compiled.report.promise:
        lines.append(
            f"promise       {provenance.active} on at once: {compiled.report.promise}; --active S "
            "sets another"
        )
    if provenance.note:
        lines.append(f"note          {provenance.note}")
    return [*lines, f"saved         {_saved_where(output)}"]


def _guarantee(report: Compilation) -> list[str]:
    """Return a line about all inputs, if something was proved about them."""
    if report.certified_active is None:
        return []
    features = len(report.network.encoder.features)
    inputs = number_of_inputs(features, report.certified_active)
    epsilon = report.certified_epsilon
    read = "" if epsilon is None else f"; the reading error is at most {epsilon:.3f} on all of them"
    return [
        f"guarantee     proved right on all {inputs:,} inputs with at most "
        f"{report.certified_active} on{read}"
    ]


def _is_deep(network: Network) -> bool:
    """Return whether the network was compiled stage by stage; it may still have one layer."""
    holds_wires = network.key is not None and not network.key.has_terms
    return holds_wires or len(network.layers) > 1


def _headline(compiled: Compiled) -> str:
    network = compiled.network
    amount, noun = _work(compiled)
    verb = _verb(compiled)
    bound = (
        f"the counting {'bound' if compiled.count.counts_functions else 'estimate'} is "
        f"{compiled.lower_bound_neurons:,}"
    )
    if _is_deep(network):
        return (
            f"{network.neurons_total:,} ReLUs in {len(network.layers):,} layers, at most "
            f"{network.neurons:,} in one, {verb} {amount:,} {noun}{_besides(compiled)}; {bound}"
        )
    return (
        f"{network.neurons:,} ReLUs {verb} {amount:,} {noun}: {amount / network.neurons:.1f} "
        f"{noun} per neuron; {bound}"
    )


def _verb(compiled: Compiled) -> str:
    """Return what the network does: thresholds decide what hidden layers do not compute."""
    # The outputs of a permutation are features passed on.
    if not compiled.circuit.computed_gates:
        return "pass on"
    reading = compiled.report.reading
    return "decide" if reading is not None and not reading.computed else "compute"


def _work(compiled: Compiled) -> tuple[int, str]:
    """Return the number of outputs or gates computed, identities not counted, and that word.

    A table of facts computes one output per relation and object, however many facts it holds.
    """
    circuit = compiled.circuit
    if circuit.name.partition(":")[0] in ("facts", "permutation"):
        return len(circuit.outputs), "outputs"
    return circuit.computed_gates, "gates"


def _besides(compiled: Compiled) -> str:
    identities = compiled.circuit.gates - compiled.circuit.computed_gates
    return f" ({identities:,} identities not counted)" if identities else ""


def _encoding(network: Network) -> str:
    features, dimensions = len(network.encoder.features), network.encoder.dimensions
    if network.encoder.in_superposition:
        return f"{features:,} features in superposition in {dimensions:,} dimensions"
    return f"{features:,} features, each with a dimension of its own"


def _monosemantic(compiled: Compiled) -> list[str]:
    """Return the lines that compare the network with the exact one."""
    network, exact = compiled.network, compiled.report.exact
    if exact is not None and _is_deep(network):
        return [
            f"monosemantic  {exact_sentence(exact)}",
            f"              {comparison(network, exact, compiled.stored_bytes)}",
        ]
    monosemantic = network.provenance.monosemantic_neurons
    without = f"monosemantic  an exact network takes {monosemantic:,}"
    if network.neurons >= monosemantic:
        return [f"{without}; superposition saves nothing"]
    return [f"{without}; superposition saves {1 - network.neurons / monosemantic:.0%}"]


def _predicted(compiled: Compiled) -> list[str]:
    """Return a line that compares the network with the prediction, if there was one."""
    predicted, found = compiled.report.predicted, compiled.network.neurons
    if predicted is None:
        return []
    return [f"predicted     {predicted:,} neurons; these are {found / predicted:.2f} times as many"]


def _over_the_bound(compiled: Compiled) -> list[str]:
    """Return a line that compares the network with its bounds at its own bits per weight."""
    count, own = compiled.count, compiled.at_own_bits
    if not count.counts_functions or own.ratio is None or own.ratio_ordered is None:
        return []
    told = f"{own.ratio:.2f} times the counting bound"
    if count.order_bits:
        told += f", {own.ratio_ordered:.2f} times with outputs in order"
    if own.ratio_family is not None and count.influence_source:
        told += f", {own.ratio_family:.2f} times with its influences too"
    return [f"bound         at equal bits {told}; {own.bits_per_weight:.2g} bits per weight"]


def _saved_where(output: str | None) -> str:
    if output is None:
        return "nothing; -o NET saves the network and its answer key"
    return f"{shown_path(output)}, answer key {shown_path(Path(key_path(output)).name)}"


def _emit_layers(per_layer: tuple[LayerDecision, ...]) -> None:
    """Print one row per layer; of many layers the first few and the last few."""
    rows = [_row(layer) for layer in per_layer]
    if len(rows) > _MAX_ROWS:
        kept = _MAX_ROWS - 1
        hidden = len(rows) - kept
        elided = ("…", *[""] * (len(_COLUMNS) - 2), f"{hidden:,} layers not shown; see --json")
        rows = [*rows[: kept - kept // 2], elided, *rows[-(kept // 2) :]]
    emit_table("layer by layer", _COLUMNS, rows)


def _row(layer: LayerDecision) -> tuple[str, ...]:
    return (
        str(layer.layer),
        f"{layer.columns:,}",
        f"{layer.computed_features:,}",
        f"{layer.neurons:,}",
        f"{layer.carried:,}",
        layer.kind,
        f"{layer.mean_on:.1f} ({layer.share_on:.2%})",
        f"{layer.predicted_superposed:,}",
        layer.why,
    )
