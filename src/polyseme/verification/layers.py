"""Verification layer by layer: every wire that a hidden layer carries, read and compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.evaluate import wires_on
from polyseme.common.arguments import instance
from polyseme.common.bits import unpacked
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.common.ragged import row_offsets
from polyseme.errors import OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.boolean_columns import BooleanColumns, boolean_columns
from polyseme.verification.sampling import (
    batch_size,
    batches,
    circuit_of,
    draw_fresh,
    promise_asked,
)

# A wire counts as on from this reading. Wires that are on read close to 1, and stray units add
# about a sixth each.
_ON = 0.6


@dataclass(frozen=True)
class LayerErrors:
    """Errors in reading the wires of one layer; a sample is wrong when any wire is misread.

    `layer` is the number of the layer, from 0 on. `columns` is the number of wires carried and
    `wrong` that of wrong samples. `first_wrong` names the first wire misread in the first wrong
    sample; it is "" if there is none. `mean_on` is the mean number of wires on per sample, and
    `mean_active` the mean number of units above zero.
    """

    layer: int
    columns: int
    wrong: int
    first_wrong: str
    mean_on: float
    mean_active: float


@dataclass(frozen=True)
class LayerReport:
    """Errors of every hidden layer, first to last, and the inputs that were tried."""

    inputs: str
    active: int
    samples: int
    layers: tuple[LayerErrors, ...]

    @property
    def first_wrong(self) -> LayerErrors | None:
        """The first layer in which a wire was misread in any sample; None if there is none."""
        return next((layer for layer in self.layers if layer.wrong), None)


def verify_layers(
    network: Network,
    *,
    active: int | None = None,
    samples: int = 2000,
    inputs: str = "satisfied",
    seed: int = 1,
    progress: Watcher = None,
) -> LayerReport:
    """Compare every wire that a hidden layer carries with the circuit of the answer key.

    A wire is read as the mean of its units, and counts as on from 0.6. Columns that are no wire of
    the circuit, such as a part of an XOR, are not compared.

    Args:
        network: A network compiled stage by stage, with its answer key.
        active: Number of features on at once; by default the promise it was compiled for.
        samples: Number of inputs to draw.
        inputs: Name of the distribution of the inputs; `verify` draws the same ones.
        seed: Seed of the inputs.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The errors of every hidden layer.

    Raises:
        OptionError: The network has no answer key, or its key has terms and not wires; or an
            argument is of a wrong type or out of range.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.problems.layered(30, 3), construction="monosemantic")
        >>> ps.verify_layers(network, samples=100).first_wrong is None
        True
    """
    key = readable_key(network)
    circuit = circuit_of(network)
    active = promise_asked(network, active)
    rows = draw_fresh(network, circuit, inputs, active, samples, seed)
    tallies = [_Tally(key, number) for number in range(len(key.layers))]
    columns = boolean_columns(network, key, circuit)
    done = (
        _compared(network, key, tallies, rows)
        if columns is None
        else _compared_by_bits(columns, tallies, rows)
    )
    with watched(progress), phase("layers") as step:
        for samples in done:
            step(samples, len(rows))
    return LayerReport(inputs, active, len(rows), tuple(tally.errors() for tally in tallies))


def _compared(
    network: Network, key: AnswerKey, tallies: list[_Tally], rows: NDArray[np.int32]
) -> Iterator[int]:
    """Compare all layers batch by batch, and yield the samples done."""
    runner = LayerRunner(network)
    for begin, batch in batches(rows, _batch_size(network, key)):
        on = wires_on(key.circuit, batch).tocsc()
        for tally, activations in zip(tallies, runner.activations(batch), strict=True):
            tally.take(activations, on[:, tally.wires].toarray())
        yield begin + len(batch)


def _compared_by_bits(
    columns: BooleanColumns, tallies: list[_Tally], rows: NDArray[np.int32]
) -> Iterator[int]:
    """Do the same for a network of ANDs."""
    first, slots = columns.form.first_unit, columns.form.slots
    ends = row_offsets([len(held) for held in slots])
    held = np.concatenate(slots)
    for compared in columns.compared(rows):
        on = columns.in_layers(compared.counts)
        misread = columns.in_layers(compared.misread) > 0
        above = np.concatenate(([0], np.cumsum(compared.ones(slice(0, int(first[-1])))[held])))
        above = np.diff(above[ends])
        for number, tally in enumerate(tallies):
            differs = None
            if misread[number]:
                truth, read = compared.truth_and_readings(columns.of_layer(number))
                differs = unpacked(truth ^ read, compared.samples).T
            tally.add(compared.samples, differs, int(on[number]), int(above[number]))
        yield compared.first + compared.samples


def readable_key(network: Network) -> AnswerKey:
    """Return the answer key of a network whose columns are wires.

    Raises OptionError if there is no key, or if it has terms and not wires.
    """
    instance("network", network, Network, "a network")
    if network.key is None:
        raise OptionError("what a layer carries is known only from the answer key")
    if network.key.has_terms:
        raise OptionError(
            "a network of one hidden layer has nothing in between to look at: its readout alone "
            "tells terms from noise; use verify"
        )
    return network.key


def _batch_size(network: Network, key: AnswerKey) -> int:
    columns = max(len(layer.wires) for layer in key.layers)
    return min(batch_size(network), max(16, 8_000_000 // columns))


class _Tally:
    """Counts of the errors of one layer, added up batch by batch."""

    def __init__(self, key: AnswerKey, number: int):
        self._key = key
        self._number = number
        self.wires = key.layers[number].held_wires
        self._samples = self._wrong = self._on = self._active = 0
        self._first = -1

    def take(self, activations: NDArray[np.float32], carried: NDArray[np.bool_]) -> None:
        """Compare the readings of a batch with the wires that are on, (samples, wires)."""
        layer = self._key.layers[self._number]
        read = layer.wire_readings(activations).T >= _ON
        above = int(np.count_nonzero(activations))
        self.add(len(carried), read != carried, int(carried.sum()), above)

    def add(self, samples: int, misread: NDArray[np.bool_] | None, on: int, above: int) -> None:
        """Count a batch in which so many wires are on and so many units are above zero.

        `misread` (samples, wires) is None if no wire is.
        """
        if misread is not None:
            wrong = misread.any(axis=1)
            if self._first < 0 and wrong.any():
                self._first = int(self.wires[np.argmax(misread[np.argmax(wrong)])])
            self._wrong += int(wrong.sum())
        self._samples += samples
        self._on += on
        self._active += above

    def errors(self) -> LayerErrors:
        """Return the errors counted so far."""
        name = self._key.circuit.known_as(self._first) if self._first >= 0 else ""
        return LayerErrors(
            layer=self._number,
            columns=len(self.wires),
            wrong=self._wrong,
            first_wrong=name,
            mean_on=self._on / self._samples,
            mean_active=self._active / self._samples,
        )
