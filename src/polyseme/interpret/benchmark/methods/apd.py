"""Attribution-based parameter decomposition of the first layer that is asked for.

Source: Braun, Bushnaq, Heimersheim, Mendel, Sharkey 2025, *Interpretability in parameter space*,
arXiv:2501.14926.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.settled import SETTLED
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork

MINIMALITY, SIMPLICITY, POWER, RANKS, RATE = 1.0, 1e-3, 0.9, 2, 1e-3
_TIMES = 4
_BATCHES = 16


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return the components of a layer, and what they say of features and gates."""
    import torch

    from polyseme.interpret.benchmark.methods.parameters.attributed import (
        Settings,
        decompose_by_attribution,
    )
    from polyseme.interpret.benchmark.methods.parameters.claims import Spoken
    from polyseme.interpret.benchmark.methods.parameters.layer import first_asked, output_scale
    from polyseme.interpret.benchmark.methods.parameters.masked import Target
    from polyseme.interpret.benchmark.methods.sparse_codes.autoencoders import chosen_l0
    from polyseme.networks import sites

    layer = first_asked(network, budget)
    name = f"layers.{layer}.linear"
    below = sites.EMBED if layer == 0 else sites.post(layer - 1)
    active = chosen_l0(network, sampler, budget, below) if below in budget.readings else 1
    found = decompose_by_attribution(
        Target(network, (name,)),
        name,
        (batch for _ in range(_TIMES) for batch in sampler.batches(budget.batch, budget.steps)),
        Settings(
            max(budget.readings.values()),
            RANKS,
            active,
            MINIMALITY,
            SIMPLICITY,
            POWER,
            _TIMES * budget.steps,
            RATE,
        ),
        output_scale(network, sampler.draw(budget.batch)),
        stream(budget.seed, Stream.BENCH_METHODS),
    )

    def importance(vectors: torch.Tensor) -> torch.Tensor:
        return found.kept(vectors, torch.Generator().manual_seed(budget.seed))[0]

    spoken = Spoken(network, layer, found.whole(), importance, by_vectors=True)
    count = min(budget.steps, _BATCHES)
    notes = {**found.notes, "components kept": float(active)}
    return spoken.claims(budget, lambda: sampler.batches(budget.batch, count), notes)


METHOD = Method(
    "apd",
    fit,
    "parameter decomposition",
    source="Braun et al. 2025, arXiv:2501.14926",
    settings={
        "components": "as many as readings",
        "ranks": RANKS,
        "minimality": MINIMALITY,
        "simplicity": f"{SIMPLICITY}, as weights are integers (the authors': .7 to 20)",
        "p": POWER,
        "rate": RATE,
        "times through the inputs": f"{_TIMES}, 8 thousand steps of the core suite (the authors': "
        "10 to 40 thousand)",
        "components kept": "a batch's largest attributions, as many as the target L0 of inputs",
        "converged": SETTLED,
    },
    most_features=100,
)
