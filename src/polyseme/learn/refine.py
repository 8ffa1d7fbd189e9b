"""Refinement: a network of the closed form, better by descending on its weights and biases.

What `tight-frames` builds is the linear map of least noise. But errors are made by few of the
numbers that are noise, those that happen to be large, and W has more numbers than are needed to
read every gate's inputs. So descend on the loss of `margins.py`: W and biases move, encoder and
readout stay (they are the seed's, so nothing is hidden in them). Codes do not change; what neurons
read of features, C, does, and the answer key's C is the refined one: W = C D, exactly.

Progress is kept in a file where one is named. Same seed, options and network, same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.errors import CompileError
from polyseme.learn.batches import Blocks, Stream
from polyseme.learn.calibrate import extremes, with_level
from polyseme.learn.descent import Descent, Kept
from polyseme.learn.margins import Margins
from polyseme.learn.quantise import basis_of, quantised
from polyseme.learn.state import digest_of
from polyseme.learn.torch_extra import import_torch, one_thread
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.run import readout_matrix
from polyseme.verify.inputs import draw_inputs
from polyseme.verify.sampling import Verification, wrong_samples

MAX_PASSES = 100_000
SERVED = "tight-frames"
_LEVEL = 1.55
# Steps a pass, while a block's readings are few enough to stay close at hand.
_BLOCKS = 40
_LARGEST_BLOCK = 250
_PROBE_SAMPLES = 4000
_CALIBRATION_SAMPLES = 12_000
_SAMPLES = 20_000
# How often the held-out probe is read on the way, and the share of the error that is enough there.
_PROBES = 10
_AIM = 0.4

Note = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Refined:
    """A refined network; its error on fresh samples, and that of the network it came from.

    `moved` is the norm of the change of W over the norm of W; `passes` over all outputs were made.
    """

    network: Network
    measured: Verification
    before: Verification
    moved: float
    passes: int


def refine(
    network: Network,
    *,
    passes: int = 100,
    error: float = 1e-3,
    seed: int = 0,
    state: str | os.PathLike[str] | None = None,
    note: Note | None = None,
) -> Refined:
    """Descend on the weights and biases of a network that `tight-frames` built, key and all.

    Makes `passes` over all outputs, or fewer if a tenth, two tenths, ... of them are enough for an
    `error` well under the one asked for on a held-out probe. `state` names a file that keeps where
    the descent is; where it is there already, the descent goes on from it. Needs the `torch` extra.
    Raises CompileError for other networks and numbers out of range, FileFormatError for a file that
    is no state of this descent, MissingExtraError without torch.
    """
    import_torch()
    key = _check(network, passes, error)
    begin = _Beginning(network, key, seed)
    tell = note or (lambda line: None)
    before = begin.verified(network)
    tell(f"before refinement {before.wrong} of {before.samples:,} wrong")

    def watch(done: int, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> bool:
        if done * _PROBES // passes == (done - 1) * _PROBES // passes:
            tell(f"refined {done:,} of {passes:,} passes")
            return False
        wrong = begin.probed(weights, bias)
        tell(f"refined {done:,} of {passes:,} passes: {wrong} of {_PROBE_SAMPLES:,} wrong")
        return wrong <= _AIM * error * _PROBE_SAMPLES

    kept = None
    if state is not None:
        described = f"{network.provenance.source} {passes} {error} {seed}"
        kept = Kept(state, digest_of(described, _arrays(network)))
    with one_thread():
        descent = begin.descent(passes)
        made = descent.run(kept, watch)
        refined = begin.finished(descent.weights, descent.bias)
    moved = _moved(network, refined)
    refined = replace(
        refined,
        provenance=replace(
            refined.provenance,
            # The level of every threshold, and the biases that outputs rested at.
            readout_parameters=1 + len(np.unique(network.layers[0].bias)),
            note=f"refined by descent, {made:,} passes: W moved by {moved:.0%} of its norm",
        ),
    )
    return Refined(refined, begin.verified(refined), before, moved, made)


class _Beginning:
    """The network a descent begins from, and what is always asked of it."""

    def __init__(self, network: Network, key: AnswerKey, seed: int) -> None:
        self._network, self._key, self._seed = network, key, seed
        layer = network.layers[0]
        self._bias = (layer.bias * layer.scale).astype(np.float32)
        readout = readout_matrix(network)
        self._resting = np.asarray(readout @ self._bias.astype(np.float64))
        self._readout = sp.csr_array(readout / np.float32(np.diff(readout.indptr)[0]))
        self._probe = self._drawn(_PROBE_SAMPLES, Stream.PROBE)

    def descent(self, passes: int) -> Descent:
        layer, terms = self._network.layers[0], self._key.terms
        gates = terms.literals.reshape(-1, 2).astype(np.int64)
        active = self._network.provenance.active
        size = min(_LARGEST_BLOCK, -(-len(gates) // _BLOCKS))
        margins = Margins(self._network.encoder.code.matrix(), self._readout, gates, _LEVEL)
        return Descent(
            margins,
            Blocks(gates, terms.features, active, size, self._seed),
            layer.weights.astype(np.float32) * np.float32(layer.scale),
            np.zeros(layer.units, np.float32),
            passes,
        )

    def probed(self, weights: NDArray[np.float32], change: NDArray[np.float32]) -> int:
        """How many held-out samples the network, quantised, decides wrongly at its best level."""
        network = quantised(self._network, self._key, weights, self._bias + change)
        seen = extremes(network, self._key.circuit, self._probe, self._resting)
        return seen.wrong(seen.level)

    def finished(self, weights: NDArray[np.float32], change: NDArray[np.float32]) -> Network:
        network = quantised(self._network, self._key, weights, self._bias + change)
        rows = self._drawn(_CALIBRATION_SAMPLES, Stream.CALIBRATION)
        level = extremes(network, self._key.circuit, rows, self._resting).level
        return with_level(network, self._resting, level)

    def verified(self, network: Network) -> Verification:
        rows = self._drawn(_SAMPLES, Stream.VERIFICATION)
        wrong = int(wrong_samples(network, self._key.circuit, rows).sum())
        return Verification("satisfied", network.provenance.active, len(rows), wrong)

    def _drawn(self, samples: int, purpose: Stream) -> NDArray[np.int32]:
        active = self._network.provenance.active
        generator = np.random.default_rng([self._seed, purpose])
        return draw_inputs("satisfied", self._key.terms, active, samples, generator)


def _arrays(network: Network) -> list[NDArray[Any]]:
    """What of a network a descent depends on."""
    layer, code, readout = network.layers[0], network.encoder.code, network.readout
    return [layer.weights, layer.bias, code.positions, code.signs, readout.neurons, readout.weights]


def _moved(before: Network, after: Network) -> float:
    old, new = (layer.weights * layer.scale for layer in (before.layers[0], after.layers[0]))
    return float(np.linalg.norm(new - old) / np.linalg.norm(old))


def _check(network: Network, passes: int, error: float) -> AnswerKey:
    """The key of a network that can be refined. Raises CompileError for any other."""
    name, key = network.provenance.source, network.key
    if not 1 <= passes <= MAX_PASSES:
        raise CompileError(f"passes is {passes}; it must be 1 to {MAX_PASSES:,}")
    if not 0 < error < 1:
        raise CompileError(f"error is {error:g}; it must be more than 0 and less than 1")
    if network.provenance.construction != SERVED or not isinstance(key, AnswerKey):
        raise CompileError(
            f"{name}: only networks of {SERVED}, with their answer key, can be refined, and this "
            f"is of {network.provenance.construction}"
        )
    if not (key.terms.widths == 2).all():
        raise CompileError(f"{name}: only ANDs of two features can be refined")
    if network.provenance.active < 3:
        raise CompileError(
            f"{name}: with {network.provenance.active} features on at once nothing else is on "
            "beside a gate's inputs, so there is nothing to refine"
        )
    basis_of(key.decompression)
    return key
