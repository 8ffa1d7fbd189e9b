"""A method fitted on a network of the suite at a width of its own."""

from __future__ import annotations

import warnings
from dataclasses import replace

import torch

from harness.part import Row
from polyseme.interpret.benchmark.leaderboard.convergence import not_converged
from polyseme.interpret.benchmark.methods.listing import METHODS
from polyseme.interpret.benchmark.running.budgets import budget_of
from polyseme.interpret.benchmark.scores.score import scores_of
from polyseme.interpret.benchmark.scores.tried import put_on_trial
from polyseme.interpret.benchmark.subject import subject_of
from polyseme.interpret.benchmark.suite.building import built
from polyseme.interpret.benchmark.suite.by_name import spec_of
from polyseme.interpret.benchmark.suite.distributions import drawn


def fitted(network: str, neurons: int, method: str, seed: int, score: str) -> Row:
    """Return the score of a method on a network with so many neurons at the most.

    Everything else is as `polyseme bench --suite core` has it.
    """
    torch.set_num_threads(1)
    spec = replace(spec_of(network), neurons=neurons)
    compiled = built(network, spec)
    assert compiled.key is not None
    draw = drawn(spec.draw, compiled.key.circuit, spec.active)
    subject = subject_of(network, compiled, draw)
    chosen = METHODS[method]
    with warnings.catch_warnings():
        # Libraries warn of what methods say of themselves in their notes.
        warnings.simplefilter("ignore")
        claims = chosen.fit(
            subject.module, subject.sampler(seed, chosen.told), budget_of("core", subject, seed)
        )
    found = scores_of(put_on_trial(claims, subject, seed))[score]
    return {
        "units": compiled.neurons,
        "gates": len(compiled.key.circuit.outputs),
        "score": round(found.corrected, 4),
        "converged": not not_converged({"notes": claims.notes or {}}, score),
    }
