"""Activations of a network for training, drawn and forgotten block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from polyseme.common.extras import import_torch
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork


def activations(
    network: HookedNetwork,
    sampler: Sampler,
    sites: str | Iterable[str],
    *,
    batch: int,
    count: int,
) -> Iterator[dict[str, torch.Tensor]]:
    """Yield the numbers at sites for inputs that are drawn afresh, one batch at a time.

    No more than `sampler.TOGETHER` batches are held, so the memory does not grow with `count`.

    Args:
        network: The network as a torch module.
        sampler: Its inputs.
        sites: The sites, one name or several.
        batch: Inputs of a batch.
        count: The number of batches.

    Yields:
        The numbers by site, float32 (batch, width of the site), without slopes.

    Raises:
        OptionError: A name is no site.
        MissingExtraError: torch is not installed.

    Example:
        >>> import polyseme as ps
        >>> from polyseme.interpret.benchmark.activations import activations
        >>> from polyseme.interpret.benchmark.subject import subject_of, uniform
        >>> network = ps.compile(ps.problems.layered(width=8, depth=2), active=3)
        >>> subject = subject_of("layered", network, uniform(features=8, active=3))
        >>> site = "layers.0.hook_post"
        >>> for found in activations(subject.module, subject.sampler(0), site, batch=4, count=2):
        ...     print(tuple(found[site].shape))
        (4, 8)
        (4, 8)
    """
    asked = (sites,) if isinstance(sites, str) else tuple(sites)
    library = import_torch("activations")
    for vectors in sampler.blocks(batch, count):
        with library.no_grad():
            _, found = network.run_with_cache(vectors, asked)
        for begin in range(0, len(vectors), batch):
            yield {site: found[site][begin : begin + batch] for site in asked}
