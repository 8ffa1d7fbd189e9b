"""The ways to reach an error, each measured in a process of its own."""

from __future__ import annotations

import time
from statistics import median

import polyseme as ps
from harness.compiling import draw_fresh, smallest, with_random_weights
from harness.part import Row

ACTIVE, SEED, SAMPLES = 3, 0, 20_000
CONSTRUCTION = "tight-frames"
REPEATS = 5


class OutOfTime(Exception):
    """A descent was given up."""


def closed(gates: int, target: float) -> Row:
    """Return the size that the closed form needs, and the time to compile it."""
    circuit = ps.problems.pairwise_and(gates, gates)
    found = smallest(CONSTRUCTION, circuit, active=ACTIVE, error=target, seed=SEED).network
    seconds = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        network = _compiled(gates, found.neurons)
        seconds.append(time.perf_counter() - begun)
    return _row(network, target, median(seconds), gates)


def descend(
    gates: int, target: float, neurons: int, passes: int, random: bool, limit: float
) -> Row:
    """Run the descent of refinement, from the closed form or from random weights."""
    begun = time.perf_counter()
    network = _compiled(gates, neurons)
    compiled = time.perf_counter() - begun
    if random:
        network, compiled = with_random_weights(network), 0.0
    # From before the first pass to the last, without trying the result.
    moments = list[float]()

    def note(_: str) -> None:
        moments.append(time.perf_counter())
        if moments[-1] - moments[0] > limit:
            raise OutOfTime

    try:
        network = ps.refine(network, passes=passes, error=target, note=note).network
    except OutOfTime:
        row = {"gates": gates, "target": target, "neurons": network.neurons, "wrong": None}
        return row | {"seconds": limit, "reached": False, "passes": passes}
    seconds = compiled + moments[-1] - moments[0]
    return _row(network, target, seconds, gates) | {"passes": passes}


def adam(
    gates: int, target: float, neurons: int, limit: float, way: str, rate: float, batch: int
) -> Row:
    """Train from random weights with plain Adam."""
    import torch

    from parts.time_to_error.training import train

    torch.set_num_threads(1)
    network = _compiled(gates, neurons)
    circuit = ps.problems.pairwise_and(gates, gates)
    held_out = draw_fresh(network, circuit, "satisfied", ACTIVE, SAMPLES, 1)
    allowed = int(target * SAMPLES)
    done = train(network, circuit, way, rate, batch, held_out, allowed, limit)
    return {
        "gates": gates,
        "target": target,
        "neurons": network.neurons,
        "way": way,
        "rate": rate,
        "batch": batch,
        "wrong": done.wrong,
        "reached": done.wrong <= allowed,
        "seconds": round(done.seconds, 3),
        "steps": done.steps,
        "parameters": done.parameters,
    }


def _compiled(gates: int, neurons: int) -> ps.Network:
    circuit = ps.problems.pairwise_and(gates, gates)
    return ps.compile(circuit, active=ACTIVE, neurons=neurons, seed=SEED, construction=CONSTRUCTION)


def _row(network: ps.Network, target: float, seconds: float, gates: int) -> Row:
    wrong = ps.verify(network, ps.problems.pairwise_and(gates, gates), samples=SAMPLES).wrong
    return {
        "gates": gates,
        "target": target,
        "neurons": network.neurons,
        "wrong": wrong,
        "reached": wrong <= target * SAMPLES,
        "seconds": round(seconds, 3),
    }
