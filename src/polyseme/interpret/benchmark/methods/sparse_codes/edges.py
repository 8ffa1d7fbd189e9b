"""Edges between latents: mean slope times activation, or products of what is written and read.

Importing this file needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from polyseme.interpret.benchmark.claims import Edges
from polyseme.interpret.benchmark.methods.sparse_codes.descent import Code

# Edges claimed of a latent at the most, and the least share of its strongest.
_MOST = 16
_LEAST = 0.02
# Slopes that are taken at once.
_AT_ONCE = 4096

Layer = Callable[[torch.Tensor], torch.Tensor]


def jacobian_edges(
    site: str, below: str, codes: tuple[Code, Code], layer: Layer, batches: Iterable[torch.Tensor]
) -> Edges:
    """Return edges by mean slope times activation of the latents below.

    The slope of latent j in latent i goes from the decoder of i through the layer to the encoder
    of j. The mean is over the inputs on which j is on.

    Args:
        site: The site of the outputs.
        below: The site of the inputs.
        codes: The codes of outputs and of inputs.
        layer: The layer between the sites.
        batches: Values at `below`, (samples, width).
    """
    above, under = codes
    total = torch.zeros(above.sizes.latents, under.sizes.latents)
    times = torch.zeros(above.sizes.latents)
    for values in batches:
        with torch.no_grad():
            on = above.activity(layer(values)) > 0
        times += on.sum(dim=0)
        activity = under.activity(values)
        samples, latents = on.nonzero(as_tuple=True)
        for begin in range(0, len(samples), _AT_ONCE):
            rows, which = samples[begin:][:_AT_ONCE], latents[begin:][:_AT_ONCE]
            read = values[rows].requires_grad_()
            sums = (layer(read) * above.gates.T[which]).sum()
            (slopes,) = torch.autograd.grad(sums, read)
            total.index_add_(0, which, (slopes @ under.directions.T) * activity[rows])
    return strongest(site, below, (total / times.clamp(min=1)[:, None]).numpy())


def product_edges(site: str, below: str, above: Code, written: torch.Tensor) -> Edges:
    """Return edges that no input changes: what is written below times what a latent reads.

    Args:
        site: The site of the outputs.
        below: The site of the inputs.
        above: The code whose latents read.
        written: What the latents below write where it reads, (latents below, width).
    """
    return strongest(site, below, (written @ above.gates).T.numpy())


def strongest(site: str, below: str, strength: NDArray[np.float32]) -> Edges:
    """Return the strongest edges of every output; confidence is the share of its strongest.

    Args:
        site: The site of the outputs.
        below: The site of the inputs.
        strength: How strong each edge is, of either sign, (outputs, inputs).
    """
    size = abs(np.nan_to_num(strength))
    share = size / np.maximum(size.max(axis=1, keepdims=True, initial=0), 1e-12)
    kept = np.argsort(-share, axis=1, kind="stable")[:, :_MOST]
    output = np.repeat(np.arange(len(share)), kept.shape[1])
    found = share[output, kept.ravel()]
    claimed = found > _LEAST
    return Edges(
        site,
        below,
        output[claimed].astype(np.int64),
        kept.ravel()[claimed].astype(np.int64),
        found[claimed].astype(np.float32),
    )
