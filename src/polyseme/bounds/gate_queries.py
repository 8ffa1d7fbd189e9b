"""Finding the gates of a network by running it: which features switch each output on.

Of a **permutation**, every feature is switched on by itself; output j is the one feature that has
it on.

Of **pairwise ANDs** over m features there are m(m-1)/2 pairs, too many to try them all, so the
receiver looks at readings too (what an output adds up before its threshold):

1. Every feature is switched on beside each of `COMPANIONS` fixed features. An input of a gate half
   satisfies it, so the features with the largest mean readings are the output's shortlist.
2. The two inputs of a gate are alike to it: beside any third feature both give its output the same
   reading, up to rounding. Noise that is as large is not alike. So pairs of the shortlist are
   ordered by how far their readings lie apart beside any companion (but for the two companions
   where they lie farthest, because those may be the inputs themselves), and switched on in that
   order until the output is on. That pair is taken to be the gate.
3. A network with a neuron for every gate gives half a gate no reading. Outputs not found so far are
   found by switching on all pairs, if there are at most `MAX_PAIRS`.

So at most two features are ever on at once, and nothing is used but readings and outputs. Errors of
the network can mislead this; then the gates found are not the circuit's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verify.sampling import batch_size, batches

COMPANIONS = 16
SHORTLIST = 16
MAX_PAIRS = 1_000_000
# So many readings are held at once: of all outputs, for some features beside all companions.
_BLOCK_READINGS = 40_000_000

Note = Callable[[str], None]


def find_gates(
    network: Network, inputs: int, note: Note = lambda line: None
) -> tuple[NDArray[np.int32], int]:
    """The gates of a network, int32 (outputs, inputs), and how many inputs were tried.

    `inputs` is 1 or 2. An output that nothing tried switched on, or that several single features
    did (several of all pairs), has gate -1.
    """
    asking = _Asking(network, note)
    if inputs == 1:
        singles = np.arange(asking.features, dtype=np.int32)[:, None]
        return _only_ones(asking, singles, np.arange(asking.outputs)), asking.queries
    found = _from_shortlists(asking)
    unknown = np.flatnonzero(found[:, 0] < 0)
    if len(unknown) and asking.features * (asking.features - 1) // 2 <= MAX_PAIRS:
        first, second = np.triu_indices(asking.features, 1)
        pairs = np.stack((first, second), axis=1).astype(np.int32)
        found[unknown] = _only_ones(asking, pairs, unknown)
    return found, asking.queries


class _Asking:
    """A network that is only ever run, and how often it was."""

    def __init__(self, network: Network, note: Note):
        self.note = note
        self.queries = 0
        self.features = len(network.encoder.features)
        self.outputs = len(network.readout.outputs)
        self.thresholds = network.readout.thresholds[:, None]
        self._runner = LayerRunner(network)

    def readings(self, active: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Readings (outputs, samples) for lists of active features, batch by batch."""
        for begin, batch in batches(active, batch_size(self._runner.network)):
            self.queries += len(batch)
            yield begin, self._runner.readings(self._runner.activations(batch)[-1])


def _only_ones(
    asking: _Asking, tried: NDArray[np.int32], outputs: NDArray[np.int64]
) -> NDArray[np.int32]:
    """The one input of `tried` that switches each of the outputs on; -1 where there is not one."""
    asking.note(f"switching on {len(tried):,} inputs, one at a time")
    times = np.zeros(len(outputs), np.int64)
    found = np.full((len(outputs), tried.shape[1]), -1, np.int32)
    for begin, readings in asking.readings(tried):
        output, sample = np.nonzero((readings >= asking.thresholds)[outputs])
        times += np.bincount(output, minlength=len(times))
        found[output] = tried[begin + sample]
    found[times != 1] = -1
    return found


def _from_shortlists(asking: _Asking) -> NDArray[np.int32]:
    """Steps 1 and 2: for each output the first pair of its shortlist that switches it on."""
    likely, beside = _shortlists(asking)
    first, second = np.triu_indices(likely.shape[1], 1)
    apart = np.sort(np.abs(beside[:, first] - beside[:, second]), axis=2)
    apart = apart[:, :, max(0, apart.shape[2] - 3)]
    order = np.argsort(apart, axis=1, kind="stable")
    found = np.full((asking.outputs, 2), -1, np.int32)
    unknown = np.arange(asking.outputs)
    asking.note(f"switching on the likeliest pairs of {len(unknown):,} outputs, one at a time")
    for place in range(order.shape[1]):
        choice = order[unknown, place]
        pairs = np.stack((likely[unknown, first[choice]], likely[unknown, second[choice]]), axis=1)
        pairs.sort(axis=1)
        on = _switches_on(asking, pairs, unknown)
        found[unknown[on]] = pairs[on]
        unknown = unknown[~on]
    return found


def _shortlists(asking: _Asking) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """For each output its likeliest features, and its readings with them beside each companion.

    int32 (outputs, SHORTLIST) and float32 (outputs, SHORTLIST, COMPANIONS), fewer where there are
    fewer features.
    """
    companions = min(COMPANIONS, asking.features)
    size = min(SHORTLIST, asking.features)
    likely = np.empty((asking.outputs, 0), np.int32)
    beside = np.empty((asking.outputs, 0, companions), np.float32)
    step = max(1, _BLOCK_READINGS // (asking.outputs * companions))
    for begin in range(0, asking.features, step):
        fresh = np.arange(begin, min(begin + step, asking.features), dtype=np.int32)
        if 4 * begin // asking.features != 4 * (begin - step) // asking.features:
            asking.note(f"feature {begin:,} of {asking.features:,} beside {companions} companions")
        readings = _beside_companions(asking, fresh, companions)
        best = _largest(readings.mean(axis=2), size)
        likely = np.concatenate((likely, fresh[best]), axis=1)
        beside = np.concatenate((beside, np.take_along_axis(readings, best[:, :, None], 1)), axis=1)
        kept = _largest(beside.mean(axis=2), size)
        likely = np.take_along_axis(likely, kept, axis=1)
        beside = np.take_along_axis(beside, kept[:, :, None], axis=1)
    return likely, beside


def _largest(values: NDArray[np.float32], size: int) -> NDArray[np.int64]:
    """Places of the `size` largest values of each row, (rows, size or fewer)."""
    if values.shape[1] <= size:
        return np.broadcast_to(np.arange(values.shape[1]), values.shape)
    return np.argpartition(-values, size - 1, axis=1)[:, :size]


def _beside_companions(
    asking: _Asking, features: NDArray[np.int32], companions: int
) -> NDArray[np.float32]:
    """Readings with each feature beside each companion, (outputs, features, companions).

    The companions are the first features there are; beside itself a feature is alone.
    """
    companion = np.tile(np.arange(companions, dtype=np.int32), len(features))
    feature = np.repeat(features, companions)
    active = np.stack((feature, np.where(companion == feature, -1, companion)), axis=1)
    readings = np.empty((asking.outputs, len(active)), np.float32)
    for begin, batch in asking.readings(active):
        readings[:, begin : begin + batch.shape[1]] = batch
    return readings.reshape(asking.outputs, len(features), companions)


def _switches_on(
    asking: _Asking, tried: NDArray[np.int32], asked: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether each input switches on the output it asks about, (inputs,)."""
    answers = np.empty(len(tried), bool)
    for begin, readings in asking.readings(tried):
        output = asked[begin : begin + readings.shape[1]]
        own = readings[output, np.arange(len(output))]
        answers[begin : begin + len(output)] = own >= asking.thresholds[output, 0]
    return answers
