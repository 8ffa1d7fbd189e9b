"""The network: an encoder from names to numbers, hidden layers, a readout from numbers to names.

All weights are small integers and all scales are powers of two, so a network of one hidden layer
computes the same numbers, to the last bit, in float32, float64 or integers, dense or sparse, here
or in another tool. Values gain bits in every further layer, and round once they have more than
float32 holds: deeper networks make the same decisions up to that rounding (`docs/format.md`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from polyseme.errors import OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import check_below
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer, Weights
from polyseme.networks.registry import registered
from polyseme.networks.table import Rows, html_table, shortened, text_table

if TYPE_CHECKING:
    import torch

# Layers of which a table has a row; of more, the first and the last.
_MOST_ROWS = 8


@dataclass(frozen=True)
class Provenance:
    """Origin of a network: source, construction, promise and sizes; saved with it as JSON.

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


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """A complete network: names in, names out.

    Args:
        encoder: from names of features to numbers.
        layers: the hidden layers, first to last; each reads the numbers that the one before writes.
        readout: from the last layer's numbers to names of outputs.
        provenance: the origin of the network; it changes nothing that is computed.
        key: the answer key, if it is at hand.

    Raises:
        OptionError: there is no layer, or a part reads another width than the one before it writes.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.problems.pairwise_and(1000, 1000), neurons=600)
        >>> network
        Network('and2:features=1000,gates=1000', least-noise: 592 ReLUs in 1 layer, ...)
        >>> network.run(["x0", "x1"])
        []
    """

    encoder: Encoder
    layers: tuple[Layer, ...]
    readout: Readout
    provenance: Provenance
    key: AnswerKey | None = None

    def __post_init__(self) -> None:
        """Check that each part reads the width that the one before it writes."""
        if not self.layers:
            raise OptionError("a network needs at least one layer")
        width = self.encoder.dimensions
        for number, layer in enumerate(self.layers):
            if layer.inputs != width:
                raise OptionError(f"layer {number} reads {layer.inputs} numbers but gets {width}")
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
    def state(self) -> int:
        """The most numbers that a layer writes: units, one for a clipped unit, and carried ones."""
        return max(layer.width for layer in self.layers)

    @property
    def neurons_total(self) -> int:
        """ReLUs in all layers; two for a clipped unit."""
        return sum(layer.neurons for layer in self.layers)

    @property
    def parameters(self) -> int:
        """Hidden weights, biases, and numbers of encoder and readout that the seed does not give.

        Of a sparse layer the stored entries count, and not their positions. The second ReLU of a
        clipped unit has the weights of the first and adds none.
        """
        # The size of a sparse array is the number of its stored entries.
        hidden = sum(int(layer.weights.size) + layer.bias.size for layer in self.layers)
        return hidden + self.provenance.readout_parameters

    def weight_bits(self) -> float:
        """Return the bits an ideal entropy coder needs for the hidden weights.

        That is their entropy times their number. The entropy is that of all entries of a weight
        matrix. Of a sparse layer those are the stored ones and the zeros between them, so that its
        positions are paid for and the number is the same as that of the layer stored in full. Which
        inputs are carried is paid for too.
        """
        return sum(
            _entropy_bits(layer.weights) + _choice_bits(len(layer.carried), layer.inputs)
            for layer in self.layers
        )

    def run(self, on: Iterable[str]) -> list[str]:
        """Switch features on by name; return the names of the outputs that are on.

        Args:
            on: names of features, each as often as you like.

        Returns:
            Names of outputs, in the order of the readout.

        Raises:
            OptionError: `on` is no list of names.
            SourceError: a name is not the network's; the message has near ones.

        Example:
            >>> import polyseme as ps
            >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
            >>> ps.compile(circuit).run(["a", "b"])
            ['y0']
        """
        names: list[str] = registered("run")(self, on)
        return names

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save weights, encoder and readout (not the answer key) as `docs/format.md` describes.

        Args:
            path: the file to write; it appears whole or not at all.

        Raises:
            OptionError: `path` is no path.
            PolysemeError: the file cannot be written.
        """
        registered("save_network")(self, path)

    def to_torch(self, path: str | os.PathLike[str] | None = None) -> torch.nn.Module:
        """Return the network as plain torch layers; needs the `torch` extra.

        Args:
            path: a file to write the state dict to as well, as safetensors.

        Returns:
            A `torch.nn.Sequential` that takes (samples, features) of 0 and 1 and returns (samples,
            outputs), 0 or more if an output is on. Its modules are `encoder`, `layer0`, `relu0`
            (`clip0` or `square0`), `layer1`, ..., `readout`; a layer that carries numbers is one
            module `residual0` around its two.

        Raises:
            MissingExtraError: torch is not installed.
            CapacityError: a part would exceed 4 GiB as a dense matrix.
            OptionError: `path` is no path.
            PolysemeError: the file cannot be written.
        """
        module: torch.nn.Module = registered("to_torch")(self, path)
        return module

    def to_onnx(self, path: str | os.PathLike[str] | None = None) -> bytes:
        """Return the network as an ONNX model; needs the `onnx` extra.

        Args:
            path: a file to write the model to as well.

        Returns:
            The serialised model, the same bytes for the same network. Input `features` float32
            (batch, features) holds 0 and 1; `outputs` float32 (batch, outputs) is 0 or more if
            `on`, Boolean, is true.

        Raises:
            MissingExtraError: onnx is not installed.
            CapacityError: a part would exceed 4 GiB, or the file 2 GiB.
            OptionError: `path` is no path.
            PolysemeError: the file cannot be written.
        """
        model: bytes = registered("to_onnx")(self, path)
        return model

    def __repr__(self) -> str:
        """One line, without the arrays."""
        layers = "1 layer" if len(self.layers) == 1 else f"{len(self.layers):,} layers"
        return (
            f"Network({shortened(self.provenance.source)!r}, "
            f"{shortened(self.provenance.construction, 20)}: {self.neurons_total:,} ReLUs in "
            f"{layers}, {len(self.encoder.features):,} features, {self.provenance.gates:,} gates, "
            f"{len(self.readout.outputs):,} outputs)"
        )

    def __str__(self) -> str:
        """A small table."""
        return text_table(self._title, self._rows)

    def _repr_html_(self) -> str:
        """Return the same table in a notebook."""
        return html_table(self._title, self._rows)

    @property
    def _title(self) -> str:
        construction = shortened(self.provenance.construction, 20)
        return f"{shortened(self.provenance.source)}, compiled by {construction}"

    @property
    def _rows(self) -> Rows:
        layers = [(f"layer {i}", layer.described) for i, layer in enumerate(self.layers)]
        if len(layers) > _MOST_ROWS:
            kept = _MOST_ROWS // 2
            between = ("…", f"{len(layers) - 2 * kept:,} layers more")
            layers = [*layers[:kept], between, *layers[-kept:]]
        exact = self.provenance.monosemantic_neurons
        where = " in its widest layer" if len(self.layers) > 1 else ""
        return [
            ("encoder", self.encoder.described),
            *layers,
            ("readout", self.readout.described),
            ("ReLUs", f"{self.neurons_total:,}, at most {self.neurons:,} per layer"),
            ("gates", f"{self.provenance.gates:,}; an exact network takes {exact:,} ReLUs{where}"),
            ("parameters", f"{self.parameters:,}"),
            ("promise", f"at most {self.provenance.active} features on"),
            ("answer key", "none at hand" if self.key is None else repr(self.key)),
        ]


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
    """Return entropy of a mask that marks so many."""
    share = np.array([chosen, among - chosen]) / among
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum() * among)
