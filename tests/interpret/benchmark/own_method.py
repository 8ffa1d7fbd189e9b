"""A method of one's own, as the page on the benchmark shows it, and others that go wrong."""

import numpy as np

from polyseme.interpret.benchmark.claims import Claims, Readings


def axes(network, sampler, budget):
    """Claim that every unit of the first hidden layer is a gate."""
    site = "layers.0.hook_post"
    _, cache = network.run_with_cache(sampler.draw(budget.batch), site)
    directions = np.eye(cache[site].shape[1], dtype=np.float32)
    gates = Readings(site, directions, lambda batch: batch.activations)
    return Claims((gates,), notes={"converged": True, "loss": np.float32(0.5)})


def wrong(network, sampler, budget):
    return "no claims"


def curious(network, sampler, budget):
    return sampler.features_on(5)


def greedy(network, sampler, budget):
    for _ in sampler.batches(budget.batch, budget.steps + 1):
        pass
    return Claims()


def told(network, sampler, budget):
    sampler.features_on(5)
    return Claims()


told.told = "features"


def oracle(network, sampler, budget):
    return Claims()


number = 5
