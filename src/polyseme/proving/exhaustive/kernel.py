"""One hidden layer run on every input with a given first feature: plain loops, for machine code.

All features of an input but the last are fixed, and the last one takes 64 values at a time. Then
the units are computed for 64 inputs, and each output is added up for them and compared with what it
must be. An output must be what it is at rest unless a term of its has a plain literal among the
fixed features, or is satisfied by the last feature alone; only then are its terms looked at. All
numbers are whole, and no reading is skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyseme.common.machine_code import machine_code

LANES = 64
Wholes = NDArray[np.int64]
Narrow = NDArray[np.int32]


class Layer(NamedTuple):
    """The network: reads (units, features), biases, the cap (0 for none), the readout in rows.

    An output is on where its sum is at least its edge.
    """

    reads: NDArray[Any]
    bias: Narrow
    cap: int
    offsets: Wholes
    unit: Wholes
    weight: Narrow
    edge: Narrow


class Truth(NamedTuple):
    """The circuit: terms of each output, and for each feature the outputs that it may change.

    `terms` (outputs + 1,) cuts `literal_offsets` (terms + 1,), which cuts `literals`: feature f
    plain as f + 1 and negated as -f - 1. `readers` and `alone` are in rows of `reader_offsets` and
    `alone_offsets` (features + 1,): outputs with the feature as a plain literal, and those with a
    term that has no other.
    """

    resting: NDArray[np.bool_]
    terms: Wholes
    literal_offsets: Wholes
    literals: Wholes
    reader_offsets: Wholes
    readers: Wholes
    alone_offsets: Wholes
    alone: Wholes


def satisfied(truth: Truth, output: int, on: NDArray[np.bool_]) -> bool:
    """Return whether some term of an output is satisfied."""
    for term in range(truth.terms[output], truth.terms[output + 1]):
        holds = True
        for place in range(truth.literal_offsets[term], truth.literal_offsets[term + 1]):
            literal = truth.literals[place]
            if on[abs(literal) - 1] != (literal > 0):
                holds = False
                break
        if holds:
            return True
    return False


def lanes_with(holds: Callable[..., bool]) -> Callable[..., None]:
    """Return the function that runs the inputs which differ in their last feature."""

    def wrong_lanes(
        layer: Layer,
        truth: Truth,
        sums: Narrow,
        on: NDArray[np.bool_],
        begin: int,
        end: int,
        mark: int,
        marks: Wholes,
        hidden: Narrow,
        wrong: NDArray[np.bool_],
    ) -> None:
        """Find the wrong ones of the inputs with a feature of begin, ..., end - 1 on as well.

        Outputs that the fixed features may change have `mark` in `marks`; others that the last one
        may change get it.
        """
        lanes, zero, cap = end - begin, np.int32(0), np.int32(layer.cap)
        for unit in range(len(sums)):
            total, row = sums[unit], layer.reads[unit, begin:end]
            into = hidden[unit]
            if layer.cap:
                for lane in range(lanes):
                    into[lane] = min(max(np.int32(total + row[lane]), zero), cap)
            else:
                for lane in range(lanes):
                    into[lane] = max(np.int32(total + row[lane]), zero)
        for feature in range(begin, end):
            for place in range(truth.alone_offsets[feature], truth.alone_offsets[feature + 1]):
                if marks[truth.alone[place]] < mark:
                    marks[truth.alone[place]] = mark
        wrong[:] = False
        reading = np.empty(LANES, np.int32)
        for output in range(len(layer.edge)):
            reading[:] = 0
            for place in range(layer.offsets[output], layer.offsets[output + 1]):
                weight, row = layer.weight[place], hidden[layer.unit[place]]
                for lane in range(lanes):
                    reading[lane] += weight * row[lane]
            edge, rest = layer.edge[output], truth.resting[output]
            if marks[output] < mark:
                for lane in range(lanes):
                    wrong[lane] |= (reading[lane] >= edge) != rest
                continue
            for lane in range(lanes):
                on[begin + lane] = True
                must = holds(truth, output, on) != rest
                on[begin + lane] = False
                wrong[lane] |= (reading[lane] >= edge) != must

    return wrong_lanes


def run_with(wrong_lanes: Callable[..., None]) -> Callable[..., tuple[int, int]]:
    """Return the function that runs all inputs with a first feature."""

    def run_first(
        layer: Layer, truth: Truth, first: int, active: int, listed: Narrow
    ) -> tuple[int, int]:
        """Run every input whose lowest feature is `first`, with at most `active` on.

        Wrong ones are written to `listed` (rows, active), -1 pads, as far as there is room. Return
        the number of inputs and of wrong ones.
        """
        units, features = layer.reads.shape
        on = np.zeros(features, np.bool_)
        hidden = np.empty((units, LANES), np.int32)
        wrong = np.zeros(LANES, np.bool_)
        marks = np.zeros(len(layer.edge), np.int64)
        sums = np.empty((active + 1, units), np.int32)
        sums[0] = layer.bias
        fixed = np.full(active, -1, np.int64)
        inputs, failing, mark, size = 0, 0, 0, 0
        while True:
            # The last feature, after the fixed ones.
            begin = fixed[size - 1] + 1 if size else first
            stop = features if size else first + 1
            mark += 1
            for member in range(size):
                feature = fixed[member]
                for place in range(
                    truth.reader_offsets[feature], truth.reader_offsets[feature + 1]
                ):
                    marks[truth.readers[place]] = mark
            while begin < stop:
                end = min(begin + LANES, stop)
                wrong_lanes(layer, truth, sums[size], on, begin, end, mark, marks, hidden, wrong)
                inputs += end - begin
                for lane in range(end - begin):
                    if wrong[lane]:
                        if failing < len(listed):
                            listed[failing, :size] = fixed[:size]
                            listed[failing, size] = begin + lane
                            listed[failing, size + 1 :] = -1
                        failing += 1
                begin = end
            # The next set of fixed features: one more, or the last one raised, or fewer.
            if active == 1:
                return inputs, failing
            if size == 0:
                fresh = first
            elif size < active - 1 and fixed[size - 1] + 1 < features:
                fresh = fixed[size - 1] + 1
            else:
                fresh = features
                while size > 1 and fresh >= features:
                    size -= 1
                    on[fixed[size]] = False
                    fresh = fixed[size] + 1
                if fresh >= features:
                    return inputs, failing
            fixed[size] = fresh
            on[fresh] = True
            for unit in range(units):
                sums[size + 1, unit] = sums[size, unit] + layer.reads[unit, fresh]
            size += 1

    return run_first


@cache
def compiled_run() -> Callable[..., tuple[int, int]]:
    """Return `run_with` of its parts, in machine code."""
    return machine_code(run_with(machine_code(lanes_with(machine_code(satisfied)))))
