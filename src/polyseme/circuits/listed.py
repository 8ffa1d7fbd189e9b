"""Lists of the features that are on in samples, checked once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import OptionError


@dataclass(frozen=True, eq=False)
class FeaturesOn:
    """The features that are on in so many samples: feature[i] in sample[i], sample by sample.

    Shapes: `sample` int64 (on,), rising, and `feature` int32 (on,). A feature may be listed twice.
    """

    samples: int
    sample: NDArray[np.int64]
    feature: NDArray[np.int32]

    def between(self, begin: int, end: int) -> FeaturesOn:
        """Return the samples from `begin` up to, not including, `end`, counted from 0 on."""
        first, last = np.searchsorted(self.sample, (begin, end)).tolist()
        return FeaturesOn(end - begin, self.sample[first:last] - begin, self.feature[first:last])


def features_on(active: NDArray[np.int32], features: int) -> FeaturesOn:
    """Return what lists of active features (samples, width), padded with -1, say.

    Raises OptionError when the lists hold anything but features and -1.
    """
    active = np.atleast_2d(np.asarray(active))
    if active.ndim != 2 or (active.size and active.dtype.kind not in "iu"):
        raise OptionError("active features must be whole numbers, (samples, width)")
    if active.size and (active.min() < -1 or active.max() >= features):
        raise OptionError(f"active features must lie in 0..{features - 1} (or be -1)")
    listed = active >= 0
    sample = np.repeat(np.arange(len(active)), listed.sum(axis=1))
    return FeaturesOn(len(active), sample, active[listed].astype(np.int32))
