"""The numbers at a site as the trainers of other packages take them: batches of tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyseme.common.extras import import_torch
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.methods.streaming import Numbers
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork


@dataclass(frozen=True, eq=False)
class Activations:
    """Batches of the numbers at a site, float32 (samples, width), as many as the budget has.

    `iter` of it is the `data_provider` of sae-lens, and it is the `dataloader` of overcomplete;
    each time that it is gone through it yields the same.

    Attributes:
        network: The network.
        sampler: Where its inputs come from.
        budget: The size and number of batches.
        site: The site.
    """

    network: HookedNetwork
    sampler: Sampler
    budget: Budget
    site: str

    def __iter__(self) -> Iterator[torch.Tensor]:
        """Yield the batches."""
        torch = import_torch("bench")
        for batch in Numbers(self.network, self.sampler, self.budget, self.site).batches():
            yield torch.from_numpy(batch)

    def __len__(self) -> int:
        """Return the number of batches."""
        return self.budget.steps
