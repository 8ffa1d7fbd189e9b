"""A network mended in whole numbers until no input takes an output across the threshold.

Refinement keeps readings near 0 and 1 on inputs that are drawn, and the worst of all inputs are not
drawn. Branch and bound (`proving/`) finds the worst input of every output exactly. If it takes the
output across the threshold that all share, weights of the output's units are moved by single steps
until the reading is back: on the dimensions of the input's features, but not of those that the
output computes with unless no others are on. A feature has many dimensions and an output several
units, so hardly a weight moves by more than a step, and all other reads change less than rounding
has changed them. Then the outputs that read those units are looked at again, for readings across
the threshold only, until there are none.

What mends one input may break another one, and so may what mends that one. So every input that was
found across the threshold is held, and so are the worst inputs of outputs that come near it: held
inputs are mended by turns until all of them are right, and only then is anything looked at again.
These are the cutting planes of the weights that are right on every input, and the turns those of a
perceptron.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.common.progress import Note, phase
from polyseme.common.ragged import row_numbers, select_rows
from polyseme.common.random_streams import Stream, stream
from polyseme.networks.activation import Relu
from polyseme.networks.layer_key import reads_of
from polyseme.networks.network import Network
from polyseme.proving.branch_and_bound.extremes import extreme_readings
from polyseme.proving.branch_and_bound.relus import Relus
from polyseme.proving.cases import Cases, cases_of

Wholes = NDArray[np.int64]

# Rounds of looking and mending, at most, and of those at most that bring nothing nearer to the
# threshold, one after another.
_ROUNDS, _VAIN = 120, 8
# How far beyond the threshold a reading is taken back, as a share of the threshold, and how near to
# it the worst input of an output is held.
_CLEAR, _NEAR = 0.004, 0.04
# Turns in which held inputs are mended, at most.
_SWEEPS = 60
# Turns in which the steps for one input are made; clipped weights and bends make for further ones.
_TURNS = 20


def is_mendable(network: Network) -> bool:
    """Return whether weights may be moved freely: of one dense layer of ReLUs, which has reads."""
    if len(network.layers) != 1 or network.key is None:
        return False
    layer, held = network.layers[0], network.key.layers[0]
    shared = len(np.unique(network.readout.thresholds)) == 1
    free = held.reads is not None and not layer.is_sparse
    return free and shared and isinstance(layer.activation, Relu)


def mended(network: Network, circuit: Circuit, active: int, tell: Note) -> Network | None:
    """Return a network like this one that is right on every input; None if none is found.

    Args:
        network: One layer that `is_mendable`.
        circuit: Its circuit, of which every output is an OR of ANDs.
        active: The most features on.
        tell: Told how many outputs are wrong on some input, round by round.

    Raises:
        OptionError: Branch and bound does not serve the network or the circuit.
        CapacityError: A reading may be too large for float32.
    """
    mending = _Mending(network, circuit, active)
    with phase(f"mending {network.neurons:,} neurons") as step:
        for number, wrong in enumerate(mending.rounds()):
            tell(f"mending: {wrong:,} outputs are wrong on some input")
            step(number + 1, _ROUNDS)
    return mending.network() if mending.right else None


@dataclass(frozen=True, eq=False)
class _Worst:
    """The worst inputs of some cases: outputs, whether they must be on, readings, features on."""

    output: Wholes
    must: NDArray[np.bool_]
    value: Wholes
    inputs: NDArray[np.int32]

    def across(self, edge: int) -> NDArray[np.int64]:
        """Return the cases that are wrong if outputs are on from this reading on."""
        return np.flatnonzero(np.where(self.must, self.value < edge, self.value >= edge))

    def near(self, edge: int) -> _Worst:
        """Return the cases that are wrong, or nearly so."""
        apart = round(_NEAR * edge)
        reached = np.where(self.must, self.value < edge + apart, self.value >= edge - apart)
        return _Worst(
            self.output[reached], self.must[reached], self.value[reached], self.inputs[reached]
        )

    def with_others(self, others: _Worst) -> _Worst:
        """Return these cases and others behind them."""
        return _Worst(
            np.concatenate((self.output, others.output)),
            np.concatenate((self.must, others.must)),
            np.concatenate((self.value, others.value)),
            np.concatenate((self.inputs, others.inputs)),
        )


class _Mending:
    """The weights of a network while they are mended."""

    def __init__(self, network: Network, circuit: Circuit, active: int) -> None:
        self._network, self._active = network, active
        self._relus, self._cases = Relus.of(network, active), cases_of(circuit, active)
        self._code = network.encoder.code
        self._weights = network.layers[0].weights.astype(np.int32)
        # No weight becomes larger than the largest, so that sums stay within what was checked.
        self._largest = int(np.abs(self._weights).max())
        self._generator = stream(network.provenance.seed, Stream.REFINEMENT_MENDING)
        self._edge = 0
        self.right = False

    def rounds(self) -> Iterator[int]:
        """Look and mend until all is right, and yield the number of wrong outputs each time."""
        worst = self._look(self._cases, None)
        self._edge = _best_edge(worst)
        held = worst.near(self._edge)
        least, vain = np.inf, 0
        for _ in range(_ROUNDS):
            across = worst.across(self._edge)
            yield len(np.unique(worst.output[across]))
            self.right = not len(across)
            beyond = int(np.abs(worst.value[across] - self._edge).sum())
            least, vain = (beyond, 0) if beyond < least else (least, vain + 1)
            if self.right or vain == _VAIN:
                return
            units = self._mend_all(held)
            if units is None:
                return
            self._read_again(units)
            outputs = np.union1d(self._readers(units), worst.output[across])
            cases = np.flatnonzero(np.isin(self._cases.output, outputs))
            worst = self._look(self._cases.select(cases), self._edge)
            held = held.with_others(worst)

    def network(self) -> Network:
        """Return the network with the weights there are now, and their threshold."""
        network, held = self._network, self._network.key
        assert held is not None
        layer, layer_key = network.layers[0], held.layers[0]
        weights = self._weights.astype(layer.weights.dtype)
        assert layer_key.reads is not None
        reads = reads_of(weights, layer_key.reads, held.encoder)
        level = np.float32((self._edge - 0.5) * layer.scale)
        readout = network.readout
        return replace(
            network,
            layers=(replace(layer, weights=weights),),
            readout=replace(readout, thresholds=np.full_like(readout.thresholds, level)),
            key=replace(held, layers=(replace(layer_key, reads=reads),)),
        )

    def _look(self, cases: Cases, edge: int | None) -> _Worst:
        """Return the worst inputs of cases, only those across an edge if there is one."""
        beat = None if edge is None else edge - ~cases.must_be_on
        value = np.zeros(len(cases), np.int64)
        inputs = np.full((len(cases), self._active), -1, np.int32)
        found = np.zeros(len(cases), bool)
        looked = extreme_readings(self._relus, cases, self._active, ~cases.must_be_on, beat)
        for some, seen in looked:
            value[some], inputs[some], found[some] = seen.value, seen.inputs, seen.found
        return _Worst(cases.output[found], cases.must_be_on[found], value[found], inputs[found])

    def _mend_all(self, held: _Worst) -> Wholes | None:
        """Move weights until all held inputs are right, and return the units whose they are.

        Return None if that takes too many turns.
        """
        changed: set[int] = set()
        for _ in range(_SWEEPS):
            across = replace(held, value=self._readings(held)).across(self._edge)
            if not len(across):
                return np.array(sorted(changed), np.int64)
            changed.update(unit for case in across for unit in self._mend(held, int(case)))
        return None

    def _readings(self, held: _Worst) -> Wholes:
        """Return what outputs read on their inputs by the weights there are now (cases,)."""
        relus = self._relus
        offsets, places = select_rows(relus.offsets, held.output)
        case = row_numbers(np.diff(offsets))
        units, inputs = relus.unit[places], held.inputs[case]
        positions, signs = self._code.positions[inputs], self._code.signs[inputs]
        signs = np.where(inputs[:, :, None] >= 0, signs, 0)
        reads = (self._weights[units[:, None, None], positions] * signs).sum(axis=(1, 2))
        given = relus.weight[places] * np.maximum(relus.bias[units] + reads, 0)
        return np.bincount(case, given, len(held.output)).astype(np.int64)

    def _mend(self, worst: _Worst, case: int) -> Iterator[int]:
        """Move weights until the input of a case is right, and yield the units whose they are.

        It is taken clear of the threshold, if it is across it.
        """
        output, upwards = int(worst.output[case]), bool(worst.must[case])
        on = worst.inputs[case][worst.inputs[case] >= 0]
        foreign = on[~np.isin(on, self._own(output))]
        moving = foreign if len(foreign) else on
        places, signs = self._code.positions[moving], self._code.signs[moving]
        relus = self._relus
        run = slice(int(relus.offsets[output]), int(relus.offsets[output + 1]))
        units, weight = relus.unit[run], relus.weight[run]
        clear = 0
        for _ in range(_TURNS):
            sums = relus.bias[units] + self._reads(units, on).sum(axis=1)
            value = int(weight @ np.maximum(sums, 0))
            need = self._edge + clear - value if upwards else value - self._edge + 1 + clear
            live = units[sums > 0]
            if need <= 0 or not len(live):
                return
            if not clear:
                clear = round(_CLEAR * self._edge) + 1
                need += clear
            count = min(need, len(live) * places.size)
            chosen = self._generator.choice(len(live) * places.size, count, replace=False)
            unit, entry = np.divmod(chosen, places.size)
            moved = signs.ravel()[entry].astype(np.int32) * (1 if upwards else -1)
            moved *= np.sign(weight[sums > 0])[unit].astype(np.int32)
            np.add.at(self._weights, (live[unit], places.ravel()[entry]), moved)
            rows = self._weights[live]
            self._weights[live] = np.clip(rows, -self._largest, self._largest)
            yield from live.tolist()

    def _own(self, output: int) -> Wholes:
        """Return the features that an output computes with."""
        first = self._cases.first
        begin, end = self._cases.offsets[first[output : output + 2]]
        return self._cases.features[begin:end]

    def _reads(self, units: Wholes, features: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return what units read of features by the weights there are now (units, features)."""
        weights = self._weights[units[:, None, None], self._code.positions[features]]
        return np.asarray((weights * self._code.signs[features]).sum(axis=2), np.int64)

    def _read_again(self, units: Wholes) -> None:
        """Compute anew what units read of all features."""
        rows = self._weights[units].astype(np.float32)
        # Float32 holds these sums exactly.
        self._relus.reads[units] = (self._code.matrix() @ rows.T).T
        self._relus.lowest[units] = self._relus.reads[units].min(axis=1)

    def _readers(self, units: Wholes) -> Wholes:
        """Return the outputs that read some of these units."""
        relus = self._relus
        reader = np.repeat(np.arange(len(relus.thresholds)), np.diff(relus.offsets))
        return np.unique(reader[np.isin(relus.unit, units)])


def _best_edge(worst: _Worst) -> int:
    """Return the reading from which outputs are best on: where least is to be mended in all.

    It is half-way between the lowest reading of those that must be on and the highest of the others
    if nothing is wrong.
    """
    on = np.sort(worst.value[worst.must])
    off = np.sort(worst.value[~worst.must])
    tried = np.unique(np.concatenate((on, off + 1)))
    below = np.concatenate(([0], np.cumsum(on)))
    above = np.concatenate(([0], np.cumsum(off)))
    low, high = np.searchsorted(on, tried), np.searchsorted(off, tried)
    cost = low * tried - below[low] + (above[-1] - above[high]) - (len(off) - high) * (tried - 1)
    best = np.flatnonzero(cost == cost.min())
    return int((tried[best[0]] + tried[best[-1]]) // 2)
