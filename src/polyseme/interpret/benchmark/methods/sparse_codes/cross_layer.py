"""Codes that read one site each, and write all layers from there on.

Importing this file needs torch.

All layers are one code whose inputs are all sites side by side. A latent of a layer reads the site
below it alone, and writes what this layer and the later ones write.

Source: Lindsey, Templeton, Marcus, Conerly, Batson, Olah 2024, *Sparse crosscoders*; Ameisen et al.
2025, *Circuit tracing: revealing computational graphs in language models*.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from polyseme.interpret.benchmark.activations import activations
from polyseme.interpret.benchmark.claims import Activity, Batch, Claims, Edges, Readings
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.methods.sparse_codes.autoencoders import (
    chosen_l0,
    numbers_for,
    reported,
    spoken,
)
from polyseme.interpret.benchmark.methods.sparse_codes.descent import (
    Code,
    Descent,
    Scale,
    Sizes,
    scale_of,
)
from polyseme.interpret.benchmark.methods.sparse_codes.edges import strongest
from polyseme.interpret.benchmark.methods.sparse_codes.kind import (
    Aim,
    Numbers,
    Trained,
    decoded,
    missed,
    sums,
)
from polyseme.interpret.benchmark.methods.sparse_codes.settings import rate_for
from polyseme.interpret.benchmark.methods.sparse_codes.transcoders import (
    Layers,
    inputs_of,
    layers_asked,
)
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.networks.exporting.torch_modules import HookedNetwork


@dataclass(frozen=True, eq=False)
class CrossLayer:
    """The kind of code: ReLUs, with a penalty on codes times the lengths of what they write.

    Args:
        reads: The layer of every input, int64 (inputs,).
        latents: The layer of every latent, int64 (latents,).
        writes: The layer of every output, int64 (outputs,).
    """

    reads: torch.Tensor
    latents: torch.Tensor
    writes: torch.Tensor
    pays: bool = True
    momentum: float = 0.9

    def begin(self, numbers: Numbers) -> None:
        """Add nothing; make 0 what a latent may not read or write."""
        with torch.no_grad():
            for name, tensor in self._open(numbers).items():
                numbers[name].copy_(tensor)
            numbers["decoder"] /= numbers["decoder"].norm(dim=1, keepdim=True)

    def _open(self, numbers: Numbers) -> Numbers:
        """Return the numbers, 0 where a latent may not read or write."""
        return {
            **numbers,
            "encoder": numbers["encoder"] * self._reading,
            "decoder": numbers["decoder"] * self._writing,
        }

    @cached_property
    def _reading(self) -> torch.Tensor:
        """Return 1 where a latent may read, (inputs, latents)."""
        return (self.reads[:, None] == self.latents).float()

    @cached_property
    def _writing(self) -> torch.Tensor:
        """Return 1 where a latent may write, (latents, outputs)."""
        return (self.latents[:, None] <= self.writes).float()

    @cached_property
    def _by_layer(self) -> torch.Tensor:
        """Return 1 for the layer of every output, (outputs, layers)."""
        return torch.nn.functional.one_hot(self.writes).float()

    def train(
        self, numbers: Numbers, inputs: torch.Tensor, targets: torch.Tensor, aim: Aim
    ) -> Trained:
        """Return the squared error with the penalty on codes times lengths, summed over layers."""
        opened = self._open(numbers)
        codes = sums(opened, inputs).relu()
        error = targets - decoded(opened, codes, inputs)
        squares = opened["decoder"].square() @ self._by_layer
        lengths = (squares + 1e-12).sqrt().sum(dim=1)
        paid = aim.penalty * (codes * lengths).sum(dim=1).mean()
        return Trained(missed(error) + paid, codes, error)

    def code(self, numbers: Numbers, inputs: torch.Tensor, active: int) -> torch.Tensor:
        """Return the codes, (samples, latents)."""
        return sums(numbers, inputs).relu()


@dataclass(frozen=True, eq=False)
class _Beside:
    """The sites of all layers side by side, each at its own scale."""

    layers: Layers
    scales: dict[str, Scale]

    def read(self, found: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.cat([self.scales[site](found[site]) for site in self.layers.below], dim=1)

    def written(self, found: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.cat([self.scales[site](found[site]) for site in self.layers.above], dim=1)


def fit_cross_layer(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return what one code over all layers finds.

    Edges are products of what a latent below writes at the site that a latent reads, times what
    that reads there, from inputs (a TopK autoencoder) and from all layers below.
    """
    layers = layers_asked(network, budget)
    codes = inputs_of(network, sampler, budget)
    readings = [Readings(site, *spoken(code)) for site, code in codes.items()]
    if not layers.above:
        return Claims(tuple(readings), notes=reported(codes))
    code, beside, kind = _descended(network, sampler, budget, layers)
    written = {site: [(site, found.directions)] for site, found in codes.items()}
    edges: list[Edges] = []
    for number, (below, above) in enumerate(zip(layers.below, layers.above, strict=True)):
        own = (kind.latents == number).nonzero()[:, 0]
        gates = code.gates[kind.reads == number][:, own] / beside.scales[below].length
        for site, directions in written.get(below, []):
            edges.append(strongest(above, site, (directions @ gates).T.numpy()))
        for later, place in enumerate(layers.above[number:], number):
            rows = code.directions[own][:, kind.writes == later] * beside.scales[place].length
            written.setdefault(place, []).append((above, rows))
            if later == number:
                activity = _activity(network, code, beside, own)
                readings.append(Readings(above, rows.numpy(), activity))
    notes = reported({**codes, "layers": code})
    return Claims(tuple(readings), tuple(edges), notes=notes)


def _descended(
    network: HookedNetwork, sampler: Sampler, budget: Budget, layers: Layers
) -> tuple[Code, _Beside, CrossLayer]:
    counts = [budget.readings[site] for site in layers.above]
    active = sum(chosen_l0(network, sampler, budget, site) for site in layers.above)
    sizes = Sizes(sum(counts), active, budget.steps, rate_for(sum(counts)), tied=False)
    descent = beside = kind = None
    batches = activations(network, sampler, layers.all, batch=budget.batch, count=budget.steps)
    for found in batches:
        if descent is None or beside is None:
            beside = _Beside(layers, {site: scale_of(found[site]) for site in layers.all})
            kind = CrossLayer(
                _numbered([found[site].shape[1] for site in layers.below]),
                _numbered(counts),
                _numbered([found[site].shape[1] for site in layers.above]),
            )
            start = numbers_for(budget, layers.above[-1])
            read, written = beside.read(found), beside.written(found)
            descent = Descent(kind, sizes, read, written, start)
        descent.step(beside.read(found), beside.written(found))
    assert descent is not None
    assert beside is not None
    assert kind is not None
    return descent.code(), beside, kind


def _numbered(counts: list[int]) -> torch.Tensor:
    return torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))


def _activity(network: HookedNetwork, code: Code, beside: _Beside, own: torch.Tensor) -> Activity:
    def activity(batch: Batch) -> NDArray[np.float32]:
        with torch.no_grad():
            _, found = network.run_with_cache(torch.from_numpy(batch.vectors), beside.layers.all)
        numbers: NDArray[np.float32] = code.activity(beside.read(found))[:, own].numpy()
        return numbers

    return activity
