"""Inputs of a kind as a matrix, for running a network and for anything that reads its activations.

They are the inputs on which `verify` tries the network with the same kind, number and seed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from polyseme.circuits.evaluate import active_matrix
from polyseme.common.arguments import instance, whole_number
from polyseme.common.random_streams import Stream, stream
from polyseme.errors import CapacityError
from polyseme.networks.network import Network
from polyseme.verification.inputs import fill
from polyseme.verification.sampling import circuit_of, draw_fresh, promise_asked

_MOST_BYTES = 2**32


def sample(
    network: Network, inputs: str, samples: int, active: int | None, seed: int, sparse: bool
) -> Any:
    """Return Booleans (samples, features), in sparse rows if asked for.

    Raises OptionError for an argument out of range and where the key is missing, and CapacityError
    where a dense matrix would exceed 4 GiB.
    """
    instance("sparse", sparse, bool, "True or False")
    features, promise = len(network.encoder.features), promise_asked(network, active)
    if not sparse and whole_number("samples", samples, 1) * features > _MOST_BYTES:
        raise CapacityError(
            f"{samples:,} samples of {features:,} features take more than 4 GiB; give sparse=True"
        )
    if network.key is None and inputs == "uniform":
        generator = stream(whole_number("seed", seed, 0), Stream.VERIFICATION)
        nothing = np.empty((whole_number("samples", samples, 1), 0), np.int32)
        rows = fill(nothing, features, promise, generator)
    else:
        rows = draw_fresh(network, circuit_of(network), inputs, promise, samples, seed)
    matrix = active_matrix(rows, features).astype(bool)
    return matrix if sparse else matrix.toarray()
