"""Recompute the growth of the neurons that pairwise AND takes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, log2, sqrt

import numpy as np

from polyseme.circuits.problems import pairwise_and
from polyseme.common.progress import Note
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.three_channel.build import build_superposed
from polyseme.compiler.constructions.three_channel.plan import Plan, make_plan
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.compiler.task import Task
from polyseme.errors import PolysemeError
from polyseme.limits.combinatorics import log2_binomial
from polyseme.reproduce.row import OURS, Row, at_least, at_most
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import wrong_samples

ABOUT = """\
How the neurons for pairwise AND grow: between the published lower and upper bounds.

Adler and Shavit 2024: computing m' pairwise ANDs takes at least of order sqrt(m' log m') neurons,
and of order sqrt(m') log m' are enough. We find how many neurons the compiler's networks need for
m' gates over as many features, inputs in superposition, 3 active, an error of one input in a
hundred (a gate satisfied, the rest random, any output wrong), and divide by both laws (log base 2).

The number is where the error crosses one in a hundred. For the smaller circuits sizes are tried
until two lie on either side, and interpolated: the logarithm of the error falls nearly linearly in
the logarithm of the size. Larger ones are tried once, at the share of the compiler's prediction
where the one before crossed, and carried from there to the crossing by the slope of the smaller.

Both statements are of orders, so a ratio need not be constant at sizes one can build. What must
hold is that neurons stay above the counting bound, sqrt(log2 of the number of such circuits) at one
bit per weight, and that their ratio to the upper law does not grow. Nobody published an exponent
for sizes like these; that ours lies below those of both laws is a measurement of ours."""

SOURCE = "adler2024complexity"
ACTIVE, ERROR = 3, 1e-2
SEARCHED = (2**10, 2**12)
TRIED_ONCE = (2**14, 2**16, 2**18)
# The share of the compiler's prediction to begin at; below 1, since the prediction has a margin.
_FIRST_SHARE = 0.78
SAMPLES = 3000
# Ratio of successive sizes tried; one step changes the error about threefold.
_STEP = 1.06
_MOST_PROBES = 12


@dataclass(frozen=True)
class Crossing:
    """Neurons where the error crosses `ERROR`, and the fall of log error per log neurons there."""

    gates: int
    neurons: float
    slope: float


def find_crossing(plan: Plan, start: float, samples: int, note: Note) -> Crossing:
    """Try sizes from `start` up or down until two errors lie on either side of `ERROR`."""
    gates = len(plan.terms)
    size = max(2, round(start))
    seen = {size: _log_error(plan, size, samples, note)}
    while len(seen) < _MOST_PROBES:
        above = seen[size] > log(ERROR)
        size = round(size * _STEP) + 1 if above else int(size / _STEP) - 1
        seen[size] = _log_error(plan, size, samples, note)
        if (seen[size] > log(ERROR)) != above:
            break
    (low, low_error), (high, high_error) = _around(seen)
    slope = (low_error - high_error) / log(high / low)
    share = (low_error - log(ERROR)) / max(low_error - high_error, 1e-9)
    return Crossing(gates, low * (high / low) ** share, slope)


def _around(seen: dict[int, float]) -> tuple[tuple[int, float], tuple[int, float]]:
    """Return the two neighbouring sizes, with their errors, that lie on either side of `ERROR`."""
    sizes = sorted(seen)
    for low, high in pairwise(sizes):
        if seen[low] > log(ERROR) >= seen[high]:
            return (low, seen[low]), (high, seen[high])
    raise PolysemeError(f"no size from {sizes[0]} to {sizes[-1]} brackets an error of {ERROR:g}")


def _log_error(plan: Plan, neurons: int, samples: int, note: Note) -> float:
    note(f"scaling: {len(plan.terms):,} gates in {neurons:,} neurons")
    network = build_superposed(plan, neurons)
    inputs = draw_inputs("satisfied", plan.terms, plan.active, samples, plan.stream(Stream.PROBES))
    wrong = int(wrong_samples(network, plan.circuit, inputs).sum())
    return log((wrong + 0.5) / (samples + 1))


def _plan(gates: int, seed: int) -> Plan:
    circuit = pairwise_and(features=gates, gates=gates, seed=seed)
    return make_plan(Task(circuit, ACTIVE, ERROR, "superposed", seed))


def rows(seed: int, note: Note) -> list[Row]:
    """Measure five sizes and compare their growth with both laws."""
    crossings, share = [], _FIRST_SHARE
    for gates in SEARCHED:
        plan = _plan(gates, seed)
        predicted = predicted_neurons(plan)
        crossings.append(find_crossing(plan, share * predicted, SAMPLES, note))
        share = crossings[-1].neurons / predicted
    slope = float(np.mean([one.slope for one in crossings]))
    for gates in TRIED_ONCE:
        plan = _plan(gates, seed)
        predicted = predicted_neurons(plan)
        size = round(share * predicted)
        excess = _log_error(plan, size, SAMPLES, note) - log(ERROR)
        crossings.append(Crossing(gates, size * exp(excess / slope), slope))
        share = crossings[-1].neurons / predicted
    return growth_rows(crossings)


def growth_rows(crossings: list[Crossing]) -> list[Row]:
    """Compare neurons with the counting bound and the upper law, and their growth with both."""
    gates = np.array([one.gates for one in crossings], np.float64)
    neurons = np.array([one.neurons for one in crossings])
    counted = np.array(
        [sqrt(log2_binomial(one.gates * (one.gates - 1) // 2, one.gates)) for one in crossings]
    )
    lower, upper = np.sqrt(gates * np.log2(gates)), np.sqrt(gates) * np.log2(gates)
    # About 30 samples are wrong, so the error is known to a share of 0.2, and the size to a share
    # of 0.2 over the slope.
    doubt = 4 * 0.2 / float(np.mean([one.slope for one in crossings]))
    sizes = f"m' = {', '.join(f'2^{log2(one):g}' for one in gates)}"
    flatter = (
        "sqrt(m' log m')"
        if _spread(neurons / lower) < _spread(neurons / upper)
        else ("sqrt(m') log m'")
    )
    measured = (
        f"{', '.join(f'{size:,.0f}' for size in neurons)} neurons; over sqrt(m' log m') "
        f"{_listed(neurons / lower)}, over sqrt(m') log m' {_listed(neurons / upper)}; the flatter "
        f"is {flatter}"
    )
    bound = at_least(
        SOURCE,
        f"least ratio of neurons to the counting bound, {sizes}",
        1,
        float((neurons / counted).min()),
        locator="abstract: at least of order sqrt(m' log m') neurons; the constant is ours",
        tolerance=doubt,
        samples=SAMPLES,
        note=f"{measured}; 4 standard errors",
    )
    growth = at_most(
        SOURCE,
        f"growth of neurons over sqrt(m') log m' from the first to the last of {sizes}",
        1,
        float((neurons / upper)[-1] / (neurons / upper)[0]),
        locator="abstract: of order sqrt(m') log m' neurons are enough for pairwise AND",
        tolerance=doubt * sqrt(2),
        samples=SAMPLES,
        note="the upper bound holds with a constant if it does not grow; 4 standard errors",
    )
    exponents = [
        at_most(
            OURS,
            f"exponent of the growth of neurons, at most that of {name}, {sizes}",
            _exponent(law, gates),
            _exponent(neurons, gates),
            locator="this section",
            tolerance=doubt * sqrt(2) / log(gates[-1] / gates[0]),
            samples=SAMPLES,
            note="from first to last; 4 standard errors. Below the lower law's, since the constant "
            "over the counting bound still falls at these sizes",
        )
        for name, law in (("sqrt(m' log m')", lower), ("sqrt(m') log m'", upper))
    ]
    return [bound, growth, *exponents]


def _exponent(values: np.ndarray, gates: np.ndarray) -> float:
    return float(np.log(values[-1] / values[0]) / np.log(gates[-1] / gates[0]))


def _spread(ratios: np.ndarray) -> float:
    return float(ratios.max() / ratios.min())


def _listed(ratios: np.ndarray) -> str:
    return ", ".join(f"{ratio:.3f}" for ratio in ratios) + f" (spread {_spread(ratios):.3f})"
