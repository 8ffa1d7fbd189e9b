"""Stochastic parameter decomposition. Importing this file needs torch.

Weights W are a sum of rank-one components U_c V_c^T. A small network per component says from V_c x
how important c is, g from 0 to 1. What is not important may be masked by any number from g to 1
without a change of the outputs; masks are drawn afresh at every step.

Source: Bushnaq, Braun, Sharkey 2025, *Stochastic parameter decomposition*, arXiv:2506.20790.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from polyseme.interpret.benchmark.methods.parameters.masked import Components, Target, begin
from polyseme.interpret.benchmark.methods.settled import settled

# The slope with which importance below 0 and above 1 can come back.
_LEAK = 0.01
_HIDDEN = 16
_TINY = 1e-12
# Steps that make the sum of components the weights before all else, and their rate and decay.
_WARM_UP, _WARM_RATE, _WARM_DECAY = 200, 1e-2, 0.1


@dataclass(frozen=True)
class Settings:
    """Settings of a decomposition.

    Attributes:
        components: Components of each map, C.
        minimality: The weight lambda of importance.
        power: The power p of importance.
        steps: Steps.
        rate: The first rate of Adam, which falls as a cosine.
    """

    components: int
    minimality: float
    power: float
    steps: int
    rate: float = 1e-3


class Importance:
    """The importance of components: one small network each, of 16 GELUs."""

    def __init__(self, components: int, generator: np.random.Generator) -> None:
        """Draw weights by the rule of Kaiming; biases are 0."""

        def drawn(spread: float) -> torch.Tensor:
            numbers = generator.standard_normal((components, _HIDDEN, 1), np.float32)
            return torch.from_numpy(numbers * np.float32(spread)).requires_grad_()

        self.weights = drawn(2**0.5), drawn(_HIDDEN**-0.5)
        self.biases = (
            torch.zeros(components, _HIDDEN, 1, requires_grad=True),
            torch.zeros(components, 1, requires_grad=True),
        )

    def __call__(self, inner: torch.Tensor) -> torch.Tensor:
        """Return importance before it is kept from 0 to 1, (samples, components)."""
        # Components first, and samples last, so that sums run over what lies together.
        # Biases are weights of a 1 beside what is read, so that their slopes are products too.
        read = torch.stack((inner.T, torch.ones_like(inner.T)), dim=1)
        given = torch.cat((self.weights[0], self.biases[0]), dim=2)
        hidden = torch.nn.functional.gelu(torch.bmm(given, read))
        return (torch.bmm(self.weights[1].mT, hidden)[:, 0] + self.biases[1]).T

    @property
    def numbers(self) -> list[torch.Tensor]:
        """All that descends."""
        return [*self.weights, *self.biases]


@dataclass(frozen=True, eq=False)
class Decomposed:
    """A decomposition.

    Attributes:
        components: The components of every map.
        importances: Their importance.
        losses: What was minimised at each step.
        notes: What there is to report.
    """

    components: dict[str, Components]
    importances: dict[str, Importance]
    losses: list[float]
    notes: dict[str, float | bool | str]

    @torch.no_grad()
    def importance(self, name: str, read: torch.Tensor) -> torch.Tensor:
        """Return the importance of a map's components, (samples, components) from 0 to 1."""
        return self.importances[name](self.components[name].inner(read)).clamp(0, 1)


def decompose(
    target: Target,
    batches: Iterable[torch.Tensor],
    settings: Settings,
    scale: float,
    generator: np.random.Generator,
) -> Decomposed:
    """Return a decomposition of the maps of a target.

    Args:
        target: The module and its maps.
        batches: Inputs, a batch per step.
        settings: The settings.
        scale: Outputs are divided by it before they are compared.
        generator: The random numbers of the start and of masks.
    """
    components = {
        name: begin(linear, settings.components, generator)
        for name, linear in target.linears.items()
    }
    importances = {name: Importance(settings.components, generator) for name in components}
    made = [tensor for one in components.values() for tensor in (one.reads, one.writes)]
    warm = torch.optim.AdamW(made, _WARM_RATE, weight_decay=_WARM_DECAY)
    for _ in range(min(_WARM_UP, settings.steps)):
        _descend(warm, target.unfaithful(components))
    adam = torch.optim.Adam(
        [*made, *(tensor for one in importances.values() for tensor in one.numbers)],
        settings.rate,
        fused=True,
    )
    masks = torch.Generator().manual_seed(int(generator.integers(2**63)))
    found = Decomposed(components, importances, [], {})
    parts = dict.fromkeys(("faithfulness", "reconstruction", "l0"), 0.0)
    for step, inputs in enumerate(batches):
        for group in adam.param_groups:
            group["lr"] = settings.rate * (1 + np.cos(np.pi * step / settings.steps)) / 2
        loss = _loss(target, inputs, found, settings, scale, masks, parts)
        _descend(adam, loss)
        found.losses.append(loss.item())
    last = found.losses[-max(1, settings.steps // 5) :]
    found.notes.update(parts, loss=float(np.mean(last)), converged=settled(found.losses))
    return found


def _loss(
    target: Target,
    inputs: torch.Tensor,
    found: Decomposed,
    settings: Settings,
    scale: float,
    masks: torch.Generator,
    parts: dict[str, float],
) -> torch.Tensor:
    """Return what is minimised; `parts` is told how it is made up."""
    outputs, read = target.run(inputs)
    raw = {
        name: found.importances[name](components.inner(read[name]))
        for name, components in found.components.items()
    }
    least = {name: _leaks_below(values) for name, values in raw.items()}
    drawn = {
        name: values + (1 - values) * torch.rand(values.shape, generator=masks)
        for name, values in least.items()
    }

    def missed(chosen: dict[str, torch.Tensor]) -> torch.Tensor:
        given = target.masked(inputs, found.components, chosen)
        return ((given - outputs) / scale).square().mean()

    together = missed(drawn)
    # One map at a time; with a single map it is the same once more, with other masks.
    apart = [
        missed({name: values + (1 - values) * torch.rand(values.shape, generator=masks)})
        for name, values in least.items()
    ]
    unfaithful = target.unfaithful(found.components)
    paid = sum(
        (_leaks_above(values) + _TINY).pow(settings.power).sum(dim=1).mean()
        for values in raw.values()
    )
    parts["faithfulness"], parts["reconstruction"] = unfaithful.item(), together.item()
    parts["l0"] = float(sum((values > 0).sum() for values in raw.values())) / len(inputs)
    return unfaithful + together + torch.stack(apart).mean() + settings.minimality * paid


def _descend(optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    optimiser.step()


class _LeaksBelow(torch.autograd.Function):
    """From 0 to 1; below 0 a slope is heard that would raise it."""

    @staticmethod
    def forward(context: Any, values: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(values)
        return values.clamp(0, 1)

    @staticmethod
    def backward(context: Any, *slopes: torch.Tensor) -> torch.Tensor:
        (values,) = context.saved_tensors
        (slope,) = slopes
        below = _LEAK * slope.clamp(max=0)
        return torch.where(values <= 0, below, slope * (values <= 1))


def _leaks_below(values: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = _LeaksBelow.apply(values)  # type: ignore[no-untyped-call]
    return found


def _leaks_above(values: torch.Tensor) -> torch.Tensor:
    return values.clamp(0, 1) + _LEAK * (values - 1).clamp(min=0)
