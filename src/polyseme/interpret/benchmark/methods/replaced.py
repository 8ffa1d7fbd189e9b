"""A network run with the numbers of one site replaced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork


def at_site(
    network: HookedNetwork,
    vectors: torch.Tensor,
    site: str,
    *,
    replaced: str | None = None,
    numbers: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the numbers at a site, (samples, width); gradients flow from the replacement.

    Args:
        network: The network.
        vectors: Its inputs, (samples, dimensions).
        site: The site that is looked at.
        replaced: The site at which `numbers` stand for those that the network computes.
        numbers: What stands there, (samples, width of that site).
    """
    with _replacing(network, replaced, numbers):
        _, cache = network.run_with_cache(vectors, site)
    return cache[site]


@contextmanager
def _replacing(
    network: HookedNetwork, replaced: str | None, numbers: torch.Tensor | None
) -> Iterator[None]:
    if replaced is None:
        yield
        return

    def hook(module: Any, given: Any, value: Any) -> Any:
        return numbers

    handle = network.get_submodule(replaced).register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
