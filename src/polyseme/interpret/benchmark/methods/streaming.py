"""The numbers at a site as methods read them: drawn batch by batch, never held all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.interpret.benchmark.activations import activations
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork


@dataclass(frozen=True, eq=False)
class Numbers:
    """The numbers at one site, for as many batches as the budget has.

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

    def batches(self, most: int | None = None) -> Iterator[NDArray[np.float32]]:
        """Yield the numbers of one batch after another, float32 (samples, width).

        Args:
            most: Samples after which it stops; None for the whole budget.
        """
        count = self.budget.steps
        if most is not None:
            count = min(count, -(-most // self.budget.batch))
        size = self.budget.batch
        for found in activations(self.network, self.sampler, self.site, batch=size, count=count):
            yield found[self.site].numpy()

    def gathered(self, most: int) -> NDArray[np.float32]:
        """Return the numbers of about `most` samples at once, or of all if there are fewer."""
        return np.concatenate(list(self.batches(most)))

    def moved(self, most: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return where the site rests, and up to `most` samples that are not at rest, less that.

        A layer of gates is at rest for most inputs, and such samples say nothing of directions.
        The rest is the median of the first batch, float32 (width,); the samples are float32
        (samples, width), a single one of zeros if the site never moves.
        """
        rest = np.median(next(self.batches(1)), axis=0).astype(np.float32)
        kept = []
        for batch in self.batches():
            apart = batch - rest
            kept.append(apart[(np.abs(apart) > 1e-6).any(axis=1)])
            most -= len(kept[-1])
            if most <= 0:
                kept[-1] = kept[-1][: len(kept[-1]) + most]
                break
        found = np.concatenate(kept)
        return rest, found if len(found) else np.zeros((1, len(rest)), np.float32)


def at_sites(
    network: HookedNetwork,
    sampler: Sampler,
    budget: Budget,
    sites: tuple[str, ...],
    batch: int,
) -> list[NDArray[np.float32]]:
    """Return the numbers at some sites for one batch of inputs, each float32 (samples, width)."""
    torch = import_torch("bench")
    with torch.no_grad():
        _, cache = network.run_with_cache(sampler.draw(budget.batch, batch), sites)
    return [np.asarray(cache[site].numpy(), np.float32) for site in sites]


def sites_of(network: HookedNetwork, budget: Budget) -> tuple[str, ...]:
    """Return the sites at which readings are asked for, in the order of computing."""
    return tuple(site for site in network.sites if site in budget.readings)
