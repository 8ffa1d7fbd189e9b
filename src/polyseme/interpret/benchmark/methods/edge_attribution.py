"""Edge attribution with integrated gradients: effects estimated from gradients on the way."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.attribution import EXAMPLES, Effects, claims_of_effects
from polyseme.interpret.benchmark.methods.replaced import at_site
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.networks import sites

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork

# Points on the way from the corrupt to the clean input: the middles of as many equal parts.
STEPS = 5


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return readings and edges by integrated gradients between inputs that differ in one feature.

    The effect of what is patched is estimated by the mean, over five points between the corrupt and
    the clean input, of the derivative along their difference.
    """
    return claims_of_effects(network, sampler, budget, Effects(_change, of_units))


def _change(
    network: HookedNetwork,
    vectors: torch.Tensor,
    replaced: str,
    clean: torch.Tensor,
    corrupt: torch.Tensor,
    site: str,
) -> tuple[torch.Tensor, torch.Tensor]:
    library = import_torch("bench")

    def run(numbers: torch.Tensor) -> torch.Tensor:
        return at_site(network, vectors, site, replaced=replaced, numbers=numbers)

    difference = clean - corrupt
    total: Any = 0
    with library.no_grad(), warnings.catch_warnings():
        # The first of torch's own derivatives to be forward ones loads what it calls deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        for point in _points():
            between = corrupt + point * difference
            total = total + library.func.jvp(run, (between,), (difference,))[1]
        return run(clean), total / STEPS


def of_units(
    network: HookedNetwork,
    vectors: torch.Tensor,
    site: str,
    clean: torch.Tensor,
    corrupt: torch.Tensor,
    outputs: NDArray[np.int64],
) -> torch.Tensor:
    """Return the integrated gradients of one output per sample at a site, (samples, units).

    Args:
        network: The network.
        vectors: Its inputs, (samples, dimensions).
        site: The site whose numbers the output is a function of.
        clean: The numbers there at the end of the way, (samples, units).
        corrupt: Those at its beginning.
        outputs: The output of each sample, int64 (samples,).
    """
    library = import_torch("bench")
    total = library.zeros_like(clean)
    chosen = library.from_numpy(outputs)[:, None]
    for point in _points():
        between = (corrupt + point * (clean - corrupt)).requires_grad_()
        result = at_site(network, vectors, sites.READOUT, replaced=site, numbers=between)
        (gradient,) = library.autograd.grad(result.gather(1, chosen).sum(), between)
        total += gradient
    change: torch.Tensor = (clean - corrupt) * total / STEPS
    return change


def _points() -> list[float]:
    return [(step + 0.5) / STEPS for step in range(STEPS)]


METHOD = Method(
    "edge-attribution",
    fit,
    family="attribution",
    told="features",
    source="Hanna, Pezzelle and Belinkov, Have faith in faithfulness, 2024",
    settings={"steps": STEPS, "examples per output": EXAMPLES},
)
