"""Errors of frames, for one or another way to read them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from harness.compiling import draw_inputs
from studies.ablation.frames import ACTIVE, Floats, Frames, Problem, applied
from studies.ablation.internals import Stream, best_share

Ints = NDArray[np.int32]
# How many inputs all outputs are read for, not only those that read a feature that is on.
_SCANNED = 4_096
_BLOCK, _SCAN_BLOCK = 10_000, 128
# What an output's neurons say besides their sum counts for no more than this.
_MOST_ACROSS = 3.0
_GRID = np.linspace(1.25, 1.85, 201)
_TRIED = np.linspace(0.35, 1.85, 501)


class Reader(Protocol):
    """Readings before the threshold, 1 for each own feature that is on."""

    def near(self, active: Ints, outputs: Ints) -> Floats:
        """Read some outputs for each input, (inputs, outputs per input)."""

    def every(self, active: Ints) -> Floats:
        """Read all outputs, (inputs, outputs)."""


@dataclass(frozen=True, eq=False)
class Linear:
    """Sums of what features that are on add, where no ReLU bends; `reads` (features, outputs)."""

    reads: Floats

    def near(self, active: Ints, outputs: Ints) -> Floats:
        """Read some outputs for each input, (inputs, outputs per input)."""
        return sum(self.reads[active[:, k, None], outputs] for k in range(ACTIVE))

    def every(self, active: Ints) -> Floats:
        """Read all outputs, (inputs, outputs)."""
        return sum(self.reads[active[:, k]] for k in range(ACTIVE))


class Bending:
    """Readings where neuron j bends when its sum falls under -floors[j]."""

    def __init__(self, frames: Frames, floors: Floats):
        """Turn W once."""
        self._code, self._floors = frames.outputs, floors
        self._units = unit_sums(frames)

    def near(self, active: Ints, outputs: Ints) -> Floats:
        """Read some outputs for each input, (inputs, outputs per input)."""
        rows = np.arange(len(active))[:, None, None]
        cells = self._hidden(active)[rows, self._code.positions[outputs]]
        return (cells * self._code.signs[outputs]).sum(axis=2) / np.float32(self._code.weight)

    def every(self, active: Ints) -> Floats:
        """Read all outputs, (inputs, outputs)."""
        columns = np.ascontiguousarray(self._hidden(active).T)
        found = applied(self._code.positions, self._code.signs, columns)
        return np.ascontiguousarray(found.T) / np.float32(self._code.weight)

    def _hidden(self, active: Ints) -> Floats:
        sums = sum(self._units[active[:, k]] for k in range(ACTIVE))
        return np.maximum(sums, -self._floors)


class TwoSided(Linear):
    """Outputs that also ask whether their neurons agree: 1.55 where the odds are even.

    A satisfied gate hears one foreign feature, one that lacks an input two, so what its neurons
    hear besides its own features is twice as loud. The likelihood ratio of the two adds that to
    the sum; only so much of it, as another gate on the very same neurons is louder still. It is no
    sum of ReLUs, so no readout of one layer: what could be had, not what is.
    """

    def __init__(self, problem: Problem, frames: Frames):
        """Measure how loud one foreign feature is on a neuron."""
        super().__init__(frames.reads())
        self._code, self._units, self._pairs = frames.outputs, unit_sums(frames), problem.pairs
        self._loud = float(np.square(self._units).mean())

    def near(self, active: Ints, outputs: Ints) -> Floats:
        """Return evidence, in tenths of its unit, where the sum does not rule the output out."""
        evidence = super().near(active, outputs)
        row, place = np.nonzero(evidence > 1.1)
        output, here = outputs[row, place], active[row]
        places, signs = self._code.positions[output], self._code.signs[output]
        found = sum(self._units[here[:, k, None], places] for k in range(ACTIVE))
        own = [self._units[self._pairs[output, k, None], places] for k in (0, 1)]
        full = _energies(found - own[0] - own[1], signs)
        # Of the two ways to lack an input, the likelier.
        ratio = np.minimum(*(self._ratio(_energies(found - x, signs), full) for x in own))
        evidence[row, place] = 1.55 + ratio / 10
        return evidence

    def _ratio(self, short: tuple[Floats, Floats], full: tuple[Floats, Floats]) -> Floats:
        along, across = ((x / 4 - y / 2) / self._loud for x, y in zip(short, full, strict=True))
        across = across + (self._code.weight - 1) / 2 * np.log(2)
        return along + np.clip(across, -_MOST_ACROSS, _MOST_ACROSS)


def _energies(noise: Floats, signs: NDArray[np.int8]) -> tuple[Floats, Floats]:
    """Return the energy of noise that an output's sum sees, and the rest."""
    along = np.square((noise * signs).sum(axis=1)) / signs.shape[1]
    return along, np.square(noise).sum(axis=1) - along


@dataclass(frozen=True, eq=False)
class Extremes:
    """The lowest reading of every input that should be on, and the highest that should not.

    `others` is the highest reading of outputs that read none of the features on, for the first of
    the inputs.
    """

    lowest: Floats
    highest: Floats
    others: Floats

    def error(self, threshold: float) -> float:
        """Return the share of inputs a threshold decides wrongly."""
        near = (self.lowest < threshold) | (self.highest >= threshold)
        others = (self.others >= threshold) & ~near[: len(self.others)]
        return float(near.mean() + others.mean())

    def least(self) -> float:
        """Return the smallest error any one threshold makes, of many."""
        # An input is decided rightly between its highest that is off and its lowest that is on.
        able = self.highest < self.lowest
        above, below = (
            np.searchsorted(np.sort(x[able]), _TRIED, side="left")
            for x in (self.highest, self.lowest)
        )
        return self.error(float(_TRIED[int(np.argmax(above - below))]))


def extremes(problem: Problem, active: Ints, reader: Reader) -> Extremes:
    """Read the outputs that read a feature that is on; all others, for few inputs.

    Others are over the threshold thousands of times more rarely, and where not, a few show it.
    """
    lowest, highest = np.empty((2, len(active)), np.float32)
    for begin in range(0, len(active), _BLOCK):
        some = slice(begin, begin + _BLOCK)
        here = active[some]
        near = problem.readers[here].reshape(len(here), -1)
        readings = reader.near(here, near)
        on = (problem.pairs[near][:, :, :, None] == here[:, None, None, :]).any(3).all(2)
        lowest[some] = np.where(on, readings, np.inf).min(axis=1)
        highest[some] = np.where(on, -np.inf, readings).max(axis=1)
    others = []
    for begin in range(0, min(_SCANNED, len(active)), _SCAN_BLOCK):
        here = active[begin : begin + _SCAN_BLOCK]
        readings = reader.every(here)
        readings[np.arange(len(here))[:, None], problem.readers[here].reshape(len(here), -1)] = 0
        others.append(readings.max(axis=1))
    return Extremes(lowest, highest, np.concatenate(others))


def calibrated(problem: Problem, reader: Reader, samples: int) -> float:
    """Return the threshold the library finds, on so many inputs of its own stream."""
    generator = problem.stream(Stream.CALIBRATION)
    drawn = draw_inputs("satisfied", problem.terms, ACTIVE, samples, generator)
    seen = extremes(problem, drawn, reader)
    return 1 + best_share(seen.lowest - 1, np.maximum(seen.highest - 1, 0))


def thresholds_of_outputs(problem: Problem, reads: Floats) -> Floats:
    """Return for each output the threshold that fails least, from what it reads of features.

    An output fails when it misses its inputs and any third feature, when a gate that shares an
    input is on, whose other input is known, or when one input joins the two of a gate that it
    shares none with. All are equally likely; foreign features are taken for Gaussian.
    """
    outputs = np.arange(len(problem.pairs))
    own = reads[problem.pairs, outputs[:, None]]
    spread = np.sqrt((np.square(reads).sum(axis=0) - np.square(own).sum(axis=1)) / len(reads))
    near = problem.partners.tocoo()
    partner = reads[near.col, near.row]
    failures = np.empty((len(_GRID), len(outputs)), np.float32)
    for row, level in enumerate(_GRID):
        failures[row] = norm.sf((own.sum(axis=1) - level) / spread)
        for k in (0, 1):
            failures[row] += norm.sf((level - own[:, k]) / (np.sqrt(2) * spread))
        rivals = norm.sf((level - 1 - partner) / spread[near.row])
        failures[row] += np.bincount(near.row, rivals, len(outputs))
    return _GRID[failures.argmin(axis=0)].astype(np.float32)


def weighted_readout(problem: Problem, frames: Frames, by: str) -> Floats:
    """Return weights of every output's neurons by the noise on them, (outputs, weight).

    By "neuron", a number for each neuron; by "output", one for each neuron of each output: the
    least noise with which it reads its own features at 1.
    """
    code, pairs = frames.outputs, problem.pairs
    units = unit_sums(frames)
    noise = units.T @ units / np.float32(len(units))
    places = code.positions
    if by == "neuron":
        return np.asarray(code.signs / np.diag(noise)[places], np.float32)
    blocks = noise[places[:, :, None], places[:, None, :]]
    signal = np.stack([units[pairs[:, k, None], places] for k in (0, 1)], axis=2)
    solution = np.linalg.solve(blocks, signal)
    gains = np.swapaxes(signal, 1, 2) @ solution
    weights = (solution @ np.linalg.solve(gains, np.ones((len(gains), 2, 1))))[:, :, 0]
    return np.asarray(weights * code.weight, np.float32)


def unit_sums(frames: Frames) -> Floats:
    """Return what every neuron reads of every feature, (features, neurons)."""
    turned = np.ascontiguousarray(frames.weights.T)
    return applied(frames.inputs.positions, frames.inputs.signs, turned)


def normalised(problem: Problem, reads: Floats) -> Floats:
    """Return reads scaled so that own ones are 1 on average."""
    own = reads[problem.pairs, np.arange(len(problem.pairs))[:, None]].mean()
    return reads / np.float32(own)
