"""Probes: a network of a size is looked at until it is decided whether it fails too often."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream
from polyseme.compiler.search.counting import (
    Count,
    counted,
    decides_probe,
    far_error,
    looks_of_probe,
)
from polyseme.compiler.search.decisions import decisions
from polyseme.compiler.search.readings import beyond, fitted_to, read
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.verification.affine_reading import BEYOND
from polyseme.verification.extremes import Floats
from polyseme.verification.term_readings import TermReadings, fitted_readings, term_readings

# A first look for sizes that are far off: the inputs of its fit and of its count, and the reading
# error over the one asked for that ends the probe. Near the size wanted it may be a third too
# large, being a fit to few inputs.
_GLANCE, _HOPELESS = 1_000, 1.5


def probed(task: Task, network: Network, samples: int, aim: float) -> Count:
    """Return the failures of the kind of input that fails most, on the inputs of all probes.

    At most so many samples of each kind are tried, and only until it is decided whether `aim` times
    as many fail as may. Where as many samples may be read wrongly as may be decided wrongly,
    readings alone are looked at: gates that are all read within 1/4 are decided rightly.
    """
    looks = looks_of_probe(samples) if task.one_layer else (samples,)
    found = []
    for count in _probes(task, network, looks, decides_probe(aim)):
        found.append(count)
        if count.sure_interval[0] > aim:
            break
    return max(found, key=lambda count: count.over)


def _probes(
    task: Task, network: Network, looks: tuple[int, ...], decided: Callable[[Count], bool]
) -> Iterator[Count]:
    """Yield the failures of readings and of decisions, kind by kind."""
    if task.epsilon is not None:
        generator = task.stream(Stream.READING_PROBES)
        probe = _probe_readings if task.one_layer else _probe_deep_readings
        yield from probe(task, network, looks, decided, generator)
    if task.epsilon is None or task.error < BEYOND:
        generator = task.stream(Stream.PROBES)
        yield from (count for _, count in decisions(task, network, looks, decided, generator))


def _probe_readings(
    task: Task,
    network: Network,
    looks: tuple[int, ...],
    decided: Callable[[Count], bool],
    generator: np.random.Generator,
) -> Iterator[Count]:
    """Yield the samples of each kind that are misread; first by a fit to few, which may do."""
    read = term_readings(network, task.circuit, task.terms, task.active, generator)
    glance = _misread(task, read, _GLANCE, (_GLANCE,), decided, generator)
    hopeless = [count for count in glance if (count.excess or 0) > _HOPELESS]
    if hopeless:
        yield from hopeless
    else:
        yield from _misread(task, read, fitted_to(task), looks, decided, generator)


def _misread(
    task: Task,
    read: TermReadings,
    fitted_to: int,
    looks: tuple[int, ...],
    decided: Callable[[Count], bool],
    generator: np.random.Generator,
) -> Iterator[Count]:
    assert task.epsilon is not None
    epsilon = task.epsilon
    with phase("readings"):
        fitted = fitted_readings(read, dict.fromkeys(task.trials, fitted_to), generator)
        for inputs in task.trials:
            found: list[Floats] = []

            def wrong(samples: int, inputs: str = inputs, found: list[Floats] = found) -> int:
                found.append(fitted.errors(inputs, samples, generator).worst)
                return int((found[-1] >= epsilon).sum())

            count = counted(wrong, looks, BEYOND, decided)
            yield replace(count, excess=far_error(np.concatenate(found)) / epsilon)


def _probe_deep_readings(
    task: Task,
    network: Network,
    looks: tuple[int, ...],
    decided: Callable[[Count], bool],
    generator: np.random.Generator,
) -> Iterator[Count]:
    """Yield the samples of each kind and layer that are misread."""
    assert task.epsilon is not None
    found = read(task, network, dict.fromkeys(task.trials, looks[-1]), generator)
    for wrong, seen in beyond(found, task.epsilon):
        yield Count(wrong, seen, BEYOND)
