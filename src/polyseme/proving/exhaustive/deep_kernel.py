"""Several hidden layers run on every input with a given first feature: loops, for machine code.

Few units of a layer are on at once, so a layer adds up the columns of those only, and the readout
the outputs that they reach. The circuit is followed beside it, from the features that are on to the
gates that read them. All numbers are whole: those of a layer are held in the units of its scale and
of all scales before it. The walk through the inputs is that of one layer (`kernel.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import GateKind
from polyseme.common.machine_code import machine_code
from polyseme.proving.exhaustive.kernel import Narrow, Wholes, run_with

_AND, _AND_NOT, _XOR = int(GateKind.AND), int(GateKind.AND_NOT), int(GateKind.XOR)


class DeepLayers(NamedTuple):
    """The network: what the first layer reads (units, features), and its biases; then all layers.

    `widths` and `caps` (0 for none) are of all layers. The columns of the weights of the later ones
    follow each other in `weights`, those of layer l from `begins[l]` on, and their biases in
    `biases` from `bias_begins[l]` on. The outputs that unit u of the last layer reaches are
    `reached[offsets[u] : offsets[u + 1]]`. An output is on where its sum is at least its edge.
    """

    reads: NDArray[Any]
    bias: Narrow
    widths: Wholes
    caps: Narrow
    begins: Wholes
    weights: NDArray[Any]
    bias_begins: Wholes
    biases: Narrow
    offsets: Wholes
    reached: Wholes
    weight: Narrow
    edge: Narrow


class Wires(NamedTuple):
    """The circuit: for each wire the gates that read it and its outputs, in rows; the gates.

    `first` is the first wire that a gate reads. `reader_offsets` and `readers` are empty: what they
    say of one layer is found by following the wires.
    """

    resting: NDArray[np.bool_]
    kinds: Wholes
    fan_in: Wholes
    first: Wholes
    gate_offsets: Wholes
    gates: Wholes
    output_offsets: Wholes
    outputs: Wholes
    reader_offsets: Wholes
    readers: Wholes


def add_columns_with(places: Callable[..., int]) -> Callable[..., None]:
    """Return the function that adds up a layer."""

    def add_columns(
        layers: DeepLayers, layer: int, values: Narrow, sums: Narrow, on: Wholes
    ) -> None:
        """Write the sums of a layer for the values before; `on` has room for their places."""
        width, begin = layers.widths[layer], layers.bias_begins[layer]
        for unit in range(width):
            sums[unit] = layers.biases[begin + unit]
        for place in range(places(values, layers.widths[layer - 1], on)):
            value, start = values[on[place]], layers.begins[layer] + on[place] * width
            column = layers.weights[start : start + width]
            for unit in range(width):
                sums[unit] += value * column[unit]

    return add_columns


def nonzero(values: Narrow, width: int, on: Wholes) -> int:
    """Write the places of values that are not 0, and return their number."""
    count = 0
    for unit in range(width):
        if values[unit] != 0:
            on[count] = unit
            count += 1
    return count


def activate(sums: Narrow, width: int, cap: int) -> None:
    """Turn sums into values of units, in place."""
    zero, highest = np.int32(0), np.int32(cap)
    if cap:
        for unit in range(width):
            sums[unit] = min(max(sums[unit], zero), highest)
    else:
        for unit in range(width):
            sums[unit] = max(sums[unit], zero)


def fires(wires: Wires, gate: int, read: int, first: bool) -> bool:
    """Return whether a gate is on that reads so many wires that are on, the first one or not."""
    kind = wires.kinds[gate]
    if kind == _AND:
        return bool(read == wires.fan_in[gate])
    if kind == _AND_NOT:
        return bool(first and read == 1)
    if kind == _XOR:
        return read % 2 == 1
    return read > 0


def follow_with(fire: Callable[..., bool]) -> Callable[..., int]:
    """Return the function that follows wires."""

    def follow(wires: Wires, on: Wholes, count: int, read: Wholes, first: Wholes) -> int:
        """Extend the first `count` wires that are on by all others, and return their number.

        `read` and `first` (gates,) are 0 before and after.
        """
        features = len(wires.reader_offsets) - 1
        waiting = np.empty(len(wires.kinds), np.int64)
        seen = np.empty(len(wires.kinds), np.int64)
        some, met, place = 0, 0, 0
        while place < count or some > 0:
            if place < count:
                wire = on[place]
                place += 1
                for entry in range(wires.gate_offsets[wire], wires.gate_offsets[wire + 1]):
                    gate = wires.gates[entry]
                    if read[gate] == 0:
                        seen[met] = gate
                        met += 1
                        # The lowest gate is last: all that it reads is decided before it is.
                        at = some
                        while at > 0 and waiting[at - 1] < gate:
                            waiting[at] = waiting[at - 1]
                            at -= 1
                        waiting[at] = gate
                        some += 1
                    read[gate] += 1
                    if wires.first[gate] == wire:
                        first[gate] = 1
                continue
            some -= 1
            gate = waiting[some]
            if fire(wires, gate, read[gate], first[gate] == 1):
                on[count] = features + gate
                count += 1
        for number in range(met):
            read[seen[number]], first[seen[number]] = 0, 0
        return count

    return follow


def deep_lanes_with(
    columns: Callable[..., None],
    places: Callable[..., int],
    bend: Callable[..., None],
    follow: Callable[..., int],
) -> Callable[..., None]:
    """Return the function that runs the inputs which differ in their last feature."""

    def wrong_lanes(
        layers: DeepLayers,
        wires: Wires,
        sums: Narrow,
        on: NDArray[np.bool_],
        begin: int,
        end: int,
        mark: int,
        marks: Wholes,
        hidden: Narrow,
        wrong: NDArray[np.bool_],
    ) -> None:
        """Find the wrong ones of the inputs with a feature of begin, ..., end - 1 on as well."""
        widest = layers.widths.max()
        values, further = np.empty(widest, np.int32), np.empty(widest, np.int32)
        units = np.empty(widest, np.int64)
        reading = np.zeros(len(layers.edge), np.int32)
        differs = np.zeros(len(layers.edge), np.int64)
        met = np.empty(len(layers.edge), np.int64)
        seen = np.zeros(len(layers.edge), np.bool_)
        read = np.zeros(len(wires.kinds), np.int64)
        first = np.zeros(len(wires.kinds), np.int64)
        live = np.empty(len(on) + len(wires.kinds), np.int64)
        fixed = np.flatnonzero(on)
        wrong[:] = False
        for lane in range(end - begin):
            for unit in range(layers.widths[0]):
                values[unit] = sums[unit] + layers.reads[unit, begin + lane]
            bend(values, layers.widths[0], layers.caps[0])
            for layer in range(1, len(layers.widths)):
                columns(layers, layer, values, further, units)
                bend(further, layers.widths[layer], layers.caps[layer])
                values, further = further, values
            some = 0
            for place in range(places(values, layers.widths[-1], units)):
                unit = units[place]
                for entry in range(layers.offsets[unit], layers.offsets[unit + 1]):
                    output = layers.reached[entry]
                    reading[output] += layers.weight[entry] * values[unit]
                    if not seen[output]:
                        seen[output] = True
                        met[some] = output
                        some += 1
            live[: len(fixed)] = fixed
            live[len(fixed)] = begin + lane
            for place in range(follow(wires, live, len(fixed) + 1, read, first)):
                wire = live[place]
                for entry in range(wires.output_offsets[wire], wires.output_offsets[wire + 1]):
                    output = wires.outputs[entry]
                    differs[output] = 1
                    if not seen[output]:
                        seen[output] = True
                        met[some] = output
                        some += 1
            for place in range(some):
                output = met[place]
                must = wires.resting[output] != (differs[output] == 1)
                wrong[lane] |= (reading[output] >= layers.edge[output]) != must
                reading[output], differs[output], seen[output] = 0, 0, False

    return wrong_lanes


def deep_run_with(translated: Callable[..., Any]) -> Callable[..., tuple[int, int]]:
    """Return the function that runs all inputs with a first feature, of translated functions."""
    places = translated(nonzero)
    columns, bend = translated(add_columns_with(places)), translated(activate)
    follow = translated(follow_with(translated(fires)))
    return run_with(translated(deep_lanes_with(columns, places, bend, follow)))


@cache
def compiled_deep_run() -> Callable[..., tuple[int, int]]:
    """Return `deep_run_with` in machine code."""
    return machine_code(deep_run_with(machine_code))
