"""Part 10: a sparse autoencoder trained on a layer of which the truth is known, and its score.

The layer computes 1,000 ANDs of 1,000 concepts. The autoencoder is the TopK kind (Gao et al.,
2024): the encoder's K largest numbers are kept, and the layer's values are rebuilt from them. Its
decoder begins as states of the layer. It sees values of the layer and nothing else. Beside it
stands what is found by asking: the receiver of the counting argument runs a network that came as a
message, and finds all its gates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import polyseme as ps

GATES, NEURONS, ACTIVE, SEED = 1000, 700, 3, 0
LATENTS, KEPT = 1500, 8
SAMPLES, HELD_OUT, BATCH, STEPS, RATE = 100_000, 10_000, 256, 2500, 1e-3
SITE = "layers.0.hook_post"
FOUND = 0.9


def measure() -> dict[str, Any]:
    """Return how near the autoencoder's directions come to the key's, and what they tell."""
    torch.set_num_threads(1)
    circuit = ps.problems.pairwise_and(GATES, GATES)
    network = ps.compile(circuit, active=ACTIVE, neurons=NEURONS, seed=SEED)
    values = torch.from_numpy(activations(network, SAMPLES, 1))
    trained = fitted(values)
    inputs = network.sample("satisfied", HELD_OUT, seed=2)
    held_out = torch.from_numpy(network.activations(inputs)[SITE])
    labels = network.key.labels(inputs, SITE).toarray().astype(bool)
    truth = torch.from_numpy(network.key.directions(SITE).toarray())
    cosines = (truth @ unit(trained["decoder"]).T).numpy()
    with torch.no_grad():
        sums = (held_out - trained["centre"]) @ trained["encoder"].T + trained["bias"]
        values, places = largest(sums)
        latents = torch.zeros_like(sums).scatter(1, places, values).numpy()
    rebuilt = torch.from_numpy(latents) @ trained["decoder"] + trained["centre"]
    spread = ((held_out - held_out.mean(0)) ** 2).sum()
    best = cosines.max(axis=1).astype(float).round(3)
    scores = [score(latents[:, cosines[gate].argmax()], labels[:, gate]) for gate in range(GATES)]
    random = np.random.default_rng(0).standard_normal((LATENTS, network.neurons))
    chance = truth.numpy() @ (random / np.linalg.norm(random, axis=1, keepdims=True)).T
    asked = ps.run_counting_argument(ps.problems.pairwise_and(GATES, GATES), seed=SEED)
    return {
        "gates": GATES,
        "neurons": network.neurons,
        "latents": LATENTS,
        "kept": KEPT,
        "samples": SAMPLES,
        "held_out": HELD_OUT,
        "steps": STEPS,
        "explained": float(1 - ((held_out - rebuilt) ** 2).sum() / spread),
        "cosines": np.sort(best)[::-1].tolist(),
        "chance": np.sort(chance.max(axis=1))[::-1].round(3).tolist(),
        "scores": np.sort(scores)[::-1].round(3).tolist(),
        "found": int((best >= FOUND).sum()),
        "told": int((np.array(scores) > FOUND).sum()),
        "limit": FOUND,
        "asked": {"neurons": asked.neurons, "queries": asked.queries, "wrong": asked.wrong},
    }


def activations(network: ps.Network, samples: int, seed: int) -> Any:
    """Return values of the layer on sampled inputs, float32 (samples, neurons)."""
    pieces = [
        network.activations(network.sample("satisfied", samples // 20, seed=seed + 100 * piece))[
            SITE
        ]
        for piece in range(20)
    ]
    return np.concatenate(pieces)


def unit(rows: torch.Tensor) -> torch.Tensor:
    """Return rows scaled to length 1."""
    return rows / rows.norm(dim=1, keepdim=True)


def largest(latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the largest numbers of every row, if above 0, and their places."""
    values, places = latents.topk(KEPT, dim=1)
    return values.relu(), places


def fitted(values: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return encoder, bias, decoder and centre of the autoencoder, trained on values."""
    generator = torch.Generator().manual_seed(0)
    centre = values.mean(0)
    scale = 1 / (values - centre).std()
    rows = torch.randperm(len(values), generator=generator)[:LATENTS]
    decoder = unit(values[rows] - centre).requires_grad_()
    encoder = decoder.detach().clone().requires_grad_()
    bias = torch.zeros(LATENTS, requires_grad=True)
    optimiser = torch.optim.Adam([encoder, bias, decoder], RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        rows = torch.randint(len(values), (BATCH,), generator=generator)
        batch = (values[rows] - centre) * scale
        kept, places = largest(batch @ encoder.T + bias)
        rebuilt = torch.nn.functional.embedding_bag(
            places, decoder, per_sample_weights=kept, mode="sum"
        )
        loss = ((batch - rebuilt) ** 2).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            decoder /= decoder.norm(dim=1, keepdim=True)
    return {
        "encoder": encoder.detach() * scale,
        "bias": bias.detach(),
        "decoder": decoder.detach() / scale,
        "centre": centre,
    }


def score(latent: Any, label: Any) -> float:
    """Return the best F1 of a latent above any threshold as a judge of a label."""
    order = np.argsort(-latent)
    hits = np.cumsum(label[order])
    called = np.arange(1, len(order) + 1)
    last = np.append(latent[order][1:] < latent[order][:-1], True) & (latent[order] > 0)
    f1 = 2 * hits / (called + label.sum())
    return float(f1[last].max()) if last.any() else 0.0
