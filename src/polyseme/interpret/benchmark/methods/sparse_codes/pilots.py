"""The target L0, chosen by short descents. Importing this file needs torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from polyseme.interpret.benchmark.methods.sparse_codes.counted import TopK
from polyseme.interpret.benchmark.methods.sparse_codes.descent import Descent, Sizes
from polyseme.interpret.benchmark.methods.sparse_codes.settings import (
    FASTER,
    SHARE,
    TRIED,
    rate_for,
)


def target_l0(
    latents: int,
    steps: int,
    values: Callable[[int], Iterator[torch.Tensor]],
    generator: Callable[[], np.random.Generator],
) -> int:
    """Return the count at the knee of what pilots miss.

    The knee is the count farthest below the straight line from the first to the last.
    Source: Satopaa et al. 2011, *Finding a "kneedle" in a haystack*.

    Args:
        latents: The number of latents.
        steps: Steps of the descent that the count is for.
        values: So many batches of the values to be coded.
        generator: Fresh random numbers, the same each time.
    """
    counts = np.array([count for count in TRIED if count <= max(1, latents // 2)])
    short = max(1, int(SHARE * steps))
    sizes = [Sizes(latents, int(count), short, FASTER * rate_for(latents)) for count in counts]
    missed = np.array([_missed(one, values, generator) for one in sizes])
    line = np.interp(counts, counts[[0, -1]], missed[[0, -1]])
    return int(counts[np.argmax(line - missed)])


def _missed(
    sizes: Sizes,
    values: Callable[[int], Iterator[torch.Tensor]],
    generator: Callable[[], np.random.Generator],
) -> float:
    descent = None
    for batch in values(sizes.steps):
        descent = descent or Descent(TopK(), sizes, batch, batch, generator())
        descent.step(batch, batch)
    assert descent is not None
    return float(descent.code().notes["loss"])
