"""The decomposition of one toy model, and how near its components come to the weights' columns."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np
import torch

from harness.part import Row
from polyseme.interpret.benchmark.methods.parameters.masked import Components, Target
from polyseme.interpret.benchmark.methods.parameters.stochastic import Settings, decompose
from polyseme.learning.toy_models.autoencoder import Autoencoder
from polyseme.learning.toy_models.sparse_values import SparseValues
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

# The chance of a feature to be on, as the authors have it.
DENSITY = 0.05
TRAINING, TRAINING_BATCH, TRAINING_RATE = 5000, 2048, 5e-3


def decomposed(
    features: int,
    hidden: int,
    components: int,
    minimality: float,
    power: float,
    steps: int,
    batch: int,
    seed: int,
) -> Row:
    """Train a toy model, decompose it, and return how near components come to its columns."""
    torch.set_num_threads(1)
    begun = time.process_time()
    values = SparseValues(features, np.array([DENSITY], np.float32))
    target = Target(toy_model(values, hidden, seed), ("encoder", "decoder"))
    generator = np.random.default_rng(seed)

    def batches() -> Iterator[torch.Tensor]:
        for _ in range(steps):
            yield torch.from_numpy(values.draw(batch, generator)[0])

    settings = Settings(components, minimality, power, steps)
    found = decompose(target, batches(), settings, 1.0, np.random.default_rng(seed + 1))
    weights = {name: linear.weight.detach() for name, linear in target.linears.items()}
    return {
        "seed": seed,
        "W": beside_columns(weights["encoder"], found.components["encoder"]),
        "Wᵀ": beside_columns(weights["decoder"].T, flipped(found.components["decoder"])),
        "l0": found.notes["l0"],
        "converged": found.notes["converged"],
        "seconds": time.process_time() - begun,
    }


def toy_model(values: SparseValues, hidden: int, seed: int) -> torch.nn.Sequential:
    """Return a trained toy model; its two maps are `encoder` and `decoder`."""
    features = values.features
    importance = np.ones(features, np.float32)
    task = Autoencoder("spd", hidden, importance, values, TRAINING_BATCH)
    numbers = train(task, Pace(TRAINING, TRAINING_RATE, 0, "cosine"), seed=seed).numbers
    code, bias = numbers["encoder"][0], numbers["bias"][0, 0]
    model = torch.nn.Sequential(
        OrderedDict(
            encoder=torch.nn.Linear(features, hidden, bias=False),
            decoder=torch.nn.Linear(hidden, features),
            relu=torch.nn.ReLU(),
        )
    )
    model.load_state_dict(
        {
            "encoder.weight": torch.from_numpy(code),
            "decoder.weight": torch.from_numpy(code.T.copy()),
            "decoder.bias": torch.from_numpy(bias),
        }
    )
    return model.requires_grad_(False)


def flipped(components: Components) -> Components:
    """Return the components of the transposed map."""
    return Components(components.writes, components.reads)


def beside_columns(weights: torch.Tensor, components: Components) -> Row:
    """Return the largest cosines of components with the columns of a map, and ratios of norms.

    Args:
        weights: (outputs, inputs); the mechanism of an input is its column.
        components: The components of the map.
    """
    reads, writes = components.reads.detach(), components.writes.detach()
    norms = reads.norm(dim=1) * writes.norm(dim=1)
    # <u v^T, column i> = (u . w_i) v_i.
    products = (writes @ weights) * reads
    lengths = weights.norm(dim=0)
    cosines, best = (products / (norms[:, None] * lengths + 1e-30)).max(dim=0)
    ratios = norms[best] / lengths
    return {"cosines": cosines.tolist(), "ratios": ratios.tolist()}
