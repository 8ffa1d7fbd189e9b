"""Linear maps of a module as sums of components. Importing this file needs torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch

# Components that may act, by name of the linear map: (samples, components), or one for all.
Masks: TypeAlias = Mapping[str, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Components:
    """The components of a linear map: its weights are about U^T V.

    Attributes:
        reads: V, (components, inputs).
        writes: U, (components, outputs).
    """

    reads: torch.Tensor
    writes: torch.Tensor

    def weights(self) -> torch.Tensor:
        """Return their sum, (outputs, inputs)."""
        return self.writes.T @ self.reads

    def inner(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return what every component reads, (samples, components)."""
        return inputs @ self.reads.T


def begin(linear: torch.nn.Linear, count: int, generator: np.random.Generator) -> Components:
    """Return components drawn as the authors do: normal, by the inputs and by their number."""

    def drawn(size: int, spread: float) -> torch.Tensor:
        numbers = generator.standard_normal((count, size), np.float32) * np.float32(spread)
        return torch.from_numpy(numbers).requires_grad_()

    inputs, outputs = linear.in_features, linear.out_features
    return Components(drawn(inputs, inputs**-0.5), drawn(outputs, count**-0.5))


class Target:
    """A module, some linear maps of which may be replaced.

    Args:
        module: The module.
        names: The names of the linear maps.
    """

    def __init__(self, module: torch.nn.Module, names: tuple[str, ...]) -> None:
        """Find the maps."""
        self.module = module
        self.linears: dict[str, torch.nn.Linear] = {name: _linear(module, name) for name in names}

    @torch.no_grad()
    def run(self, inputs: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the outputs as they are, and what every map reads."""
        read: dict[str, torch.Tensor] = {}

        def keeping(name: str) -> Callable[..., None]:
            def keep(linear: torch.nn.Module, given: Any, value: torch.Tensor) -> None:
                read[name] = given[0]

            return keep

        with self._hooked({name: keeping(name) for name in self.linears}):
            return self.module(inputs), read

    def masked(
        self, inputs: torch.Tensor, components: Mapping[str, Components], masks: Masks
    ) -> torch.Tensor:
        """Return the outputs with the maps that have masks made of components that may act."""

        def replacing(name: str) -> Callable[..., torch.Tensor]:
            found, mask = components[name], masks[name]

            def replace(linear: Any, given: Any, value: torch.Tensor) -> torch.Tensor:
                sums = (found.inner(given[0]) * mask) @ found.writes
                return sums if linear.bias is None else sums + linear.bias

            return replace

        with self._hooked({name: replacing(name) for name in masks}):
            outputs: torch.Tensor = self.module(inputs)
            return outputs

    def slopes(
        self, inputs: torch.Tensor, name: str, probes: torch.Generator, count: int
    ) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
        """Return outputs, what a map reads, and slopes of outputs in what it gives, `count` times.

        They are summed over outputs with random signs: their squares are, on average over the
        signs, the sums of the squares of all outputs.
        """
        seen: dict[str, torch.Tensor] = {}

        def keep(linear: torch.nn.Module, given: Any, value: torch.Tensor) -> torch.Tensor:
            seen["read"], seen["sums"] = given[0], value.detach().requires_grad_()
            return seen["sums"]

        with torch.enable_grad(), self._hooked({name: keep}):
            outputs = self.module(inputs)
        found: list[torch.Tensor] = []
        for left in reversed(range(count)):
            signs = 2.0 * torch.randint(0, 2, outputs.shape, generator=probes) - 1
            found += torch.autograd.grad(outputs, seen["sums"], signs, retain_graph=left > 0)
        return outputs.detach(), seen["read"].detach(), found

    @contextmanager
    def _hooked(self, hooks: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
        handles = [self.linears[name].register_forward_hook(hook) for name, hook in hooks.items()]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def unfaithful(self, components: Mapping[str, Components]) -> torch.Tensor:
        """Return the mean squared difference between weights and sums of components."""
        squares = [
            (linear.weight.detach() - components[name].weights()).square().sum()
            for name, linear in self.linears.items()
        ]
        size = sum(linear.weight.numel() for linear in self.linears.values())
        return torch.stack(squares).sum() / size


def _linear(module: torch.nn.Module, name: str) -> torch.nn.Linear:
    found = module.get_submodule(name)
    assert isinstance(found, torch.nn.Linear)
    return found
