"""Part 4: how many features a dimension holds in a toy model, by sparsity.

The model of Elhage et al. (2022), "Toy Models of Superposition": x' = relu(W^T W x + b), trained on
inputs of which each feature is on with probability 1 - S and is then uniform from 0 to 1. Here 100
features share 20 dimensions, all equally important. The share of a dimension that a feature has is
|w_i|^4 / sum_j (w_i . w_j)^2; a feature is held if |w_i|^2 is above 1/2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

FEATURES, DIMENSIONS, HELD = 100, 20, 0.5
# 1 / (1 - S), as in the paper's plot.
SCARCITY = np.geomspace(1, 100, 15)
STEPS, SAMPLES, RATE = 4000, 512, 3e-3


def measure() -> dict[str, Any]:
    """Return features per dimension at every sparsity."""
    torch.set_num_threads(1)
    rows = [trained(float(scarcity)) for scarcity in SCARCITY]
    return {"features": FEATURES, "dimensions": DIMENSIONS, "steps": STEPS, "rows": rows}


def trained(scarcity: float) -> dict[str, Any]:
    """Return how many features a model trained at this sparsity holds, and in what shares."""
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(DIMENSIONS, FEATURES, generator=generator) / DIMENSIONS**0.5
    weights.requires_grad_()
    bias = torch.zeros(FEATURES, requires_grad=True)
    optimiser = torch.optim.Adam([weights, bias], RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        shape = (SAMPLES, FEATURES)
        on = torch.rand(shape, generator=generator) < 1 / scarcity
        inputs = torch.rand(shape, generator=generator) * on
        outputs = torch.relu(inputs @ weights.T @ weights + bias)
        loss = ((inputs - outputs) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    products = (weights.T @ weights).detach()
    squares = products.diagonal()
    held = squares > HELD
    shares = (squares**2 / (products**2).sum(1))[held]
    values, counts = np.unique(shares.numpy().round(2), return_counts=True)
    return {
        "scarcity": scarcity,
        "held": int(held.sum()),
        "shares": [
            [round(float(value), 2), int(count)]
            for value, count in zip(values, counts, strict=True)
        ],
    }
