"""Sign codes: every feature uses every neuron, each with a fair random sign."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import OptionError


def sign_code(features: int, neurons: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Draw rows of independent signs over sqrt(neurons), float32 (features, neurons).

    Rows have unit norm up to rounding; the inner product of two has mean 0 and variance exactly
    1/neurons, as for a Gaussian code, at one bit an entry (Achlioptas 2003). Raises OptionError if
    neurons < 1.
    """
    if neurons < 1:
        raise OptionError(f"a sign code needs at least 1 neuron, not {neurons}")
    entry = np.float32(1 / np.sqrt(neurons))
    positive = generator.integers(0, 2, (features, neurons), dtype=np.bool_)
    return np.where(positive, entry, -entry)
