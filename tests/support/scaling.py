"""How the size of a construction grows: measured, and compared with what it declares.

In the manner of an order test for ODE solvers: find the smallest network that meets a fixed error
at several numbers of gates, fit the slope of log neurons against log gates, and compare it with the
slope of the declared law over the same range. A law with a wrong exponent must fail the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.construction import Candidate, Construction
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import wrong_samples

# Sizes this close are taken for the same: below it the failures of single samples decide.
RESOLUTION = 1.05


@dataclass(frozen=True)
class Sizes:
    """Gates, the neurons measured and the neurons declared, one of each a size."""

    gates: NDArray[np.float64]
    measured: NDArray[np.float64]
    declared: NDArray[np.float64]


def measured_error(
    candidate: Candidate,
    neurons: int,
    samples: int = 1000,
    inputs: str = "satisfied",
) -> float:
    """Share of samples with any output wrong in a network of at most so many neurons.

    1 where the construction says that so few will not do.
    """
    task = candidate.task
    try:
        network = candidate.build(neurons)
    except TooFewNeuronsError:
        return 1.0
    assert network.neurons <= neurons
    rows = draw_inputs(inputs, task.terms, task.active, samples, task.stream(0x5EED))
    return float(wrong_samples(network, task.circuit, rows).mean())


def smallest_neurons(candidate: Candidate, samples: int = 1000, inputs: str = "satisfied") -> int:
    """The smallest number of neurons that meets the task's error, by bisection from the declared.

    Raises AssertionError where the declared size itself does not meet it.
    """

    def meets(neurons: int) -> bool:
        return measured_error(candidate, neurons, samples, inputs) <= candidate.task.error

    enough, name = candidate.declared.neurons, candidate.construction.name
    assert meets(enough), f"{name}: {enough} neurons declared, and not enough"
    short = enough // 2
    while short and meets(short):
        enough, short = short, short // 2
    while enough > short + 1 and enough > short * RESOLUTION:
        middle = round((max(short, 1) * enough) ** 0.5)
        middle = min(max(middle, short + 1), enough - 1)
        short, enough = (short, middle) if meets(middle) else (middle, enough)
    return enough


def measure(
    construction: Construction[Any],
    task_of: Callable[[int], Task],
    sizes: Sequence[int],
    samples: int = 1000,
    inputs: str = "satisfied",
) -> Sizes:
    """Measure the smallest network for `task_of(size)` at every size."""
    candidates = [construction.candidate(task_of(size)) for size in sizes]
    return Sizes(
        gates=np.array([len(one.task.terms) for one in candidates], float),
        measured=np.array([smallest_neurons(one, samples, inputs) for one in candidates], float),
        declared=np.array([one.declared.neurons for one in candidates], float),
    )


def fitted_slope(gates: NDArray[np.float64], neurons: NDArray[np.float64]) -> float:
    """Slope of the least-squares line through log neurons against log gates."""
    return float(np.polyfit(np.log(gates), np.log(neurons), 1)[0])


def check_law(sizes: Sizes, law: NDArray[np.float64], tolerance: float) -> None:
    """Raise AssertionError unless the measured sizes grow as `law` (neurons per size) does."""
    assert sizes.gates.max() >= 64 * sizes.gates.min(), "too short a range to tell a slope"
    measured, declared = fitted_slope(sizes.gates, sizes.measured), fitted_slope(sizes.gates, law)
    assert abs(measured - declared) <= tolerance, (
        f"measured slope {measured:.3f}, law {declared:.3f}, tolerance {tolerance}"
    )
