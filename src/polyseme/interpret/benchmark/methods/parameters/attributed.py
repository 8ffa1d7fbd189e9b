"""Attribution-based parameter decomposition of one layer. Importing this file needs torch.

Weights are a sum of components, each of a few ranks. The components with the largest attributions
to the outputs must do alone, and be of low rank.

Source: Braun, Bushnaq, Heimersheim, Mendel, Sharkey 2025, *Interpretability in parameter space*,
arXiv:2501.14926.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from polyseme.interpret.benchmark.methods.parameters.masked import Components, Target, begin
from polyseme.interpret.benchmark.methods.settled import settled

# Random signs of the outputs that stand for all of them in an attribution.
_PROBES = 2
_TINY = 1e-12


@dataclass(frozen=True)
class Settings:
    """Settings of a decomposition.

    Attributes:
        components: The number of components, C.
        ranks: The rank of each at most.
        active: Components that are kept per input, on average over a batch.
        minimality: The weight of what the kept components miss.
        simplicity: The weight of the Schatten norm of those kept.
        power: The power p of the norm.
        steps: Steps.
        rate: The rate of Adam.
    """

    components: int
    ranks: int
    active: int
    minimality: float
    simplicity: float
    power: float
    steps: int
    rate: float


@dataclass(frozen=True, eq=False)
class Attributed:
    """A decomposition: ranks of components, those of a component side by side."""

    target: Target
    name: str
    parts: Components
    settings: Settings
    notes: dict[str, float | bool | str]

    def kept(
        self, inputs: torch.Tensor, probes: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return which components are kept, (samples, components) of 0 and 1, and the outputs."""
        found, outputs = self._attributions(inputs, probes)
        count = min(self.settings.active * len(inputs), found.numel())
        flat = torch.zeros(found.numel())
        flat[found.flatten().topk(count, sorted=False).indices] = 1
        return flat.view(found.shape), outputs

    def _attributions(
        self, inputs: torch.Tensor, probes: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the squared first-order effect of every component, over outputs; the outputs."""
        outputs, read, slopes = self.target.slopes(inputs, self.name, probes, _PROBES)
        total = torch.zeros(len(inputs), self.settings.components)
        with torch.no_grad():
            inner = self.parts.inner(read)
            for each in slopes:
                effects = inner * (each @ self.parts.writes.T)
                total += effects.view(len(inputs), -1, self.settings.ranks).sum(dim=2).square()
        return total, outputs

    @torch.no_grad()
    def whole(self) -> Components:
        """Return every component as its strongest rank, (components, ...)."""
        count, ranks = self.settings.components, self.settings.ranks
        reads = self.parts.reads.detach().view(count, ranks, -1)
        writes = self.parts.writes.detach().view(count, ranks, -1)
        left, sizes, right = torch.linalg.svd(writes.mT @ reads, full_matrices=False)
        return Components(right[:, 0], left[:, :, 0] * sizes[:, :1])


def decompose_by_attribution(
    target: Target,
    name: str,
    batches: Iterable[torch.Tensor],
    settings: Settings,
    scale: float,
    generator: np.random.Generator,
) -> Attributed:
    """Return a decomposition of a linear map of a target.

    Args:
        target: The module and its map.
        name: The name of the map.
        batches: Inputs, a batch per step.
        settings: The settings.
        scale: Outputs are divided by it before they are compared.
        generator: The random numbers of the start and of probes.
    """
    parts = begin(target.linears[name], settings.components * settings.ranks, generator)
    probes = torch.Generator().manual_seed(int(generator.integers(2**63)))
    found = Attributed(target, name, parts, settings, {})
    adam = torch.optim.Adam([parts.reads, parts.writes], settings.rate, fused=True)
    losses: list[float] = []
    for inputs in batches:
        kept, outputs = found.kept(inputs, probes)
        mask = kept.repeat_interleave(settings.ranks, dim=1)
        given = target.masked(inputs, {name: parts}, {name: mask})
        missed = ((given - outputs) / scale).square().mean()
        sizes = parts.reads.square().sum(dim=1) * parts.writes.square().sum(dim=1)
        norms = (sizes + _TINY).pow(settings.power / 2).view(settings.components, -1).sum(dim=1)
        simple = (kept @ norms).mean()
        loss = (
            target.unfaithful({name: parts})
            + settings.minimality * missed
            + settings.simplicity * simple
        )
        adam.zero_grad()
        torch.autograd.backward(loss)
        adam.step()
        losses.append(loss.item())
    found.notes.update(
        loss=float(np.mean(losses[-max(1, len(losses) // 5) :])), converged=settled(losses)
    )
    return found
