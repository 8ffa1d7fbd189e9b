"""Find the smallest deep network that meets the error asked for, at the circuit's own depth.

Too small a network fails within a few layers: stray activity and lost amplitude grow from layer to
layer. A larger one still loses a little at every layer (`docs/benchmarks.md` has the curves). So a
size is tried with all layers there are, never with the first few.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.staged.build import build_deep
from polyseme.compiler.constructions.staged.plan import DeepPlan
from polyseme.compiler.constructions.three_channel.plan import Stream
from polyseme.errors import CompileError
from polyseme.networks.activation import Relu
from polyseme.networks.network import Network
from polyseme.verification.sampling import Verification, wrong_samples

Note = Callable[[str], None]

# ReLUs for each square root of (literals read in a stage x wires on), and for each doubling of the
# depth: measured on layered circuits of 4,000 to 20,000 wires a level at error 1e-3.
_PREDICTION, _DEEPER = 16.5, 3.3
# A stage whose predicted size is this many times its monosemantic size is not even tried.
_HOPELESS = 1.15
_PROBE_SAMPLES = 4000
_MIN_CONFIRMATION = 20_000
_STEP, _CLOSE = 1.1, 1.04
_AIM = 0.4


def stage_predictions(plan: DeepPlan) -> NDArray[np.int64]:
    """ReLUs that every stage asks for in superposition, from its reads and activity, (stages,)."""
    stages = plan.schedule.stages
    before = np.concatenate(([plan.active], plan.activity.mean[:-1]))
    literals = np.array([len(stage.literals) for stage in stages])
    factor = _PREDICTION + _DEEPER * np.log2(len(stages))
    predictions: NDArray[np.int64] = np.ceil(
        factor * np.sqrt(literals * np.maximum(before, 1.0))
    ).astype(np.int64)
    return predictions


def predicted_neurons(plan: DeepPlan) -> int:
    """ReLUs that the stage with most columns asks for in superposition."""
    return int(stage_predictions(plan)[plan.columns == plan.columns.max()].max())


def smallest_deep(plan: DeepPlan, note: Note) -> tuple[Network, Verification]:
    """Search for the smallest network whose confirmed error is under the plan's."""
    widest, predicted = plan.monosemantic_neurons, predicted_neurons(plan)
    if predicted > _HOPELESS * widest:
        return _give_up(
            plan,
            note,
            f"superposition does not pay here: with a neuron for every wire the widest layer has "
            f"{widest:,}, and at this activity superposition would ask for about {predicted:,}",
        )
    superposable = plan.superposable
    neurons = _search(superposable, min(predicted, widest), note)
    attempt = 0
    while neurons < widest:
        network = build_deep(superposable, neurons)
        seen = confirm_deep(superposable, network, attempt)
        note(f"confirm {network.neurons:,} neurons: {seen.wrong} of {seen.samples:,} wrong")
        if seen.error_interval[1] < plan.error:
            return network, seen
        attempt += 1
        neurons = int(neurons * 1.04) + 1
    return _give_up(
        plan,
        note,
        f"superposition does not pay here: no network of fewer than {widest:,} neurons, which are "
        f"enough to give every wire its own, was found to err under {plan.error:g}",
    )


def _give_up(plan: DeepPlan, note: Note, reason: str) -> tuple[Network, Verification]:
    note(reason)
    network = build_deep(plan, plan.monosemantic_neurons)
    network = replace(network, provenance=replace(network.provenance, note=reason))
    return network, confirm_deep(plan, network, 0)


def _search(plan: DeepPlan, start: int, note: Note) -> int:
    """Step from the prediction until the target is bracketed, then halve the bracket."""
    widest = plan.monosemantic_neurons
    failed, passed, neurons = 0, widest, start
    while failed * _CLOSE < passed and neurons < widest:
        if _passes(plan, neurons, note):
            passed = neurons
            neurons = (failed + passed) // 2 if failed else int(neurons / _STEP)
        else:
            failed = neurons
            bracketed = passed < widest
            neurons = (failed + passed) // 2 if bracketed else int(neurons * _STEP) + 1
    return passed


def _passes(plan: DeepPlan, neurons: int, note: Note) -> bool:
    try:
        network = build_deep(plan, neurons)
    except CompileError:
        return False
    rows = plan.inputs("satisfied", _PROBE_SAMPLES, plan.stream(Stream.PROBES))
    wrong = int(wrong_samples(network, plan.circuit, rows).sum())
    note(f"probe {neurons:,} neurons: {wrong} of {len(rows):,} wrong")
    return wrong <= _AIM * plan.error * len(rows)


def confirm_deep(plan: DeepPlan, network: Network, attempt: int = 0) -> Verification:
    """Try a network on fresh samples: at least 20,000, at least 20 expected failures' worth.

    One that is monosemantic throughout is right by construction; as many samples have to do as put
    the upper end of its interval under the error asked for.
    """
    samples = int(max(_MIN_CONFIRMATION, 20 / plan.error))
    if not any(layer.activation != Relu() for layer in network.layers):
        samples = int(np.ceil(4 / plan.error))
    rows = plan.inputs("satisfied", samples, plan.stream(Stream.CONFIRMATIONS + attempt))
    wrong = int(wrong_samples(network, plan.circuit, rows).sum())
    return Verification("satisfied", plan.active, samples, wrong)
