"""The extreme readings of one hidden layer in every case of its outputs, each with an input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.common.parallel import in_order
from polyseme.common.progress import Progress
from polyseme.proving.branch_and_bound.relus import OfOutput, Relus
from polyseme.proving.branch_and_bound.search import Found, search, search_for
from polyseme.proving.branch_and_bound.walk import Search
from polyseme.proving.cases import Cases

# Below every value, and so far from the ends of int64 that products with few features fit.
LEAST = -(2**56)
# Scores computed in one case, at most; then nothing is said of its output.
MOST_SCORES = 400_000_000
# Cases in one piece of work.
_CASES = 64


@dataclass(frozen=True, eq=False)
class CaseReadings:
    """The extreme reading of each case, int64 (cases,), and an input that has it.

    `inputs` int32 (cases, active) are features on, -1 pads. `found` bool (cases,) is False where no
    input of the case has few enough features on, or none beats what was to be beaten. `complete`
    bool (cases,) is False where the search was given up.
    """

    value: NDArray[np.int64]
    inputs: NDArray[np.int32]
    found: NDArray[np.bool_]
    complete: NDArray[np.bool_]


def extreme_readings(
    relus: Relus,
    cases: Cases,
    active: int,
    largest: NDArray[np.bool_],
    beat: NDArray[np.int64] | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[slice, CaseReadings]]:
    """Yield the extreme readings of runs of cases, in order.

    Args:
        relus: the ReLUs that the outputs read.
        cases: the cases.
        active: the most features on.
        largest: bool (cases,), True where the largest reading is asked for, else the least.
        beat: int64 (cases,); only readings beyond it are found. By default those are found that are
            beyond the readings of the output's cases before, so that the extremes of outputs are.
        progress: told the number of cases done.
    """

    readers = np.diff(relus.offsets)[cases.output]
    run = search_for(int(readers.sum()) * relus.reads.shape[1])

    def piece(some: slice) -> tuple[slice, CaseReadings]:
        count = some.stop - some.start
        value, inputs = np.zeros(count, np.int64), np.full((count, active), -1, np.int32)
        found, complete = np.zeros(count, bool), np.ones(count, bool)
        last, read = -1, None
        best = {True: LEAST, False: LEAST}
        for place in range(count):
            case = some.start + place
            output = int(cases.output[case])
            if read is None or output != last:
                last, read = output, relus.of_output(output)
                best = {True: LEAST, False: LEAST}
            on, off = cases.fixed(case)
            if len(on) > active:
                continue
            upwards = bool(largest[case])
            sign = 1 if upwards else -1
            least = best[upwards] if beat is None else sign * int(beat[case])
            reached = _in_case(run, read, on, off, active - len(on), sign, least)
            best[upwards] = reached.value
            complete[place] = reached.complete
            found[place] = reached.value > least
            value[place] = sign * reached.value
            features = np.sort(np.concatenate((on, reached.features)))
            inputs[place, : len(features)] = features
        return some, CaseReadings(value, inputs, found, complete)

    pieces = [
        slice(begin, min(begin + _CASES, len(cases))) for begin in range(0, len(cases), _CASES)
    ]
    for some, readings in in_order(piece, pieces):
        yield some, readings
        if progress:
            progress(some.stop, len(cases))


def _in_case(
    run: Search,
    read: OfOutput,
    on: NDArray[np.int64],
    off: NDArray[np.int64],
    free: int,
    sign: int,
    beat: int,
) -> Found:
    sums = read.bias + read.reads[:, on].sum(axis=1, dtype=np.int64)
    barred = np.concatenate((on, off))
    return search(
        run, read.reads, read.lowest, sums, sign * read.weight, barred, free, beat, MOST_SCORES
    )
