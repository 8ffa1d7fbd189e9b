"""Refinement: a network of the closed form, better by descending on its weights and biases.

W and biases move; encoder and readout stay, so nothing is hidden in them. Codes do not change; what
neurons read of features, C, does, and the answer key's C is the refined one: W = C D, exactly. What
is descended on depends on whether ReLUs bend: `linear.py` where none does, `bending.py` elsewhere.

Progress is kept in a file where one is named. Same seed, options and network, same bytes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polyseme.common.arguments import function, instance, real_number, whole_number
from polyseme.common.extras import import_torch
from polyseme.common.progress import Note, silent
from polyseme.errors import OptionError
from polyseme.learning.refinement.bending import Bending
from polyseme.learning.refinement.descent import Descent, Kept
from polyseme.learning.refinement.held_out import PROBE_SAMPLES, HeldOut
from polyseme.learning.refinement.linear import Linear
from polyseme.learning.refinement.quantise import basis_features
from polyseme.learning.refinement.state import digest_of
from polyseme.learning.refinement.torch_threads import one_thread
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import check_path
from polyseme.networks.network import Network
from polyseme.verification.sampling import Verification

MAX_PASSES = 100_000
# How often the held-out probe is read on the way, and the share of the error that is enough there.
_PROBES = 10
_AIM = 0.4


@dataclass(frozen=True, eq=False)
class Refined:
    """A refined network; its error on fresh samples, and that of the network it came from.

    `alone` and `alone_before` are of every gate by itself. `moved` is the norm of the change of W
    over the norm of W; `passes` over all outputs were made.
    """

    network: Network
    measured: Verification
    before: Verification
    alone: Verification
    alone_before: Verification
    moved: float
    passes: int


class Refiner(Protocol):
    """How networks of one kind are refined; weights and biases are in features."""

    def descent(self, passes: int) -> Descent:
        """A descent from what the construction built."""

    def probed(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[int, int]:
        """How many of the held-out samples, and of the gates alone, are decided wrongly."""

    def finished(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Network:
        """The network in whole numbers, ready to run."""


# By construction; every other is refused.
REFINERS: dict[str, type[Linear] | type[Bending]] = {
    "tight-frames": Linear,
    "three-channel": Bending,
}


def refine(
    network: Network,
    *,
    passes: int = 100,
    error: float = 1e-3,
    seed: int = 0,
    state: str | os.PathLike[str] | None = None,
    note: Note | None = None,
) -> Refined:
    """Descend on the weights and biases of a network of one hidden layer, key and all.

    For networks of `tight-frames` (ANDs of two features) and `three-channel` (whatever it serves).
    Makes `passes` over all outputs, or fewer if a tenth, two tenths, ... of them are enough for an
    `error` well under the one asked for on a held-out probe; where ReLUs bend, every gate alone
    must then be right too. What comes out worse than it was (more gates wrong alone, or as many and
    more held-out samples) is dropped, and the network returned as it was. `state` names a file
    that keeps where the descent is; where it is there already, the descent goes on from it. Needs
    the `torch` extra. Raises OptionError for other networks and numbers out of range,
    FileFormatError for a file that is no state of this descent, MissingExtraError without torch.
    """
    import_torch("refining")
    key = _check(network, passes, error, seed)
    function("note", note, "a line")
    if state is not None:
        check_path(state, "state")
    held_out = HeldOut(network, key, seed)
    refiner: Refiner = REFINERS[network.provenance.construction](network, key, held_out, seed)
    tell = note or silent
    before, alone_before = held_out.verified(network), held_out.verified_alone(network)
    tell(f"before refinement {before.wrong:,} of {before.samples:,} wrong{_of_gates(alone_before)}")

    def watch(done: int, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> bool:
        if done * _PROBES // passes == (done - 1) * _PROBES // passes:
            tell(f"refined {done:,} of {passes:,} passes")
            return False
        wrong, alone = refiner.probed(weights, bias)
        also = f", {alone:,} gates alone wrong" if alone else ""
        tell(f"refined {done:,} of {passes:,} passes: {wrong} of {PROBE_SAMPLES:,} wrong{also}")
        return wrong <= _AIM * error * PROBE_SAMPLES and not alone

    kept = None
    if state is not None:
        described = f"{network.provenance.source} {passes} {error} {seed}"
        kept = Kept(state, digest_of(described, _arrays(network)))
    with one_thread():
        descent = refiner.descent(passes)
        made = descent.run(kept, watch)
        refined = refiner.finished(descent.weights, descent.bias)
    alone, measured = held_out.verified_alone(refined), held_out.verified(refined)
    moved = _moved(network, refined)
    said = f"refined by descent, {made:,} passes: W moved by {moved:.0%} of its norm"
    if (alone.wrong, measured.wrong) > (alone_before.wrong, before.wrong):
        said = (
            f"not refined: {made:,} passes of descent made {measured.wrong:,} of "
            f"{measured.samples:,} wrong, {before.wrong:,} were before"
        )
        tell(said)
        refined, measured, alone, moved = network, before, alone_before, 0.0
    provenance = replace(refined.provenance, note=said + _of_gates(alone))
    refined = replace(refined, provenance=provenance)
    return Refined(refined, measured, before, alone, alone_before, moved, made)


def _of_gates(alone: Verification) -> str:
    return f"; {alone.wrong:,} of {alone.samples:,} gates alone wrong"


def _arrays(network: Network) -> list[NDArray[Any]]:
    """What of a network a descent depends on."""
    layer, code, readout = network.layers[0], network.encoder.code, network.readout
    found = [layer.weights, layer.bias, code.positions, code.signs, readout.neurons]
    return [*found, readout.weights, readout.thresholds]


def _moved(before: Network, after: Network) -> float:
    old, new = (layer.weights * layer.scale for layer in (before.layers[0], after.layers[0]))
    return float(np.linalg.norm(new - old) / np.linalg.norm(old))


def _check(network: Network, passes: int, error: float, seed: int) -> AnswerKey:
    """The key of a network that can be refined. Raises OptionError for any other."""
    instance("network", network, Network, "a network")
    name, key = network.provenance.source, network.key
    whole_number("passes", passes, 1, MAX_PASSES)
    real_number("error", error, 0, 1)
    whole_number("seed", seed, 0)
    if network.provenance.construction not in REFINERS or key is None:
        raise OptionError(
            f"{name}: only networks of {' and '.join(REFINERS)}, with their answer key, can be "
            f"refined, and this is of {network.provenance.construction}"
        )
    basis_features(key.encoder)
    return key
