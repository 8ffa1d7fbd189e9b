"""The decomposition of the layer that computes the gates, and what its components are like."""

from __future__ import annotations

import time

import numpy as np
import torch

from harness.part import Row
from polyseme.interpret.benchmark.claims import Batch, Claims, Decomposition
from polyseme.interpret.benchmark.methods.parameters.layer import output_scale
from polyseme.interpret.benchmark.methods.parameters.masked import Target
from polyseme.interpret.benchmark.methods.parameters.stochastic import Settings, decompose
from polyseme.interpret.benchmark.methods.spd import POWER
from polyseme.interpret.benchmark.scores.composition import COMPONENTS, composition
from polyseme.interpret.benchmark.scores.decompositions import decomposition_scores
from polyseme.interpret.benchmark.scores.tried import put_on_trial
from polyseme.interpret.benchmark.suite import subject
from polyseme.networks import sites


def decomposed(network: str, minimality: float, steps: int, batch: int, seed: int) -> Row:
    """Decompose the first layer of a network of the suite, and return what is found.

    There are twice as many components as inputs.
    """
    torch.set_num_threads(1)
    begun = time.process_time()
    chosen = subject(network)
    name, sampler = f"layers.0{COMPONENTS}", chosen.sampler(seed)
    count = 2 * len(chosen.truth.sites[sites.EMBED])
    found = decompose(
        Target(chosen.module, (name,)),
        sampler.batches(batch, steps),
        Settings(count, minimality, POWER, steps),
        output_scale(chosen.module, sampler.draw(batch)),
        np.random.default_rng(seed),
    )

    def importance(given: Batch) -> np.ndarray:
        return found.importance(name, torch.from_numpy(given.activations)).numpy()

    parts = found.components[name]
    apart = Decomposition(
        0, parts.reads.detach().numpy(), parts.writes.detach().numpy(), importance
    )
    tried = put_on_trial(Claims(decomposition=apart), chosen, seed)
    scores = decomposition_scores(tried)
    return {
        "like": composition(tried)[name],
        "units": len(chosen.module.get_submodule(name).weight),
        "gates": len(chosen.truth.sites[sites.post(0)]),
        "inputs": len(chosen.truth.sites[sites.EMBED]),
        "important": round(float(found.notes["l0"]), 2),
        "faithful": round(scores["faithful"].corrected, 3),
        "adversarial": round(scores["adversarial"].corrected, 3),
        "converged": bool(found.notes["converged"]),
        "seconds": round(time.process_time() - begun, 1),
    }
