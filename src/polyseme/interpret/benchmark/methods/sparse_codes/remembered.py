"""Results that several methods need of a network, found once in a process and remembered.

What is found is the same whoever asks first, so results do not depend on what was remembered.
Importing this file needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.networks.exporting.torch_modules import HookedNetwork

Found = TypeVar("Found")

_KNOWN: WeakKeyDictionary[HookedNetwork, dict[Hashable, Any]] = WeakKeyDictionary()


def remembered(
    network: HookedNetwork,
    sampler: Sampler,
    budget: Budget,
    site: str,
    find: Callable[[HookedNetwork, Sampler, Budget, str], Found],
) -> Found:
    """Return what a function finds at a site, from memory if it did so with the same inputs.

    Args:
        network: The network.
        sampler: Its inputs.
        budget: What may be spent.
        site: The site.
        find: The function, of these four.
    """
    inputs = sampler.draw_on, sampler.seed, budget.samples, budget.batch, budget.seed
    key = find, site, budget.readings[site], inputs
    known = _KNOWN.setdefault(network, {})
    if key not in known:
        known[key] = find(network, sampler, budget, site)
    found: Found = known[key]
    return found
