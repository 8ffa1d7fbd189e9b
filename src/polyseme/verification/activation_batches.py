"""Activations in batches, drawn as they are read, which dictionaries and probes train on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.evaluate import active_matrix
from polyseme.common.arguments import text, whole_number
from polyseme.common.extras import import_torch
from polyseme.common.random_streams import Stream, stream
from polyseme.networks import sites
from polyseme.networks.asking import activations_at
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.drawing import Draw, drawing
from polyseme.verification.inputs import fill
from polyseme.verification.sampling import circuit_of, promise_asked

if TYPE_CHECKING:
    import torch

# Inputs of a draw, and numbers of the widest layer that are held at a time.
_DRAWN, _AT_ONCE = 4096, 8_000_000


def activation_batches(
    network: Network,
    site: str | int,
    samples: int | None,
    batch: int,
    inputs: str,
    active: int | None,
    seed: int,
) -> Iterator[torch.Tensor]:
    """Return an iterator over tensors (batch, width) of the numbers at a site.

    Raises MissingExtraError without torch, and OptionError for an argument out of range or where
    the key is missing, both before the first is drawn.
    """
    library = import_torch("activation_batches")
    name = sites.site_of(site, len(network.layers))
    samples = None if samples is None else whole_number("samples", samples, 1)
    batch = whole_number("batch", batch, 1)
    seed = whole_number("seed", seed, 0)
    draw = _draw_of(network, text("inputs", inputs), promise_asked(network, active))
    # A kind or a number that the circuit does not have is refused now.
    draw(1, stream(seed, Stream.ACTIVATIONS))
    pieces = _pieces(network, name, draw, seed)
    return (library.from_numpy(one) for one in _cut(pieces, batch, samples))


def _draw_of(network: Network, inputs: str, active: int) -> Draw:
    if network.key is not None or inputs != "uniform":
        return drawing(network, circuit_of(network), inputs, active)
    features = len(network.encoder.features)
    return lambda samples, generator: fill(
        np.empty((samples, 0), np.int32), features, active, generator
    )


def _pieces(network: Network, site: str, draw: Draw, seed: int) -> Iterator[NDArray[np.float32]]:
    """Yield activations without end, in pieces that depend on nothing but the network."""
    runner, features = LayerRunner(network), len(network.encoder.features)
    widest = max(network.encoder.dimensions, len(network.readout.outputs), network.state)
    size = int(np.clip(_AT_ONCE // widest, 16, _DRAWN))
    number = 0
    while True:
        rows = draw(_DRAWN, stream(seed, Stream.ACTIVATIONS, number))
        number += 1
        for begin in range(0, len(rows), size):
            on = active_matrix(rows[begin : begin + size], features)
            yield activations_at(runner, on.astype(np.float32), site)


def _cut(
    pieces: Iterator[NDArray[np.float32]], batch: int, samples: int | None
) -> Iterator[NDArray[np.float32]]:
    """Yield arrays of `batch` rows out of an endless row of pieces; `samples` rows in all."""
    waiting = next(pieces)
    while samples is None or samples > 0:
        missing = batch if samples is None else min(batch, samples)
        samples = None if samples is None else samples - missing
        parts = []
        while missing:
            waiting = waiting if len(waiting) else next(pieces)
            parts.append(waiting[:missing])
            waiting = waiting[missing:]
            missing -= len(parts[-1])
        # These are copies, so who writes into a batch changes no other.
        yield np.concatenate(parts)
