"""Stochastic parameter decomposition of the first layer that is asked for.

Source: Bushnaq, Braun, Sharkey 2025, *Stochastic parameter decomposition*, arXiv:2506.20790.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.settled import SETTLED
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork

MINIMALITY, POWER = 3e-3, 1.0
# Components of a layer, over the readings asked for at most.
_COMPONENTS = 2
# Times that the batches of the budget are gone through, and the rate of Adam.
_TIMES, RATE = 2, 3e-3
_BATCHES = 16


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return the rank-one components of a layer, and what they say of features and gates."""
    from polyseme.interpret.benchmark.methods.parameters.claims import Spoken
    from polyseme.interpret.benchmark.methods.parameters.layer import first_asked, output_scale
    from polyseme.interpret.benchmark.methods.parameters.masked import Target
    from polyseme.interpret.benchmark.methods.parameters.stochastic import Settings, decompose

    layer = first_asked(network, budget)
    name = f"layers.{layer}.linear"
    components = _COMPONENTS * max(budget.readings.values())
    settings = Settings(components, MINIMALITY, POWER, _TIMES * budget.steps, RATE)
    found = decompose(
        Target(network, (name,)),
        (batch for _ in range(_TIMES) for batch in sampler.batches(budget.batch, budget.steps)),
        settings,
        output_scale(network, sampler.draw(budget.batch)),
        stream(budget.seed, Stream.BENCH_METHODS),
    )
    spoken = Spoken(
        network, layer, found.components[name], lambda read: found.importance(name, read)
    )
    count = min(budget.steps, _BATCHES)
    return spoken.claims(budget, lambda: sampler.batches(budget.batch, count), found.notes)


METHOD = Method(
    "spd",
    fit,
    "parameter decomposition",
    source="Bushnaq, Braun, Sharkey 2025, arXiv:2506.20790",
    settings={
        "components": "twice the readings",
        "lambda": MINIMALITY,
        "p": POWER,
        "faithfulness": 1,
        "stochastic reconstruction": 1,
        "layerwise": 1,
        "outputs": "scaled to a variance of 1",
        "rate": f"{RATE}, falling as a cosine (the authors': 1e-3)",
        "times through the inputs": _TIMES,
        "converged": SETTLED,
    },
    most_features=100,
)
