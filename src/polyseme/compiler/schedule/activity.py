"""Number of columns on at each stage for sparse inputs; they make the noise of the layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.evaluate import wires_on
from polyseme.common.ragged import places_in_rows, row_offsets
from polyseme.compiler.schedule.stages import Schedule
from polyseme.errors import OptionError

# Samples counted at once: this many, or fewer so that arrays of samples x stages, and of samples x
# wires on (taken to be one in 64), stay small.
_SAMPLES = 1024
_CELLS = 1 << 22


@dataclass(frozen=True, eq=False)
class Activity:
    """Number of columns on at each stage of a schedule, measured on `samples` inputs.

    Shapes, all (stages,): `columns` int64; `mean` float64, columns on; `high` int64, the smallest
    number that is not exceeded in 99.9 % of the inputs; `most` int64, the largest number. Columns
    that are no wire of the circuit (halves of XORs) are counted in `columns` but taken to be off.
    `gates` is the mean share of the circuit's gates that are on.
    """

    samples: int
    columns: NDArray[np.int64]
    mean: NDArray[np.float64]
    high: NDArray[np.int64]
    most: NDArray[np.int64]
    gates: float

    @property
    def share(self) -> NDArray[np.float64]:
        """Mean share of the columns that are on, (stages,); 0 where there are none."""
        return self.mean / np.maximum(self.columns, 1)


def measure_activity(schedule: Schedule, rows: NDArray[np.int32]) -> Activity:
    """Count the columns on when the features `rows` (samples, active), -1 for none, are on.

    The cost is that of `wires_on` and one step per stage and sample, for any number of columns.
    Raises OptionError if there are no samples, and as `wires_on` does.
    """
    rows = np.atleast_2d(np.asarray(rows))
    if not len(rows):
        raise OptionError("activity is measured on at least one sample")
    stages = len(schedule.stages)
    columns = np.array([len(stage) for stage in schedule.stages], np.int64)
    runs = _runs(schedule)
    # A stage with c columns has c + 1 bins, which count the samples with 0, 1, ... c columns on.
    offsets = row_offsets(columns + 1)
    starts = offsets[:-1]
    tally = np.zeros(offsets[-1], np.int64)
    gates_on = 0
    batch = min(max(_CELLS // max(stages, schedule.circuit.wires // 64), 1), _SAMPLES)
    for begin in range(0, len(rows), batch):
        on = wires_on(schedule.circuit, rows[begin : begin + batch])
        gates_on += int((on.indices >= len(schedule.circuit.features)).sum())
        np.add.at(tally, (starts + _counts(on, runs, stages)).ravel(), 1)
    number = places_in_rows(columns + 1)
    return Activity(
        samples=len(rows),
        columns=columns,
        mean=np.add.reduceat(number * tally, starts) / len(rows),
        high=_ranked(tally, starts, len(rows), len(rows) - len(rows) // 1000),
        most=_ranked(tally, starts, len(rows), len(rows)),
        gates=gates_on / (len(rows) * max(schedule.circuit.gates, 1)),
    )


def _runs(schedule: Schedule) -> NDArray[np.int64]:
    """Return first and stop, (2, wires): a wire is a column of the stages first <= stage < stop.

    A wire that is a column of none has 0 and 0.
    """
    runs = np.zeros((2, schedule.circuit.wires), np.int64)
    for number, stage in enumerate(schedule.stages):
        runs[1, stage.wires[stage.wires >= 0]] = number + 1
    for number in range(len(schedule.stages) - 1, -1, -1):
        wires = schedule.stages[number].wires
        runs[0, wires[wires >= 0]] = number
    return runs


def _counts(on: sp.csr_array, runs: NDArray[np.int64], stages: int) -> NDArray[np.int64]:
    """Return the number of wires on, (samples, stages).

    The count rises by one at the first stage of a wire and falls by one behind its last.
    """
    samples = on.shape[0]
    row = np.repeat(np.arange(samples) * (stages + 1), np.diff(on.indptr))
    begun, ended = (
        np.bincount(row + run[on.indices], minlength=samples * (stages + 1)) for run in runs
    )
    return np.cumsum((begun - ended).reshape(samples, stages + 1), axis=1)[:, :stages]


def _ranked(
    tally: NDArray[np.int64], starts: NDArray[np.int64], samples: int, rank: int
) -> NDArray[np.int64]:
    """Return the rank-th smallest number of columns on among the samples, (stages,)."""
    wanted = np.arange(len(starts)) * samples + rank
    return np.searchsorted(np.cumsum(tally), wanted) - starts
