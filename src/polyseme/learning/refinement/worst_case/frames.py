"""The frames between which W descends, and the network of a W in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.compiler.constructions.frames.frame_network import drawn_frames
from polyseme.compiler.constructions.frames.tight_frames import NAME, weight_of
from polyseme.compiler.parts.assembly import (
    answer_key,
    finished,
    gate_inputs,
    readout_of,
    reads_of_gates,
)
from polyseme.compiler.task import Task
from polyseme.learning.refinement.worst_case.blocks import Blocks
from polyseme.learning.refinement.worst_case.extremes import Extremes, extremes
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import reads_of
from polyseme.networks.network import Network

Steps = NDArray[np.int8] | NDArray[np.int16]

_NOTE = (
    "no ReLU bends within the promise: thresholds of the readout make ANDs of sums; W was refined "
    "on the worst case"
)


@dataclass(frozen=True, eq=False)
class Frames:
    """Codes of outputs on units and of features on dimensions, for a task."""

    task: Task
    outputs: SparseCode
    inputs: SparseCode
    output_blocks: Blocks
    input_blocks: Blocks
    own: NDArray[np.int32]

    @classmethod
    def drawn(cls, task: Task, neurons: int) -> Frames:
        """Draw the codes of a task. Raises TooFewNeuronsError where the neurons are too few."""
        outputs, inputs = drawn_frames(task, neurons, weight_of(task))
        own = np.ascontiguousarray(gate_inputs(task), np.int32)
        return cls(task, outputs, inputs, Blocks.of(outputs), Blocks.of(inputs), own)

    @property
    def shape(self) -> tuple[int, int]:
        """Units and dimensions."""
        return self.outputs.neurons, self.inputs.neurons

    def extremes(self, steps: Steps, active: int) -> Extremes:
        """Return the extreme readings over all inputs with at most `active` features on."""
        return extremes(steps, self.output_blocks, self.input_blocks, self.own, active)

    def network(self, steps: Steps, seen: Extremes) -> Network:
        """Return the network of a W, with one threshold above rest.

        No ReLU bends within the promise of the task, of which `seen` may be about fewer features
        on. The key has what units read of their own features.
        """
        task, code = self.task, self.inputs
        named = reads_of_gates(
            self.own, self.outputs.positions, self.outputs.neurons, code.features
        )
        named.sort_indices()
        # What a feature adds to a unit whose outputs it is an own one of, on average; sums are
        # scaled back by the power of two nearest to it.
        read = seen.own / self.outputs.weight
        resolution = 1 << max(0, round(float(np.log2(read))))
        scale = 1.0 / resolution
        members = self.outputs.matrix().astype(np.int16)
        members.sort_indices()
        deepest = self.extremes(steps, task.active).deepest
        bias = np.full(self.outputs.neurons, deepest, np.int32)
        resting = np.asarray(members.astype(np.int64) @ bias.astype(np.int64))
        thresholds = ((resting + seen.level) * scale).astype(np.float32)
        key = answer_key(
            task,
            "output",
            members,
            code,
            reads=reads_of(steps, named, code),
            resolution=resolution,
        )
        readout = readout_of(task, members, thresholds)
        return finished(
            task, NAME, code, Layer(steps, bias, scale), readout, "output", key, 1, _NOTE
        )
