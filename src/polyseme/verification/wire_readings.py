"""Readings of the layers of a deep network: the mean of the units of every wire."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import wires_on
from polyseme.common.progress import Progress
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.affine_reading import fitted_reading
from polyseme.verification.bending import SeenUnits
from polyseme.verification.boolean_columns import boolean_columns
from polyseme.verification.boolean_readings import BooleanReader, Step
from polyseme.verification.extremes import Extremes, Floats
from polyseme.verification.inputs import draw_deep_inputs
from polyseme.verification.layer_readings import LayerReadings, errors_of, fit_samples
from polyseme.verification.sampling import batch_size, batches

KINDS = ("satisfied", "uniform")


def read_wires(
    network: Network,
    key: AnswerKey,
    circuit: Circuit,
    active: int,
    samples: Mapping[str, int],
    generator: np.random.Generator,
    progress: Progress | None = None,
) -> tuple[LayerReadings, ...]:
    """Return what affine readings of every hidden layer say on so many inputs of each kind.

    Columns that are no wire of the circuit, such as a part of an XOR, are not read.
    """
    columns = boolean_columns(network, key, circuit)
    reader = _Reader(network, key, circuit) if columns is None else BooleanReader(columns)
    # Layers that are read without error share what is read of them, and what follows from it.
    fit, error = cache(fitted_reading), cache(errors_of)
    counts = samples.values()
    done, total = 0, sum(counts) + sum(map(fit_samples, counts))
    fitting = []
    for inputs, count in samples.items():
        fitted = fit_samples(count)
        rows = draw_deep_inputs(inputs, circuit, active, fitted, generator)
        fitting.append(reader.read(rows, _counted(progress, done, total)))
        done += fitted
    readings = [fit(kinds) for kinds in zip(*fitting, strict=True)]
    del fitting
    errors = []
    for inputs, count in samples.items():
        rows = draw_deep_inputs(inputs, circuit, active, count, generator)
        seen = reader.read(rows, _counted(progress, done, total))
        errors.append(list(map(error, readings, seen)))
        done += count
    return tuple(
        LayerReadings(gates, dict(zip(samples, kinds, strict=True)), None, bending)
        for gates, kinds, bending in zip(
            reader.gates, zip(*errors, strict=True), reader.bending_shares(), strict=True
        )
    )


def _counted(progress: Progress | None, before: int, total: int) -> Step:
    """Return what to call with the inputs of a kind that are read, of `total` of all kinds."""
    return lambda done: None if progress is None else progress(before + done, total)


class _Reader:
    """A reader of all layers, which also keeps the range of every unit."""

    def __init__(self, network: Network, key: AnswerKey, circuit: Circuit) -> None:
        """Find the columns of every layer that are wires of the circuit."""
        self._runner, self._circuit, self._keys = LayerRunner(network), circuit, key.layers
        self._wires = [layer.held_wires for layer in key.layers]
        self._units = [SeenUnits(layer) for layer in network.layers]
        columns = max(len(layer.wires) for layer in key.layers)
        self._size = min(batch_size(network), max(16, 8_000_000 // columns))

    @property
    def gates(self) -> list[int]:
        """Number of columns of every layer that are wires."""
        return [len(wires) for wires in self._wires]

    def bending_shares(self) -> list[float]:
        """Return the share of the units of every layer that were seen on both sides of a bend."""
        return [units.bending_share() for units in self._units]

    def read(self, rows: NDArray[np.int32], step: Step) -> list[Extremes]:
        """Return the extremes of the readings of every layer."""
        pieces: list[list[list[Floats]]] = [[] for _ in self._keys]
        for begin, batch in batches(rows, self._size):
            on = wires_on(self._circuit, batch).tocsc()
            for number, activations in enumerate(self._runner.activations(batch)):
                self._units[number].take(activations)
                truth = on[:, self._wires[number]].toarray()
                readings = self._keys[number].wire_readings(activations).T
                pieces[number].append(_extremes(readings, truth))
            step(begin + len(batch))
        return [
            Extremes(*(np.concatenate(side)[None] for side in zip(*piece, strict=True)))
            for piece in pieces
        ]


def _extremes(readings: Floats, on: NDArray[np.bool_]) -> list[Floats]:
    """Return the extremes of readings (samples, wires), each (samples,), as in `Extremes`."""
    infinite = np.float32(np.inf)
    return [
        np.where(on, readings, infinite).min(axis=1, initial=infinite),
        np.where(on, readings, -infinite).max(axis=1, initial=-infinite),
        np.where(on, infinite, readings).min(axis=1, initial=infinite),
        np.where(on, -infinite, readings).max(axis=1, initial=-infinite),
    ]
