"""Pass 0 and last: find the smallest network that meets the error asked for.

The failure rate falls so steeply with the number of neurons that its logarithm is nearly a straight
line; a few probes bracket the target and interpolation closes in. Every probe builds the real
network and tries it on samples drawn apart from those it was calibrated on. What is found is then
confirmed on fresh samples that no probe has seen: the upper end of the exact 95 % interval must lie
under the error asked for, and if it does not, the network grows and is confirmed on fresh ones
again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from polyseme.compiler.build import build_monosemantic, build_superposed
from polyseme.compiler.deep.report import LayerDecision
from polyseme.compiler.plan import Plan, Stream
from polyseme.compiler.regions import reference_width
from polyseme.compiler.widths import smallest_width, widest
from polyseme.errors import CompileError
from polyseme.networks.network import Network
from polyseme.verify.inputs import draw_inputs
from polyseme.verify.sampling import Verification, wrong_samples

Note = Callable[[str], None]

# The noise model leaves out that tails are heavier than normal and that the ReLU bends them.
MODEL_MARGIN = 1.3
MIN_CONFIRMATION = 20_000
MAX_ALONE = 50_000
_PROBE_SAMPLES = 10_000
# A network whose true rate is this share of the target passes confirmation nearly always.
_AIM = 0.4
_GROWTH = 1.03


@dataclass(frozen=True)
class Sized:
    """A network and the confirmation it passed (or, with neurons given, just what was measured).

    `layers` says what was decided about each layer of a deep network.
    """

    network: Network
    confirmation: Verification | None
    layers: tuple[LayerDecision, ...] = ()


def predicted_neurons(plan: Plan) -> int:
    """Neurons the noise model predicts, without building anything; monosemantic at most."""
    low, high = 1, plan.monosemantic_neurons
    while low < high:
        middle = (low + high) // 2
        demand = plan.demand(middle)
        asked = sum(
            np.clip(MODEL_MARGIN * reference_width(r, demand), smallest_width(r), widest(r))
            for r in plan.regions_for(middle)
        )
        low, high = (low, middle) if asked <= middle else (middle + 1, high)
    return low


def smallest_network(plan: Plan, note: Note) -> Sized:
    """Search for the smallest network whose confirmed error is under the plan's."""
    limit = plan.monosemantic_neurons
    confirmations = 0
    neurons = _search(plan, limit, note)
    while neurons < limit:
        network = build_superposed(plan, neurons)
        confirmation = confirm(plan, network, confirmations)
        confirmations += 1
        verdict = _verdict(plan, network, confirmation)
        note(
            f"confirm {network.neurons:,} neurons: {confirmation.wrong} of "
            f"{confirmation.samples:,} wrong{verdict and f', {verdict}: growing'}"
        )
        if not verdict:
            return Sized(network, confirmation)
        neurons = max(neurons + 1, int(neurons * _GROWTH))
    reason = (
        f"superposition does not pay here: at {plan.active} active features no network of fewer "
        f"than {limit:,} neurons, one a gate, was found to err under {plan.error:g}"
    )
    note(reason)
    network = build_monosemantic(plan, reason)
    return Sized(network, confirm(plan, network, confirmations))


def _search(plan: Plan, limit: int, note: Note) -> int:
    """Bracket the target by the noise model's prediction, then interpolate log error."""
    aim = np.log(_AIM * plan.error)
    low: tuple[int, float] | None = None
    high: tuple[int, float] | None = None
    neurons = predicted_neurons(plan)
    while True:
        neurons = min(neurons, limit)
        if neurons >= limit:
            return limit if low is None or limit - low[0] < 2 else _between(low[0], limit)
        rate = _probe(plan, neurons)
        note(f"probe {neurons:,} neurons: error {rate:.2g}")
        if np.log(rate) > aim:
            low = (neurons, float(np.log(rate)))
        else:
            high = (neurons, float(np.log(rate)))
        if high and high[0] == 1:
            return 1
        if low and high:
            if high[0] <= low[0] * _GROWTH or high[0] - low[0] <= 2:
                return high[0]
            neurons = _interpolate(low, high, aim)
        else:
            neurons = _stretch(neurons, float(np.log(rate) - aim))


def _between(low: int, limit: int) -> int:
    return min(limit, max(low + 1, int(low * _GROWTH)))


def _stretch(neurons: int, excess: float) -> int:
    """Step past the target: the log of the error falls about as the square of the size."""
    factor = np.clip(1 + 0.06 * abs(excess), 1.08, 1.6)
    return max(1, int(neurons * factor) + 1 if excess > 0 else int(neurons / factor))


def _interpolate(low: tuple[int, float], high: tuple[int, float], aim: float) -> int:
    share = (low[1] - aim) / max(low[1] - high[1], 1e-9)
    inside = low[0] + np.clip(share, 0.2, 0.8) * (high[0] - low[0])
    return int(np.clip(round(inside), low[0] + 1, high[0] - 1))


def _probe(plan: Plan, neurons: int) -> float:
    """Estimated error at a size; half an error is added so that a clean probe has a logarithm."""
    try:
        network = build_superposed(plan, neurons)
    except CompileError:
        return 1.0
    samples = int(max(_PROBE_SAMPLES, 10 / plan.error))
    worst = _worst(plan, network, samples, plan.stream(Stream.PROBES))
    return float((worst.wrong + 0.5) / (samples + 1))


def confirm(plan: Plan, network: Network, attempt: int = 0) -> Verification:
    """Try a network on fresh samples: at least 20,000, and at least 20 expected failures' worth."""
    samples = int(max(MIN_CONFIRMATION, 20 / plan.error))
    return _worst(plan, network, samples, plan.stream(Stream.CONFIRMATIONS + attempt))


def _worst(
    plan: Plan, network: Network, samples: int, generator: np.random.Generator
) -> Verification:
    """Try a network on each kind of input it is sized for; the kind with most wrong."""
    seen = []
    for trial in plan.trials:
        rows = draw_inputs(trial, plan.terms, plan.active, samples, generator)
        wrong = int(wrong_samples(network, plan.circuit, rows).sum())
        seen.append(Verification(trial, plan.active, samples, wrong))
    return max(seen, key=lambda one: one.wrong)


def _verdict(plan: Plan, network: Network, confirmation: Verification) -> str:
    """What is wrong with a network, or nothing: a fact asked alone must never be answered wrong."""
    if confirmation.error_interval[1] >= plan.error:
        return "too many"
    rows = draw_inputs("alone", plan.terms, plan.active, MAX_ALONE, plan.stream(Stream.PROBES))
    alone = int(wrong_samples(network, plan.circuit, rows).sum())
    return f"and {alone} gates wrong alone" if alone else ""
