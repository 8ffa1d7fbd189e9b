"""Refinement: descent on the weights and biases of a network that a construction built.

W and biases move; encoder and readout stay, so nothing is hidden in them. The codes do not change.
The strengths at which neurons read features, C, do change, and the answer key has the refined C:
W = C D, exactly. The loss depends on whether ReLUs bend: `linear.py` has the loss for networks in
which none does, `bending.py` for the others. Networks of `least-noise` have no C: there W descends
on the loss of `readings/`, biases stay, and the reading error decides. Networks of `deep` have none
either: there layer after layer descends on its own units (`depth/`).

Progress is kept in a file if one is named. The same seed, options and network give the same bytes.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polyseme.common.arguments import function, instance, real_number, whole_number
from polyseme.common.extras import import_numba, import_torch
from polyseme.common.progress import Note, phase, silent
from polyseme.common.progress_shown import Watcher, watched
from polyseme.common.random_streams import Stream, stream
from polyseme.compiler.constructions.catalogue import LEAST_NOISE, SUPERPOSED_LAYERS
from polyseme.compiler.task import check_epsilon
from polyseme.errors import OptionError
from polyseme.learning.refinement.bending import Bending
from polyseme.learning.refinement.descent import Descent, Kept
from polyseme.learning.refinement.held_out import PROBE_SAMPLES, HeldOut
from polyseme.learning.refinement.linear import Linear
from polyseme.learning.refinement.quantise import basis_features
from polyseme.learning.refinement.refined import Refined, judge_of, moved
from polyseme.learning.refinement.state import digest_of
from polyseme.learning.refinement.torch_threads import one_thread
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import check_state
from polyseme.networks.network import Network
from polyseme.verification.reading_error import COMPUTED, ReadingError, readings_of, summed_up
from polyseme.verification.term_readings import KINDS

MAX_PASSES = 100_000
# Number of times that the held-out probe is read, and the share of the error that ends the descent.
_PROBES = 10
_AIM = 0.4
# Inputs of each kind on which the reading error of a refined network is looked at.
_READ = 30_000


class Refiner(Protocol):
    """The refiner of networks of one construction; weights and biases are in features."""

    def descent(self, passes: int) -> Descent:
        """Return a descent that starts from the network as the construction built it."""

    def probed(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[int, int]:
        """Number of held-out samples, and of gates alone, that are decided wrongly."""

    def finished(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Network:
        """Return the network in whole numbers, ready to run."""


# Refiners by construction; networks of other constructions are refused.
REFINERS: dict[str, type[Linear] | type[Bending]] = {
    "tight-frames": Linear,
    "three-channel": Bending,
}


def refine(
    network: Network,
    *,
    passes: int = 100,
    error: float = 1e-3,
    epsilon: float = COMPUTED,
    seed: int = 0,
    state: str | os.PathLike[str] | None = None,
    note: Note | None = None,
    progress: Watcher = None,
) -> Refined:
    """Descend on the weights and biases of a network and of its key.

    The descent ends early if, after a tenth, two tenths, ... of the passes, the error on a held-out
    probe is well under `error`; if ReLUs bend, every gate alone must then be right too. A result
    that is worse than the network given (more gates wrong alone, or as many and more held-out
    samples wrong) is dropped, and the network is returned unchanged. Needs the `torch` extra.

    Of `least-noise`, weights descend until readings keep a reading error of `epsilon`, for all the
    passes. A pass is a step of L-BFGS. The result is dropped if its reading error on held-out
    inputs is no lower. Needs the `speed` extra instead.

    Of `deep`, the layers in superposition descend one after another, for all the passes each, until
    units are on where a wire that they hold is on. A pass is one step, on 2,048 inputs of which
    each switches on a gate. Needs the `speed` extra instead.

    Args:
        network: A network of `tight-frames` (ANDs of two features), `three-channel`,
            `least-noise` (ANDs of two features, three of which are on), or `deep`, with its answer
            key.
        passes: The most passes over all outputs.
        error: The error asked for.
        epsilon: The reading error asked of `least-noise`, above 0 and at most 1/4.
        seed: The random seed.
        state: A file that keeps the state of the descent, which goes on from it if it exists.
        note: Called with a line on each step.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The refined network and its error before and after.

    Raises:
        OptionError: The network is of another kind, or an argument is of a wrong type or out of
            range.
        FileFormatError: The file is no state of this descent.
        MissingExtraError: torch is not installed, or numba for `least-noise` and
            `deep`.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.read("and2:features=300,gates=300")
        >>> network = ps.compile(circuit, neurons=256, construction="tight-frames")
        >>> found = ps.refine(network, passes=1)
        >>> found.network.neurons
        256
    """
    check_state(state)
    key = _check(network, passes, error, epsilon, seed)
    function("note", note, "a line")
    kept = None
    if state is not None:
        described = f"{network.provenance.source} {passes} {error} {epsilon} {seed}"
        kept = Kept(state, digest_of(described, _arrays(network)))
    with watched(progress):
        if network.provenance.construction == SUPERPOSED_LAYERS.name:
            return _refined_layers(network, key, passes, seed, kept, note or silent)
        if network.provenance.construction == LEAST_NOISE.name:
            return _refined_readings(network, key, passes, epsilon, seed, kept, note or silent)
        return _refined_decisions(network, key, passes, error, seed, kept, note or silent)


def _refined_decisions(
    network: Network,
    key: AnswerKey,
    passes: int,
    error: float,
    seed: int,
    kept: Kept | None,
    tell: Note,
) -> Refined:
    """Descend until the outputs are decided rightly."""
    import_torch("refining")
    held_out = HeldOut(network, key, seed)
    refiner: Refiner = REFINERS[network.provenance.construction](network, key, held_out, seed)
    judge = judge_of(network, held_out, tell)

    def watch(done: int, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> bool:
        step(done, passes)
        if done * _PROBES // passes == (done - 1) * _PROBES // passes:
            tell(f"refined {done:,} of {passes:,} passes")
            return False
        wrong, alone = refiner.probed(weights, bias)
        also = f", {alone:,} gates alone wrong" if alone else ""
        tell(f"refined {done:,} of {passes:,} passes: {wrong} of {PROBE_SAMPLES:,} wrong{also}")
        return wrong <= _AIM * error * PROBE_SAMPLES and not alone

    with one_thread(), phase(f"refining {network.neurons:,} neurons") as step:
        descent = refiner.descent(passes)
        made = descent.run(kept, watch)
        refined = refiner.finished(descent.weights, descent.bias)
    return judge.judged(refined, made, tell)


def _refined_layers(
    network: Network, key: AnswerKey, passes: int, seed: int, kept: Kept | None, tell: Note
) -> Refined:
    """Descend on one layer after another until its units are on where they should be."""
    import_numba("refining deep networks")
    # What it imports is compiled by numba, which is an extra.
    from polyseme.learning.refinement.depth.refiner import DepthRefiner

    refiner = DepthRefiner(network, key, seed)
    judge = judge_of(network, HeldOut(network, key, seed), tell)

    def watch(made: int, steps: int) -> None:
        step(made, steps)
        if made % passes == 0:
            tell(f"refined {made // passes:,} of {steps // passes:,} layers by {passes:,} passes")

    with phase(f"refining {network.neurons:,} neurons") as step:
        refined = refiner.run(passes, kept, watch)
    return judge.judged(refined, passes, tell)


def _refined_readings(
    network: Network,
    key: AnswerKey,
    passes: int,
    epsilon: float,
    seed: int,
    kept: Kept | None,
    tell: Note,
) -> Refined:
    """Descend until the readings of the hidden layer are near 0 and 1."""
    import_numba("refining least-noise")
    # What it imports is compiled by numba, which is an extra.
    from polyseme.learning.refinement.readings.refiner import ReadingRefiner

    held_out = HeldOut(network, key, seed)
    refiner = ReadingRefiner(network, key, epsilon, seed)
    before = _read(network, key, seed)
    tell(f"before refinement the reading error is {before.epsilon:.3f}")

    def watch(done: int, loss: float) -> None:
        step(done, passes)
        tell(f"refined {done:,} of {passes:,} passes: loss {loss:.3g} on fresh pairs")

    with phase(f"refining {network.neurons:,} neurons") as step:
        descent = refiner.descent(passes)
        made = descent.run(kept, watch)
        refined = refiner.finished(descent.weights)
    after = _read(refined, key, seed)
    change = moved(network, refined)
    said = (
        f"refined by descent on readings, {made:,} passes: W moved by {change:.0%} of its norm, "
        f"reading error {before.epsilon:.3f} before and {after.epsilon:.3f} after"
    )
    if after.epsilon >= before.epsilon:
        said = (
            f"not refined: {made:,} passes of descent made the reading error {after.epsilon:.3f}, "
            f"{before.epsilon:.3f} it was before"
        )
        refined, after, change = network, before, 0.0
    tell(said)
    refined = replace(refined, provenance=replace(refined.provenance, note=said))
    return Refined(
        refined,
        held_out.verified(refined),
        held_out.verified(network),
        held_out.verified_alone(refined),
        held_out.verified_alone(network),
        change,
        made,
        after,
        before,
    )


def _read(network: Network, key: AnswerKey, seed: int) -> ReadingError:
    """Return the reading error on held-out inputs, the same for all networks."""
    active, generator = network.provenance.active, stream(seed, Stream.REFINEMENT_READINGS)
    counts = dict.fromkeys(KINDS, _READ)
    return summed_up(network, active, readings_of(network, key.circuit, active, counts, generator))


def _arrays(network: Network) -> list[NDArray[Any]]:
    """Return the arrays of a network that a descent depends on."""
    code, readout = network.encoder.code, network.readout
    found: list[NDArray[Any]] = []
    for layer in network.layers:
        found += [layer.weights.data if layer.is_sparse else layer.weights, layer.bias]
    found += [code.positions, code.signs, readout.neurons]
    return [*found, readout.weights, readout.thresholds]


def _check(network: Network, passes: int, error: float, epsilon: float, seed: int) -> AnswerKey:
    """Return the key of a network that can be refined. Raises OptionError for any other network."""
    instance("network", network, Network, "a network")
    name, key = network.provenance.source, network.key
    whole_number("passes", passes, 1, MAX_PASSES)
    real_number("error", error, 0, 1)
    check_epsilon(epsilon)
    whole_number("seed", seed, 0)
    construction = network.provenance.construction
    able = (*REFINERS, LEAST_NOISE.name, SUPERPOSED_LAYERS.name)
    if construction not in able or key is None:
        raise OptionError(
            f"{name}: only networks of {', '.join(able[:-1])} and {able[-1]}, with their answer "
            f"key, can be refined, and this is of {construction}"
        )
    if construction in REFINERS:
        basis_features(key.encoder)
    return key
