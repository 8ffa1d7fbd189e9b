"""The artefact: an encoder from names to neurons, layers of ReLUs, a readout from neurons to names.

All weights are small integers and all scales are powers of two, so a network of one hidden layer
computes the same numbers, to the last bit, in float32, float64 or integers, dense or sparse, here
or in another tool. Values gain bits in every further layer, and round once they have more than
float32 holds: deeper networks make the same decisions up to that rounding (`docs/format.md`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.networks.checks import check_array, check_below, check_runs, check_sparse

if TYPE_CHECKING:
    import torch

    from polyseme.networks.answer_key import AnswerKey
    from polyseme.networks.deep_key import DeepKey

# Float32 holds whole numbers below this without rounding, and scales in this range.
EXACT = 2**24
_MIN_SCALE, _MAX_SCALE = 2.0**-24, 2.0**24
# A sparse layer of few entries could claim any width; a program may well hold a row of it.
MAX_SPARSE_INPUTS = 2**24
# An array or a csr_array. scipy comes without types, so nothing could tell the two apart.
Weights: TypeAlias = Any


@dataclass(frozen=True, eq=False)
class Encoder:
    """Where each named feature goes: feature i adds `code.signs[i]` at `code.positions[i]`."""

    features: Names
    code: SparseCode

    def __post_init__(self) -> None:
        """Check that every feature has a code."""
        if len(self.features) != self.code.features:
            raise ValueError(f"{len(self.features)} names for {self.code.features} codes")
        if not self.code.positions.size:
            raise ValueError("the encoder must have a feature, and a dimension for it")

    @property
    def dimensions(self) -> int:
        """The width of the encoded vector."""
        return self.code.neurons

    @property
    def in_superposition(self) -> bool:
        """Whether there are more features than dimensions."""
        return self.code.features > self.code.neurons


def _nothing() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: units h = max(weights @ x + bias, 0) * scale, and behind them what it carries.

    With a `cap` above 0 the units are clipped: h = min(max(weights @ x + bias, 0), cap) * scale. A
    clipped unit is two ReLUs, the second taking away what the first has above the cap. With
    `squared` they are no ReLUs: h = (weights @ x + bias)^2 * scale.

    The numbers of x listed in `carried` pass the layer unchanged, a residual stream that costs no
    neuron: the layer writes h and then x[carried].

    Shapes: `weights` int8 or int16 (units, inputs), an array or a `csr_array` whose columns rise in
    each row; `bias` int32 (units,), in the weights' units and within 2^24 of 0; `scale` is a power
    of two from 2^-24 to 2^24, applied last; `cap` a whole number from 0 to 2^24 - 1, in the
    weights' units; `carried` int32, rising. Raises ValueError otherwise.
    """

    weights: Weights
    bias: NDArray[np.int32]
    scale: float
    cap: int = 0
    squared: bool = False
    carried: NDArray[np.int32] = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        """Check types and shapes; a scale that is no power of two would round."""
        if self.weights.dtype not in (np.int8, np.int16) or self.weights.ndim != 2:
            raise ValueError("weights must be int8 or int16 and two-dimensional")
        if not all(self.weights.shape):
            raise ValueError("weights must not be empty")
        if self.is_sparse:
            check_sparse("sparse weights", self.weights)
            if self.inputs > MAX_SPARSE_INPUTS:
                raise ValueError(
                    f"a sparse layer reads {self.inputs} numbers, more than {MAX_SPARSE_INPUTS}"
                )
        if self.bias.dtype != np.int32 or self.bias.shape != self.weights.shape[:1]:
            raise ValueError("bias must be int32, one a unit")
        if self.bias.min() <= -EXACT or self.bias.max() >= EXACT:
            raise ValueError(f"bias must lie within {EXACT} of 0, so that float32 holds it exactly")
        if not _MIN_SCALE <= self.scale <= _MAX_SCALE or np.frexp(self.scale)[0] != 0.5:
            raise ValueError(f"scale {self.scale} is not a power of two from 2^-24 to 2^24")
        if not isinstance(self.cap, int | np.integer) or not 0 <= self.cap < EXACT:
            raise ValueError(f"cap {self.cap} is not a whole number from 0 to {EXACT - 1}")
        if self.squared and self.cap:
            raise ValueError("a layer cannot be both squared and clipped")
        check_array("carried", self.carried, np.int32, 1)
        check_below("carried", self.carried, self.inputs)
        if (np.diff(self.carried) <= 0).any():
            raise ValueError("carried inputs must rise")

    @property
    def is_sparse(self) -> bool:
        """Whether the weights are stored as a list of entries."""
        return bool(sp.issparse(self.weights))

    @property
    def units(self) -> int:
        """How many numbers the layer computes: rows of the weights."""
        return int(self.weights.shape[0])

    @property
    def width(self) -> int:
        """How many numbers the layer writes: what it computes and what it carries."""
        return self.units + len(self.carried)

    @property
    def neurons(self) -> int:
        """How many ReLUs the layer has: one a unit, two where units are clipped."""
        return 2 * self.units if self.cap else self.units

    @property
    def inputs(self) -> int:
        """How many numbers the layer reads."""
        return int(self.weights.shape[1])


@dataclass(frozen=True, eq=False)
class Readout:
    """Output i is on when the weighted sum of what it reads reaches its threshold.

    `neurons` numbers what the last layer writes.

    Shapes: `offsets` int64 (outputs + 1,) cuts `neurons` int32 and `weights` int16 into one run an
    output; `thresholds` float32 (outputs,), each exactly representable. A threshold of infinity
    marks an output that is never on; one that is always on reads nothing and has a threshold below
    0. Raises ValueError otherwise.
    """

    outputs: Names
    offsets: NDArray[np.int64]
    neurons: NDArray[np.int32]
    weights: NDArray[np.int16]
    thresholds: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Check types, that the runs cover the arrays, and that every threshold is one."""
        check_array("readout neurons", self.neurons, np.int32, 1)
        check_array("readout weights", self.weights, np.int16, 1)
        check_array("thresholds", self.thresholds, np.float32, 1)
        if not len(self.outputs) or len(self.thresholds) != len(self.outputs):
            raise ValueError(f"{len(self.thresholds)} thresholds for {len(self.outputs)} outputs")
        if len(self.neurons) != len(self.weights):
            raise ValueError(f"{len(self.weights)} readout weights for {len(self.neurons)} neurons")
        check_runs("readout offsets", self.offsets, len(self.outputs), len(self.neurons))
        if not (self.thresholds > -np.inf).all():
            raise ValueError("a threshold is minus infinity or not a number")


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
    key: AnswerKey | DeepKey | None = None

    def __post_init__(self) -> None:
        """Check that each part reads what the one before it writes."""
        if not self.layers:
            raise ValueError("a network needs at least one layer")
        width = self.encoder.dimensions
        for number, layer in enumerate(self.layers):
            if layer.inputs != width:
                raise ValueError(f"layer {number} reads {layer.inputs} numbers but gets {width}")
            width = layer.width
        check_below("readout neurons", self.readout.neurons, width)

    @property
    def neurons(self) -> int:
        """ReLUs in the widest layer; two for a clipped unit."""
        return max(layer.neurons for layer in self.layers)

    @property
    def units(self) -> int:
        """Units of the layer with the most ReLUs."""
        return max(self.layers, key=lambda layer: layer.neurons).units

    @property
    def carried(self) -> int:
        """The most numbers that pass a layer unchanged: the width of the residual stream."""
        return max(len(layer.carried) for layer in self.layers)

    @property
    def neurons_total(self) -> int:
        """ReLUs in all layers; two for a clipped unit."""
        return sum(layer.neurons for layer in self.layers)

    @property
    def parameters(self) -> int:
        """Hidden weights and biases, and what of encoder and readout the seed does not give.

        Of a sparse layer the stored entries count, and not their positions. The second ReLU of a
        clipped unit has the weights of the first and adds none.
        """
        # The size of a sparse array is the number of its stored entries.
        hidden = sum(int(layer.weights.size) + layer.bias.size for layer in self.layers)
        return hidden + self.provenance.readout_parameters

    def run(self, on: list[str]) -> list[str]:
        """Switch features on by name; return the names of the outputs that are on.

        Raises SourceError for a name the network does not have.
        """
        from polyseme.networks.run import outputs_on

        active = np.array([[self.encoder.features.position(name) for name in on]], np.int32)
        positions = outputs_on(self, active.reshape(1, -1)).indices
        return [self.readout.outputs[int(position)] for position in sorted(positions)]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save weights, encoder and readout (not the answer key) as `docs/format.md` describes."""
        from polyseme.networks.saving.files import save_network

        save_network(self, path)

    def to_torch(self) -> torch.nn.Module:
        """Return the network as plain torch layers; needs the `torch` extra."""
        from polyseme.networks.exporting.to_torch import to_torch

        return to_torch(self)

    def weight_bits(self) -> float:
        """Bits an ideal entropy coder needs for the hidden weights: entropy times their number.

        The entropy is that of all entries of a weight matrix. Of a sparse layer those are the
        stored ones and the zeros between them, so that its positions are paid for and the number
        is the same as that of the layer stored in full. Which inputs are carried is paid for too.
        """
        return sum(
            _entropy_bits(layer.weights) + _choice_bits(len(layer.carried), layer.inputs)
            for layer in self.layers
        )


def _entropy_bits(weights: Weights) -> float:
    entries = weights.shape[0] * weights.shape[1]
    stored = weights.data if sp.issparse(weights) else weights.ravel()
    # Shifted to begin at 0; int32 holds every difference of two int16.
    lowest = min(0, int(stored.min(initial=0)))
    counts = np.bincount(stored.astype(np.int32) - lowest, minlength=1 - lowest)
    counts[-lowest] += entries - len(stored)
    share = counts[counts > 0] / entries
    return float(-(share * np.log2(share)).sum() * entries)


def _choice_bits(chosen: int, among: int) -> float:
    """Entropy of a mask that marks so many."""
    share = np.array([chosen, among - chosen]) / among
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum() * among)
