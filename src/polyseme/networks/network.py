"""The artefact: an encoder from names to neurons, layers of ReLUs, a readout from neurons to names.

All weights are small integers and all scales are powers of two, so a network computes the same
numbers, to the last bit, in float32, float64 or integers, dense or sparse, here or in another tool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode

if TYPE_CHECKING:
    import torch

    from polyseme.networks.answer_key import AnswerKey


@dataclass(frozen=True, eq=False)
class Encoder:
    """Where each named feature goes: feature i adds `code.signs[i]` at `code.positions[i]`."""

    features: Names
    code: SparseCode

    def __post_init__(self) -> None:
        """Check that every feature has a code."""
        if len(self.features) != self.code.features:
            raise ValueError(f"{len(self.features)} names for {self.code.features} codes")

    @property
    def dimensions(self) -> int:
        """The width of the encoded vector."""
        return self.code.neurons

    @property
    def in_superposition(self) -> bool:
        """Whether there are more features than dimensions."""
        return self.code.features > self.code.neurons


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of ReLUs: h = max(weights @ x + bias, 0) * scale.

    Shapes: `weights` int8 or int16 (neurons, inputs), `bias` int32 (neurons,), in the weights' units;
    `scale` is a power of two, applied after the ReLU.
    """

    weights: NDArray[np.int8] | NDArray[np.int16]
    bias: NDArray[np.int32]
    scale: float

    def __post_init__(self) -> None:
        """Check types and shapes; a scale that is no power of two would round."""
        if self.weights.dtype not in (np.int8, np.int16) or self.weights.ndim != 2:
            raise ValueError("weights must be int8 or int16 and two-dimensional")
        if self.bias.dtype != np.int32 or self.bias.shape != self.weights.shape[:1]:
            raise ValueError("bias must be int32, one a neuron")
        if not (self.scale > 0 and np.frexp(self.scale)[0] == 0.5):
            raise ValueError(f"scale {self.scale} is not a power of two")

    @property
    def neurons(self) -> int:
        """How many ReLUs the layer has."""
        return self.weights.shape[0]

    @property
    def inputs(self) -> int:
        """How many numbers the layer reads."""
        return self.weights.shape[1]


@dataclass(frozen=True, eq=False)
class Readout:
    """Output i is on when the weighted sum of its neurons reaches its threshold.

    Shapes: `offsets` int64 (outputs + 1,) cuts `neurons` int32 and `weights` int16 into one run an
    output; `thresholds` float32 (outputs,), each exactly representable. A threshold of infinity
    marks an output that is never on.
    """

    outputs: Names
    offsets: NDArray[np.int64]
    neurons: NDArray[np.int32]
    weights: NDArray[np.int16]
    thresholds: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Check that the runs cover the arrays."""
        count = len(self.outputs)
        if self.offsets.shape != (count + 1,) or self.thresholds.shape != (count,):
            raise ValueError(f"offsets and thresholds must serve {count} outputs")
        if self.offsets[0] != 0 or np.any(np.diff(self.offsets) < 0):
            raise ValueError("offsets must start at 0 and never fall")
        if not len(self.neurons) == len(self.weights) == self.offsets[-1]:
            raise ValueError("neurons and weights must be as long as the last offset")
        if np.isnan(self.thresholds).any():
            raise ValueError("a threshold is not a number")


@dataclass(frozen=True)
class Provenance:
    """What is worth knowing about how a network came to be; saved with it as JSON.

    `readout_parameters` counts the numbers in encoder and readout that the seed does not reproduce.
    """

    source: str
    construction: str
    active: int
    seed: int
    gates: int
    monosemantic_neurons: int
    readout_parameters: int
    channels: dict[str, int]
    note: str = ""


@dataclass(frozen=True, eq=False)
class Network:
    """A complete network: names in, names out. `key` is the answer key, when it is at hand."""

    encoder: Encoder
    layers: tuple[Layer, ...]
    readout: Readout
    provenance: Provenance
    key: AnswerKey | None = None

    def __post_init__(self) -> None:
        """Check that each part reads what the one before it writes."""
        width = self.encoder.dimensions
        for number, layer in enumerate(self.layers):
            if layer.inputs != width:
                raise ValueError(f"layer {number} reads {layer.inputs} numbers but gets {width}")
            width = layer.neurons
        read = self.readout.neurons
        if len(read) and not (0 <= read.min() and read.max() < width):
            raise ValueError(f"the readout reads a neuron outside 0..{width - 1}")

    @property
    def neurons(self) -> int:
        """ReLUs in the widest layer."""
        return max(layer.neurons for layer in self.layers)

    @property
    def neurons_total(self) -> int:
        """ReLUs in all layers."""
        return sum(layer.neurons for layer in self.layers)

    @property
    def parameters(self) -> int:
        """Hidden weights and biases, and what in encoder and readout the seed does not reproduce."""
        hidden = sum(layer.weights.size + layer.bias.size for layer in self.layers)
        return hidden + self.provenance.readout_parameters

    def run(self, on: list[str]) -> list[str]:
        """Switch features on by name; return the names of the outputs that are on.

        Raises SourceError for a name the network does not have.
        """
        from polyseme.networks.run import outputs_on

        active = np.array([[self.encoder.features.position(name) for name in on]], np.int32)
        positions = outputs_on(self, active.reshape(1, -1)).indices
        return [self.readout.outputs[int(position)] for position in sorted(positions)]

    def save(self, path: str) -> None:
        """Save weights, encoder and readout (not the answer key) as `docs/format.md` describes."""
        from polyseme.networks.files import save_network

        save_network(self, path)

    def to_torch(self) -> torch.nn.Module:
        """Return the network as plain torch layers; needs the `torch` extra."""
        from polyseme.networks.to_torch import to_torch

        return to_torch(self)

    def weight_bits(self) -> float:
        """Bits an ideal entropy coder needs for the hidden weights: entropy times their number."""
        return sum(_entropy_bits(layer.weights) for layer in self.layers)


def _entropy_bits(values: NDArray[Any]) -> float:
    counts = np.bincount(values.ravel().astype(np.int64) - int(values.min()))
    share = counts[counts > 0] / values.size
    return float(-(share * np.log2(share)).sum() * values.size)
