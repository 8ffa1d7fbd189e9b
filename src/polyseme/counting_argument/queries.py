"""Find the gates of a network by running it: the features that switch each output on.

For a **permutation**, every feature is switched on alone. The gate of an output is the one feature
that switches the output on.

For **pairwise ANDs** over m features there are m(m-1)/2 pairs, too many to try them all. So the
receiver also looks at readings (the sums that outputs compare with their thresholds):

1. Every feature is switched on beside each of `COMPANIONS` fixed features. An input of a gate half
   satisfies the gate, so the features with the largest mean readings are the output's shortlist.
   If the readings of two features add up, which is tried on `TRIED_SUMS` pairs, companions tell
   nothing more, and every feature is switched on alone.
2. The two inputs of a gate read alike: beside any third feature both give the gate's output the
   same reading, up to rounding. Noise as large as an input does not read alike. So pairs of the
   shortlist are ordered by the largest distance of their readings beside any companion. The two
   companions with the largest distances are left out, because these may be the inputs themselves.
   The pairs are switched on in this order until the output is on. That pair is taken to be the
   gate.
   If readings add up, all outputs read their inputs at one level: about the median, over all
   outputs, of the mean of the two largest readings. Then the features closest to that level are
   kept, and of these the features whose readings the codes that both sides know do not explain by
   other gates (`interference.py`). Pairs are ordered by the same measure. `KEPT` is the number of
   features kept in each round.
3. A network with one neuron per gate gives half a gate no reading. Outputs whose gates are still
   unknown are found by switching on all pairs, if there are at most `MAX_PAIRS`.

So at most two features are ever on at once, and only readings, outputs and the two codes are used.
Errors of the network can mislead the search; then the gates found are not the circuit's.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.common.progress import Note, phase, silent
from polyseme.counting_argument.interference import explaining_strengths
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.sampling import batch_size, batches

COMPANIONS = 16
SHORTLIST = 16
MAX_PAIRS = 1_000_000
TRIED_SUMS = 64
KEPT = (6, 4, 3)
# Number of readings held at once: those of all outputs, for some features beside all companions.
_BLOCK_READINGS = 40_000_000


def find_gates(network: Network, inputs: int, note: Note = silent) -> tuple[NDArray[np.int32], int]:
    """Return the gates of a network, int32 (outputs, inputs), and the number of inputs tried.

    `inputs` is 1 or 2. The gate is -1 for an output that no input tried switched on, or that
    several single features (or several of all pairs) switched on.
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
    """A network that is only ever run, with the number of inputs that it was run on."""

    def __init__(self, network: Network, note: Note):
        self.network = network
        self.note = note
        self.queries = 0
        self.features = len(network.encoder.features)
        self.outputs = len(network.readout.outputs)
        self.thresholds = network.readout.thresholds[:, None]
        self._runner = LayerRunner(network)

    @cached_property
    def resting(self) -> NDArray[np.float32]:
        """Readings with no feature on, (outputs, 1)."""
        return self.all_readings(np.full((1, 1), -1, np.int32))

    def all_readings(self, active: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return readings (outputs, samples) for lists of active features."""
        return np.concatenate([batch for _, batch in self.readings(active)], axis=1)

    def readings(self, active: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield readings (outputs, samples) for lists of active features, batch by batch."""
        for begin, batch in batches(active, batch_size(self._runner.network)):
            self.queries += len(batch)
            yield begin, self._runner.readings(self._runner.activations(batch)[-1])


def _only_ones(
    asking: _Asking, tried: NDArray[np.int32], outputs: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Return the one input of `tried` that switches each output on; -1 for none or several."""
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
    """Return for each output the first pair of its shortlist that switches it on: steps 1 and 2."""
    sums = _add_up(asking)
    likely, readings = _shortlists(asking, 0 if sums else min(COMPANIONS, asking.features))
    likely, doubt = _by_level(asking, likely, readings) if sums else (likely, _apart(readings))
    order = np.argsort(doubt, axis=1, kind="stable")
    first, second = np.triu_indices(likely.shape[1], 1)
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


def _add_up(asking: _Asking) -> bool:
    """Return True if the readings of two features add up, on the pairs tried."""
    tried = min(TRIED_SUMS, asking.features // 2)
    pairs = np.arange(2 * tried, dtype=np.int32).reshape(tried, 2)
    one, other = (asking.all_readings(pairs[:, [place]]) for place in (0, 1))
    return np.array_equal(asking.all_readings(pairs) + asking.resting, one + other)


def _apart(readings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance of the readings of each pair of a shortlist beside companions, (outputs, pairs).

    The distance is the largest but two over all companions.
    """
    first, second = np.triu_indices(readings.shape[1], 1)
    apart = np.sort(np.abs(readings[:, first] - readings[:, second]), axis=2)
    return apart[:, :, max(0, apart.shape[2] - 3)]


def _by_level(
    asking: _Asking, likely: NDArray[np.int32], readings: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the features that are most likely inputs, and the doubt that each pair is the gate.

    The shapes are (outputs, kept) and (outputs, pairs). The readings of the shortlists add up.
    """
    above = readings[:, :, 0] - asking.resting
    level = float(np.median(np.sort(above, axis=1)[:, -2:].mean(axis=1)))
    shares = above / np.float32(level or 1)
    likelihood = 1 - np.abs(shares - 1)
    for size in KEPT if level else ():
        kept = _largest(likelihood, size)
        likely = np.take_along_axis(likely, kept, axis=1)
        shares = np.take_along_axis(shares, kept, axis=1)
        # The fewer features are explained together, the more surely inputs and noise differ.
        strengths = explaining_strengths(asking.network, likely, shares)
        # A strength that noise gives is about as small as an input's distance from its level.
        likelihood = strengths * np.abs(strengths) - (shares - 1) ** 2
    first, second = np.triu_indices(likely.shape[1], 1)
    return likely, -np.minimum(likelihood[:, first], likelihood[:, second])


def _shortlists(asking: _Asking, companions: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return for each output its likeliest features, and their readings beside each companion.

    The shapes are int32 (outputs, SHORTLIST), fewer if there are fewer features, and float32
    (outputs, SHORTLIST, companions). Without companions, there is one reading of each feature
    alone.
    """
    besides = max(1, companions)
    size = min(SHORTLIST, asking.features)
    likely = np.empty((asking.outputs, 0), np.int32)
    beside = np.empty((asking.outputs, 0, besides), np.float32)
    step = max(1, _BLOCK_READINGS // (asking.outputs * besides))
    with phase("features") as count:
        for begin in range(0, asking.features, step):
            count(begin, asking.features)
            fresh = np.arange(begin, min(begin + step, asking.features), dtype=np.int32)
            if 4 * begin // asking.features != 4 * (begin - step) // asking.features:
                asking.note(f"feature {begin:,} of {asking.features:,}, {besides} times each")
            readings = _beside_companions(asking, fresh, companions)
            best = _largest(readings.mean(axis=2), size)
            likely = np.concatenate((likely, fresh[best]), axis=1)
            best_beside = np.take_along_axis(readings, best[:, :, None], axis=1)
            beside = np.concatenate((beside, best_beside), axis=1)
            kept = _largest(beside.mean(axis=2), size)
            likely = np.take_along_axis(likely, kept, axis=1)
            beside = np.take_along_axis(beside, kept[:, :, None], axis=1)
    return likely, beside


def _largest(values: NDArray[np.float32], size: int) -> NDArray[np.int64]:
    """Return the places of the `size` largest values of each row, (rows, size or fewer)."""
    if values.shape[1] <= size:
        return np.broadcast_to(np.arange(values.shape[1]), values.shape)
    return np.argpartition(-values, size - 1, axis=1)[:, :size]


def _beside_companions(
    asking: _Asking, features: NDArray[np.int32], companions: int
) -> NDArray[np.float32]:
    """Return readings with each feature beside each companion, (outputs, features, companions).

    The companions are the first features. A feature is alone when it is its own companion, and when
    there are no companions.
    """
    beside = np.arange(companions, dtype=np.int32) if companions else np.array([-1], np.int32)
    companion = np.tile(beside, len(features))
    feature = np.repeat(features, len(beside))
    active = np.stack((feature, np.where(companion == feature, -1, companion)), axis=1)
    readings = np.empty((asking.outputs, len(active)), np.float32)
    for begin, batch in asking.readings(active):
        readings[:, begin : begin + batch.shape[1]] = batch
    return readings.reshape(asking.outputs, len(features), len(beside))


def _switches_on(
    asking: _Asking, tried: NDArray[np.int32], asked: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return True for each input that switches on the output it asks about, (inputs,)."""
    answers = np.empty(len(tried), bool)
    for begin, readings in asking.readings(tried):
        output = asked[begin : begin + readings.shape[1]]
        own = readings[output, np.arange(len(output))]
        answers[begin : begin + len(output)] = own >= asking.thresholds[output, 0]
    return answers
