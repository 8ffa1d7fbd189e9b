"""The refiner of deep networks: the layers in superposition descend one after another.

Which units of a layer should be on in a sample is known: those of the columns that are on. So no
layer waits for what later ones make of it, and the slopes are those of its own units. A layer
descends on what the refined layers below write, mistakes and all. Units still turn on at a sum of
0, and are saturated `_SOFTER` times later than compiled ones, which hands on fewer mistakes. Codes,
readout and the bytes per weight stay. The key has the reads of the refined weights. At last the
share of a full reading from which outputs are on is calibrated anew.

The state is kept after every layer; a resumed descent goes on with the layer that was begun.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.evaluate import active_matrix
from polyseme.common.random_streams import Stream, stream
from polyseme.compiler.parts.calibrate import best_share
from polyseme.errors import OptionError
from polyseme.learning.refinement.depth.descent import BATCH, Samples, Weights, descended
from polyseme.learning.refinement.depth.inputs import hard_inputs
from polyseme.learning.refinement.depth.wanted import columns_on, stages_of, units_wanted
from polyseme.learning.refinement.descent import Kept
from polyseme.learning.refinement.state import State, load_state, save_state
from polyseme.networks.activation import Clip
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import EXACT
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import reads_of
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.extremes import extremes
from polyseme.verification.inputs import draw_deep_inputs

# Times the sum at which a compiled unit is saturated.
_SOFTER = 2
# Different samples that a layer descends on, at most; more steps take them again.
_MOST_SAMPLES = 320 * BATCH
_CALIBRATION_SAMPLES = 10_000
# Samples whose sums are held at once.
_AT_ONCE = 2048


class DepthRefiner:
    """The refiner of one network. Raises OptionError if no layer of it is in superposition."""

    def __init__(self, network: Network, key: AnswerKey, seed: int) -> None:
        """Keep the network, its stages, and the numbers of the layers that descend."""
        self._network, self._key, self._seed = network, key, seed
        self._numbers = [number for number, held in enumerate(key.layers) if held.reads is not None]
        if not self._numbers:
            raise OptionError(
                f"{network.provenance.source}: no layer is in superposition, so none can be refined"
            )
        self._stages = stages_of(key)

    def run(self, passes: int, kept: Kept | None, watch: Callable[[int, int], None]) -> Network:
        """Return the refined network.

        A pass makes one step at every layer. `watch` is told the steps made, and of how many.
        """
        refined, done = self._resumed(kept)
        generator = stream(self._seed, Stream.REFINEMENT_LAYERS)
        circuit, active = self._key.circuit, self._network.provenance.active
        rows = hard_inputs(circuit, active, min(passes * BATCH, _MOST_SAMPLES), generator)
        on = active_matrix(rows, len(self._network.encoder.features))
        values = LayerRunner(refined).encode(rows)
        for number, (stage, held) in enumerate(zip(self._stages, self._key.layers, strict=True)):
            on = columns_on(stage, on)
            if number in self._numbers[done:]:
                samples = Samples(values.astype(np.float32), units_wanted(held, on))
                begun, steps = done * passes, len(self._numbers) * passes

                def told(made: int, begun: int = begun, steps: int = steps) -> None:
                    watch(begun + made, steps)

                refined = self._with_layer(refined, number, samples, passes, told)
                done += 1
                self._keep(refined, done, kept)
            values = _written(refined, number, values)
        return self._calibrated(self._with_key(refined))

    def _with_layer(
        self,
        network: Network,
        number: int,
        samples: Samples,
        passes: int,
        watch: Callable[[int], None],
    ) -> Network:
        """Return the network with one layer refined, in whole numbers of as many bytes."""
        layer, held = network.layers[number], self._key.layers[number]
        assert isinstance(layer.activation, Clip)
        cap, unit = _SOFTER * layer.activation.cap, np.float32(held.resolution)
        begun = Weights(
            np.ascontiguousarray(layer.weights.T.astype(np.float32) / unit),
            layer.bias.astype(np.float32) / unit,
        )
        found = descended(begun, cap / held.resolution, samples, passes, watch)
        most = np.iinfo(layer.weights.dtype).max
        weights = np.clip(np.rint(found.weights.T * unit), -most, most)
        return _with(network, number, weights, found.bias * unit, cap)

    def _with_key(self, network: Network) -> Network:
        """Return the network with a key that has the reads of its weights."""
        below, layers = self._key.encoder, list(self._key.layers)
        for number, (layer, held) in enumerate(zip(network.layers, self._key.layers, strict=True)):
            if number in self._numbers:
                assert held.reads is not None
                layers[number] = replace(held, reads=reads_of(layer.weights, held.reads, below))
            below = held.code
        return replace(network, key=replace(self._key, layers=tuple(layers)))

    def _calibrated(self, network: Network) -> Network:
        """Return the network with the share of a full reading that decides most samples rightly."""
        readout = network.readout
        counts = np.diff(readout.offsets)
        full = np.float32(counts.max())
        circuit, active = self._key.circuit, network.provenance.active
        generator = stream(self._seed, Stream.REFINEMENT_CALIBRATION)
        rows = draw_deep_inputs("satisfied", circuit, active, _CALIBRATION_SAMPLES, generator)
        seen = extremes(LayerRunner(network), circuit, rows, absolute=True)
        share = best_share(seen.lowest_on[0] / full, seen.highest_off[0] / full)
        # A level is rounded up: many readings are whole numbers, such as three of six units.
        level = np.nextafter(np.float32(full * share), np.float32(np.inf))
        thresholds = np.where(counts, np.sign(readout.thresholds) * level, readout.thresholds)
        return replace(network, readout=replace(readout, thresholds=thresholds.astype(np.float32)))

    def _keep(self, network: Network, done: int, kept: Kept | None) -> None:
        if kept is not None:
            tensors = {}
            for number in self._numbers:
                layer = network.layers[number]
                tensors[f"weights.{number}"] = layer.weights.astype(np.float32)
                tensors[f"bias.{number}"] = layer.bias.astype(np.float32)
            save_state(State(done, tensors), kept.digest, kept.path)

    def _resumed(self, kept: Kept | None) -> tuple[Network, int]:
        """Return the network with the layers that were refined before, and their number."""
        network = replace(self._network, key=None)
        if kept is None or not Path(kept.path).exists():
            return network, 0
        shapes = {}
        for number in self._numbers:
            layer = network.layers[number]
            shapes[f"weights.{number}"] = layer.weights.shape
            shapes[f"bias.{number}"] = layer.bias.shape
        state = load_state(kept.path, kept.digest, shapes, len(self._numbers))
        for number in self._numbers[: state.step]:
            activation = network.layers[number].activation
            assert isinstance(activation, Clip)
            weights, bias = state.tensors[f"weights.{number}"], state.tensors[f"bias.{number}"]
            network = _with(network, number, weights, bias, _SOFTER * activation.cap)
        return network, state.step


def _with(
    network: Network,
    number: int,
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    cap: int,
) -> Network:
    """Return the network with other whole numbers in one layer."""
    old, layers = network.layers[number], list(network.layers)
    whole = np.clip(np.rint(bias), 1 - EXACT, EXACT - 1).astype(np.int32)
    narrow = np.ascontiguousarray(weights.astype(old.weights.dtype))
    layers[number] = Layer(narrow, whole, 1 / cap, Clip(cap))
    return replace(network, layers=tuple(layers))


def _written(network: Network, number: int, values: sp.csr_array) -> sp.csr_array:
    """Return what a layer writes in samples, float32 (samples, width), in sparse rows."""
    runner = LayerRunner(network)
    return sp.vstack(
        [
            sp.csr_array(runner.write(number, values[begin : begin + _AT_ONCE]))
            for begin in range(0, values.shape[0], _AT_ONCE)
        ]
    ).tocsr()
