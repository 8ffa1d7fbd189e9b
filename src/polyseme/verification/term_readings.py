"""Readings of a network of one hidden layer: the sums of its readout, before the thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms
from polyseme.common.progress import Progress
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.affine_reading import AffineReading, fitted_reading
from polyseme.verification.bending import bending_share
from polyseme.verification.extremes import Extremes, Floats, Scale, extremes
from polyseme.verification.inputs import draw_inputs, padded_literals, satisfiable
from polyseme.verification.interaction import kappa
from polyseme.verification.layer_readings import (
    KindErrors,
    LayerReadings,
    errors_of,
    fit_samples,
)
from polyseme.verification.own_readings import own_readings

# The kinds of input on which readings must be right.
KINDS = ("satisfied", "uniform", "one-short")
# Terms that are switched on alone to find the full readings; of more, a sample.
_MOST_ALONE = 100_000
# Outputs are grouped by the number of units that read them: up to so many groups.
_MOST_GROUPS = 8


@dataclass(frozen=True, eq=False)
class TermReadings:
    """The readings of a network's outputs, each 0 at rest and 1 with a gate of its on alone."""

    runner: LayerRunner
    circuit: Circuit
    terms: Terms
    active: int
    scale: Scale
    rest: Floats

    def seen(self, inputs: str, samples: int, generator: np.random.Generator) -> Extremes:
        """Return the extremes of readings on inputs of a kind."""
        rows = draw_inputs(inputs, self.terms, self.active, samples, generator)
        return extremes(self.runner, self.circuit, rows, scale=self.scale, rest=self.rest)


@dataclass(frozen=True, eq=False)
class FittedReadings:
    """The readings of a network, and the affine reading that errs least on some of its inputs."""

    read: TermReadings
    reading: AffineReading

    def errors(self, inputs: str, samples: int, generator: np.random.Generator) -> KindErrors:
        """Return the reading errors on fresh inputs of a kind."""
        return errors_of(self.reading, self.read.seen(inputs, samples, generator))

    def layer(self, errors: dict[str, KindErrors], generator: np.random.Generator) -> LayerReadings:
        """Return errors of all kinds of input with what else is known of the hidden layer."""
        read, network = self.read, self.read.runner.network
        slope = self.reading.slope[read.scale.group] * read.scale.factor
        return LayerReadings(
            len(read.circuit.outputs),
            errors,
            kappa(read.runner, read.circuit, read.terms, read.active, slope, read.rest, generator),
            bending_share(network.layers[0], network.encoder.code, read.active, generator),
        )


def fitted_readings(
    read: TermReadings, samples: Mapping[str, int], generator: np.random.Generator
) -> FittedReadings:
    """Fit the affine reading of a network to so many inputs of each kind."""
    seen = [read.seen(inputs, count, generator) for inputs, count in samples.items()]
    return FittedReadings(read, fitted_reading(seen))


def read_terms(
    network: Network,
    circuit: Circuit,
    terms: Terms,
    active: int,
    samples: Mapping[str, int],
    generator: np.random.Generator,
    progress: Progress | None = None,
) -> LayerReadings:
    """Return what affine readings of the hidden layer say on so many inputs of each kind."""
    read = term_readings(network, circuit, terms, active, generator)
    fitting = {inputs: fit_samples(count) for inputs, count in samples.items()}
    fitted = fitted_readings(read, fitting, generator)
    errors, done = {}, sum(fitting.values())
    total = done + sum(samples.values())
    if progress:
        progress(done, total)
    for inputs, count in samples.items():
        errors[inputs] = fitted.errors(inputs, count, generator)
        done += count
        if progress:
            progress(done, total)
    return fitted.layer(errors, generator)


def term_readings(
    network: Network,
    circuit: Circuit,
    terms: Terms,
    active: int,
    generator: np.random.Generator,
) -> TermReadings:
    """Return the readings of a network, scaled by what its gates read when they are on alone."""
    runner = LayerRunner(network, folded=True)
    rest = runner.hidden(runner.encode(np.empty((1, 0), np.int32)), sparse=True)[0]
    group = _groups(network)
    full = _full_readings(runner, terms, active, rest, group, generator)
    factor = np.where(full > 0, 1 / np.where(full > 0, full, 1), 0).astype(np.float32)
    return TermReadings(runner, circuit, terms, active, Scale(factor, group), rest)


def _groups(network: Network) -> NDArray[np.int64]:
    """Return the group of each output, (outputs,): outputs that read about equally many units."""
    reads = np.diff(network.readout.offsets)
    if len(np.unique(reads)) > _MOST_GROUPS:
        reads = np.round(np.log2(np.maximum(reads, 1)))
    return np.unique(reads, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _full_readings(
    runner: LayerRunner,
    terms: Terms,
    active: int,
    rest: Floats,
    group: NDArray[np.int64],
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Return what each output reads when a term of its is on alone, the mean over its terms.

    Outputs none of whose terms are tried get the mean of their group.
    """
    able = satisfiable(terms, active)
    if len(able) > _MOST_ALONE:
        able = np.sort(generator.choice(able, _MOST_ALONE, replace=False))
    output = terms.output[able].astype(np.int64)
    read = own_readings(runner, padded_literals(terms, able, 1), output, rest)
    tried = np.bincount(output, minlength=terms.outputs)
    total = np.bincount(output, read, terms.outputs)
    in_group = np.bincount(group[output], read) / np.maximum(np.bincount(group[output]), 1)
    of_group = np.zeros(int(group.max()) + 1)
    of_group[: len(in_group)] = in_group
    return np.where(tried > 0, total / np.maximum(tried, 1), of_group[group])
