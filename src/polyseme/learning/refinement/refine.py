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
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from polyseme.common.arguments import function, instance, real_number, whole_number
from polyseme.common.progress import Note, silent
from polyseme.common.progress_shown import Watcher, watched
from polyseme.compiler.constructions.catalogue import LEAST_NOISE, SUPERPOSED_LAYERS
from polyseme.compiler.task import check_epsilon
from polyseme.errors import OptionError
from polyseme.learning.refinement.asked import Asked
from polyseme.learning.refinement.decisions import REFINERS, refined_decisions
from polyseme.learning.refinement.depth.refined_layers import refined_layers
from polyseme.learning.refinement.descent import Kept
from polyseme.learning.refinement.readings.refined_readings import refined_readings
from polyseme.learning.refinement.refined import Refined
from polyseme.learning.refinement.state import digest_of
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import check_state
from polyseme.networks.network import Network
from polyseme.verification.reading_error import COMPUTED

MAX_PASSES = 100_000
# How networks are refined, by their construction; others are refused.
_BY_CONSTRUCTION: dict[str, Callable[[Asked], Refined]] = {
    **dict.fromkeys(REFINERS, refined_decisions),
    LEAST_NOISE.name: refined_readings,
    SUPERPOSED_LAYERS.name: refined_layers,
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
    asked = Asked(network, key, passes, error, epsilon, seed, kept, note or silent)
    with watched(progress):
        return _BY_CONSTRUCTION[network.provenance.construction](asked)


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
    construction, able = network.provenance.construction, list(_BY_CONSTRUCTION)
    if construction not in able or key is None:
        raise OptionError(
            f"{name}: only networks of {', '.join(able[:-1])} and {able[-1]}, with their answer "
            f"key, can be refined, and this is of {construction}"
        )
    return key
