"""Output of `polyseme compile`: JSON, or sentences and for deep circuits a table of layers."""

from __future__ import annotations

from pathlib import Path

from polyseme.circuits.described import problem_seed_in_words
from polyseme.cli.output.compiled import Compiled, compiled_fields, weights_dtype
from polyseme.cli.output.exact_report import (
    comparison,
    exact_sentence,
    in_bytes,
)
from polyseme.cli.output.reading import reading_lines
from polyseme.cli.output.text import emit, emit_json, emit_table, interval, rate
from polyseme.common.files import shown_path
from polyseme.compiler.report import Compilation, LayerDecision
from polyseme.networks.network import Network
from polyseme.networks.saving.files import key_path
from polyseme.verification.exhaustive import number_of_inputs
from polyseme.verification.inputs import DEEP_DESCRIPTIONS, DESCRIPTIONS

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


def emit_compiled(compiled: Compiled, output: str | None, as_json: bool) -> None:
    """Write the report on standard output; `output` is the path of the saved network, if any."""
    if as_json:
        emit_json(compiled_fields(compiled))
        return
    emit("\n".join(_sentences(compiled, output)))
    if compiled.report.layers:
        _emit_layers(compiled.report.layers)


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
        f"weights       {network.parameters:,} parameters, {weights_dtype(network)}, "
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
