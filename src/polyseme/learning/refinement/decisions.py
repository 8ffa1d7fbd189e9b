"""Refinement of networks whose outputs are to be decided rightly."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.common.progress import phase
from polyseme.learning.refinement.asked import Asked
from polyseme.learning.refinement.bending import Bending
from polyseme.learning.refinement.descent import Descent
from polyseme.learning.refinement.held_out import PROBE_SAMPLES, HeldOut
from polyseme.learning.refinement.linear import Linear
from polyseme.learning.refinement.quantise import basis_features
from polyseme.learning.refinement.refined import Refined, judge_of
from polyseme.learning.torch_threads import one_thread
from polyseme.networks.network import Network

# Number of times that the held-out probe is read, and the share of the error that ends the descent.
_PROBES = 10
_AIM = 0.4


class Refiner(Protocol):
    """The refiner of networks of one construction; weights and biases are in features."""

    def descent(self, passes: int) -> Descent:
        """Return a descent that starts from the network as the construction built it."""

    def probed(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[int, int]:
        """Number of held-out samples, and of gates alone, that are decided wrongly."""

    def finished(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Network:
        """Return the network in whole numbers, ready to run."""


# Refiners by construction.
REFINERS: dict[str, type[Linear] | type[Bending]] = {
    "tight-frames": Linear,
    "three-channel": Bending,
}


def refined_decisions(asked: Asked) -> Refined:
    """Descend until the outputs are decided rightly.

    Raises OptionError for codes that are no union of orthogonal bases.
    """
    network, key, passes, tell = asked.network, asked.key, asked.passes, asked.tell
    basis_features(key.encoder)
    import_torch("refining")
    held_out = HeldOut(network, key, asked.seed)
    refiner: Refiner = REFINERS[network.provenance.construction](network, key, held_out, asked.seed)
    judge = judge_of(network, held_out, tell)

    def watch(done: int, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> bool:
        step(done, passes)
        if done * _PROBES // passes == (done - 1) * _PROBES // passes:
            tell(f"refined {done:,} of {passes:,} passes")
            return False
        wrong, alone = refiner.probed(weights, bias)
        also = f", {alone:,} gates alone wrong" if alone else ""
        tell(f"refined {done:,} of {passes:,} passes: {wrong} of {PROBE_SAMPLES:,} wrong{also}")
        return wrong <= _AIM * asked.error * PROBE_SAMPLES and not alone

    with without_slopes(), phase(f"refining {network.neurons:,} neurons") as step:
        descent = refiner.descent(passes)
        made = descent.run(asked.kept, watch)
        refined = refiner.finished(descent.weights, descent.bias)
    return judge.judged(refined, made, tell)


@contextmanager
def without_slopes() -> Iterator[None]:
    """Let torch use one thread, and record no gradients."""
    library = import_torch("refining")
    with one_thread("refining"), library.no_grad(), warnings.catch_warnings():
        # torch warns that sparse rows are in beta. Only their products with arrays are taken.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
        yield
