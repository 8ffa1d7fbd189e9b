"""The network: an encoder from names to numbers, hidden layers, a readout from numbers to names.

All compiled weights are small integers and all scales are powers of two, so a compiled network of
one hidden layer computes the same numbers, to the last bit, in float32, float64 or integers, dense
or sparse, here or in another tool. Values gain bits in every further layer, and round once they
have more than float32 holds: deeper networks, and trained ones with weights of float32, make the
same decisions up to that rounding (`docs/format.md`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import check_below
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.registry import registered
from polyseme.networks.sites import site_names
from polyseme.networks.table import html_table, text_table

if TYPE_CHECKING:
    import torch

# The construction of networks that no construction made.
TRAINED = "trained"


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
    def is_whole(self) -> bool:
        """True if all weights are whole numbers, as those of compiled networks are."""
        return self.readout.is_whole and all(layer.is_whole for layer in self.layers)

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
        inputs are carried is paid for too. Weights of float32 count 32 bits each.
        """
        return sum(layer.weight_bits for layer in self.layers)

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the places whose numbers can be seen and changed, in the order of computing.

        They are the keys of `activations`, of `run_with_cache` of the torch module, and names of
        that module's modules.
        """
        return site_names(len(self.layers))

    @overload
    def run(self, on: Sequence[str]) -> list[str]: ...

    @overload
    def run(self, on: Any) -> Any: ...

    def run(self, on: Any) -> Any:
        """Switch features on; return the outputs that are on.

        Args:
            on: names of features, each as often as you like; or several such sets; or a matrix
                (samples, features) of numpy, scipy or torch. 0 is off and 1 is on; any other number
                scales what the encoder adds for the feature, in float32.

        Returns:
            Names of outputs, in the order of the readout; a list of them per set; or for a matrix
            Booleans (samples, outputs), sparse for a sparse one. A `PolysemeWarning` says where
            more features are on (at a half or more) than the network was compiled for.

        Raises:
            OptionError: `on` is none of these.
            SourceError: a name is not the network's; the message has near ones.
            CapacityError: a dense result would exceed 4 GiB.

        Example:
            >>> import polyseme as ps
            >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
            >>> network = ps.compile(circuit)
            >>> network.run(["a", "b"])
            ['y0']
            >>> network.run([["a"], ["a", "b"], []])
            [[], ['y0'], []]
            >>> network.run(network.sample("satisfied", 3)).tolist()
            [[True], [True], [True]]
        """
        return registered("run")(self, on)

    def activations(self, on: Any) -> dict[str, NDArray[np.float32]]:
        """Return the numbers at every site.

        Args:
            on: features that are on, as for `run`.

        Returns:
            A float32 array (samples, width) for each of `sites`.

        Raises:
            OptionError: `on` is no input.
            SourceError: a name is not the network's.
            CapacityError: the arrays would exceed 4 GiB.

        Example:
            >>> import polyseme as ps
            >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
            >>> seen = ps.compile(circuit).activations([["a"], ["a", "b"]])
            >>> list(seen)
            ['hook_embed', 'layers.0.hook_pre', 'layers.0.hook_post', 'hook_readout']
            >>> seen["layers.0.hook_post"].tolist()
            [[0.0], [1.0]]
        """
        found: dict[str, NDArray[np.float32]] = registered("activations")(self, on)
        return found

    def sample(
        self,
        inputs: str = "satisfied",
        samples: int = 1000,
        *,
        active: int | None = None,
        seed: int = 1,
        sparse: bool = False,
    ) -> Any:
        """Draw inputs of a kind, those on which `polyseme.verify` tries the network.

        Args:
            inputs: the kind, one that `polyseme.input_kinds` lists; all but "uniform" need the
                answer key.
            samples: the number of inputs; of "alone" it is the most.
            active: features on at once; by default the promise of the network.
            seed: the seed of the inputs.
            sparse: return a matrix in sparse rows, for many features.

        Returns:
            Booleans (samples, features), which `run`, `activations` and `key.labels` take.

        Raises:
            OptionError: an argument is of a wrong type or out of range, or the key is missing.
            CapacityError: the matrix would exceed 4 GiB.

        Example:
            >>> import polyseme as ps
            >>> network = ps.compile(ps.problems.pairwise_and(1000, 1000), neurons=600)
            >>> on = network.sample("uniform", 200)
            >>> on.shape, on.sum(axis=1).max()
            ((200, 1000), np.int64(3))
        """
        return registered("sample")(self, inputs, samples, active, seed, sparse)

    def activation_batches(
        self,
        site: str | int,
        samples: int | None = None,
        batch: int = 4096,
        *,
        inputs: str = "satisfied",
        active: int | None = None,
        seed: int = 1,
    ) -> Iterator[torch.Tensor]:
        """Draw inputs of a kind and yield the numbers at a site, for training on; needs torch.

        Nothing is held but what is yielded next, and no layer behind the site is run. The samples
        are the same, in the same order, whatever the size of a batch.

        Args:
            site: one of `sites`, by either name, or the number of a layer for its `hook_post`.
            samples: how many in all; None goes on for ever.
            batch: samples of a batch; the last may be smaller.
            inputs: the kind, one that `polyseme.input_kinds` lists; all but "uniform" need the
                answer key.
            active: features on at once; by default the promise of the network.
            seed: the seed of the inputs.

        Returns:
            Tensors of float32 (batch, width).

        Raises:
            MissingExtraError: torch is not installed.
            OptionError: an argument is of a wrong type or out of range, or the key is missing.

        Example:
            >>> import polyseme as ps
            >>> network = ps.compile(ps.problems.pairwise_and(1000, 1000), neurons=600)
            >>> [tuple(one.shape) for one in network.activation_batches(0, 1000, batch=400)]
            [(400, 592), (400, 592), (200, 592)]
        """
        found: Iterator[torch.Tensor] = registered("activation_batches")(
            self, site, samples, batch, inputs, active, seed
        )
        return found

    def card(self) -> str:
        """Return a page of Markdown that says what the network is, for people who meet its file.

        Every saved file holds it. It says what the network computes, its sizes, promise, origin and
        licence, and how to load it, and is the same for the same network.

        Example:
            >>> import polyseme as ps
            >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
            >>> print(ps.compile(circuit).card())
            # circuit
            <BLANKLINE>
            A network of 1 ReLU in 1 layer that computes 1 gate, compiled by polyseme (...).
            ...
        """
        found: str = registered("card")(self)
        return found

    def save(
        self, path: str | os.PathLike[str], key: str | os.PathLike[str] | bool = False
    ) -> None:
        """Save weights, encoder and readout as `docs/format.md` describes, with the key if asked.

        Args:
            path: the file to write; it appears whole or not at all.
            key: True also saves the answer key beside it (`net.key.safetensors` of
                `net.safetensors`), and a path saves it there. Both files are replaced or none, and
                the key says of which network it is. By default the network is saved alone.

        Raises:
            OptionError: `path` or `key` is no path, or there is no key.
            PolysemeError: a file cannot be written.

        Example:
            >>> import polyseme as ps
            >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
            >>> ps.compile(circuit).save("ands.safetensors", key=True)
            >>> ps.load("ands.safetensors").key
            AnswerKey('circuit': 1 terms in 1 layer)
        """
        registered("save_network")(self, path, key)

    def to_torch(self, path: str | os.PathLike[str] | None = None) -> torch.nn.Module:
        """Return the network as plain torch layers; needs the `torch` extra.

        Args:
            path: a file to write the state dict to as well, as safetensors.

        Returns:
            A `torch.nn.Sequential` that takes (samples, features) of 0 and 1 and returns (samples,
            outputs), 0 or more if an output is on. Its modules are `encoder`, `hook_embed`,
            `layers`, `readout` and `hook_readout`; those of a layer are `linear`, `hook_pre`,
            `activation` and `hook_post`. Every `hook_...` is a `torch.nn.Identity` for hooks, one
            of `sites`; `module.run_with_cache(inputs)` returns the outputs and the numbers at all
            of them, and `module.run_with_hooks(inputs, [(name, fn)])` runs with functions there.

        Raises:
            MissingExtraError: torch is not installed.
            CapacityError: its matrices would exceed 4 GiB, all dense.
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
            CapacityError: its matrices would exceed 4 GiB, all dense, or the file 2 GiB.
            OptionError: `path` is no path.
            PolysemeError: the file cannot be written.
        """
        model: bytes = registered("to_onnx")(self, path)
        return model

    def explore(self, beside: Network | None = None) -> Any:
        """Return the network's explorer: a notebook shows it, and `save` writes it as one page.

        Its answer key is in it if the network has one.

        Args:
            beside: another network of the same circuit, a refined one say, to compare with.

        Returns:
            An explorer; `save(path)` writes its page, which needs nothing else.

        Raises:
            OptionError: `beside` is no network, or has other features or none of the outputs.

        Example:
            >>> import polyseme as ps
            >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
            >>> ps.compile(circuit).explore()
            Explorer(...; a notebook shows it, .save(path) writes it)
        """
        return registered("explore")(self, beside)

    def __repr__(self) -> str:
        """One line, without the arrays."""
        line: str = registered("network_line")(self)
        return line

    def __str__(self) -> str:
        """A small table."""
        return text_table(*registered("network_table")(self))

    def _repr_html_(self) -> str:
        """Return the same table in a notebook."""
        return html_table(*registered("network_table")(self))
