"""The answer key: the purpose of every unit of a network.

A network file holds only what the network needs to run. The key holds what an interpretability
method would have to find: the circuit, the units that serve each part of it, and the factors of the
weights.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.term_wires import wires_of_terms
from polyseme.circuits.terms import Terms, terms_of
from polyseme.codes.code import SparseCode
from polyseme.common.arguments import shown_value, whole_number
from polyseme.errors import OptionError
from polyseme.networks.layer_key import LayerKey
from polyseme.networks.registry import registered
from polyseme.networks.table import shortened

# The parts of a network that a key is about.
_PARTS = ("encoder", "layers", "readout", "provenance")


@dataclass(frozen=True, eq=False, repr=False)
class AnswerKey:
    """Circuit, the encoder's code, and a `LayerKey` for every hidden layer, first to last.

    Args:
        circuit: the circuit that the network computes.
        encoder: the code of the features.
        layers: the key of every layer.

    Raises:
        OptionError: a layer is not about the circuit, or does not read the one before.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.problems.pairwise_and(1000, 1000), neurons=600)
        >>> network.key.belongs_to(network)
        True
        >>> len(network.key.columns_of(0)) > 10
        True
    """

    circuit: Circuit
    encoder: SparseCode
    layers: tuple[LayerKey, ...]

    def __post_init__(self) -> None:
        """Check that every layer is about the circuit and reads the one before."""
        if not self.layers:
            raise OptionError("an answer key needs at least one layer")
        below = len(self.circuit.features)
        if self.encoder.features != below:
            raise OptionError(f"{self.encoder.features} codes for {below} features")
        for number, layer in enumerate(self.layers):
            if layer.wires.min() < -1 or layer.wires.max() >= self.circuit.wires:
                raise OptionError(f"wires of layer {number} are not all wires of the circuit")
            matrix = layer.compression if layer.factors else layer.reads
            if matrix is not None and matrix.shape[1] != below:
                raise OptionError(f"layer {number} must read {below} columns")
            if matrix is not None and number:
                # Raises if the columns below have no one weight.
                _ = self.layers[number - 1].positions
            below = len(layer.wires)
        if any(layer.of_terms for layer in self.layers):
            self._check_terms()

    def _check_terms(self) -> None:
        if len(self.layers) > 1:
            raise OptionError("only a single layer holds terms")
        layer, terms = self.layers[0], self.terms
        if len(layer.wires) != len(terms):
            raise OptionError(f"{len(layer.wires)} columns for the {len(terms)} terms")
        if layer.inverted.any() or self.circuit.inverted.any():
            raise OptionError("where columns are terms, neither they nor outputs can be inverted")
        if not np.array_equal(layer.wires, wires_of_terms(self.circuit)):
            raise OptionError("wires of layer 0 are not those of the terms")

    @property
    def has_terms(self) -> bool:
        """True if columns are the circuit's terms: those of a single hidden layer."""
        return self.layers[0].of_terms

    @property
    def terms(self) -> Terms:
        """The circuit as an OR of terms per output, column t of the layer being term t.

        Raises:
            OptionError: the columns are wires.
        """
        if not self.has_terms:
            raise OptionError("the columns of this key are wires, not terms")
        return terms_of(self.circuit)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the key as `docs/format.md` describes.

        Args:
            path: the file to write; it appears whole or not at all.

        Raises:
            OptionError: `path` is no path.
            PolysemeError: the file cannot be written.
        """
        registered("save_key")(self, path)

    def belongs_to(self, network: Any) -> bool:
        """Return whether the key is true of a network, as far as weights can tell.

        Names and codes must agree, the weights of every layer must be those of its key to the last
        integer, terms must be read by their own units and by as many channels as the network says,
        every output must read the units of its own columns, and with no feature on every wire must
        read as off.

        Args:
            network: a network, or anything with its encoder, layers, readout and provenance.

        Raises:
            OptionError: `network` is none.
        """
        if not all(hasattr(network, part) for part in _PARTS):
            raise OptionError(f"network is {shown_value(network)}; it must be a network")
        return not registered("contradiction")(self, network)

    def hosts(self, layer: int = 0) -> sp.csr_array:
        """Return which columns each unit of a layer serves, Boolean (width, columns)."""
        return self._layer(layer).hosts()

    def _layer(self, layer: int) -> LayerKey:
        return self.layers[whole_number("layer", layer, 0, len(self.layers) - 1)]

    def columns_of(self, unit: int, layer: int = 0) -> NDArray[np.int64]:
        """Return the columns that a unit of a layer serves: its polysemanticity, by number."""
        return self._layer(layer).columns_of(unit)

    def describe(self, column: int, layer: int = 0) -> str:
        """Return a column of a layer in words.

        A term is its literals and the output it feeds, a wire the name of the feature or of an
        output that it is, or the gate's number, with "inverted" where its units are off when it is
        on.
        """
        held = self._layer(layer)
        column = whole_number("column", column, 0, len(held.wires) - 1)
        if self.has_terms:
            return self._described_term(column)
        wire = int(held.wires[column])
        name = self.circuit.known_as(wire) if wire >= 0 else "part of an XOR"
        return name + (", inverted" if held.inverted[column] else "")

    def _described_term(self, term: int) -> str:
        begin, end = self.terms.offsets[term : term + 2]
        words = [
            ("" if sign > 0 else "not ") + self.circuit.features[int(feature)]
            for feature, sign in zip(
                self.terms.literals[begin:end], self.terms.signs[begin:end], strict=True
            )
        ]
        return f"{' & '.join(words)} -> {self.circuit.output_names[int(self.terms.output[term])]}"

    def neurons_of(self, name: str, layer: int | None = None) -> NDArray[np.int64]:
        """Return the units that serve an output or a feature.

        Args:
            name: the name of an output or, if there is no such output, of a feature.
            layer: the number of a layer; by default the first that holds what is named.

        Returns:
            Numbers of units, rising. In a network whose columns are terms they are the units of all
            terms of the output, or of all terms that read the feature; in a deeper one those that
            hold the wire, and none if the layer does not hold it.

        Raises:
            SourceError: nothing has this name; the message has near ones.
            OptionError: `name` is no text, or there is no such layer.

        Example:
            >>> import polyseme as ps
            >>> network = ps.compile(ps.problems.pairwise_and(1000, 1000), neurons=600)
            >>> units = network.key.neurons_of("g25")
            >>> all(" -> g25" in "".join(network.key.terms_of(unit)) for unit in units)
            True
        """
        units: NDArray[np.int64] = registered("neurons_of")(self, name, layer)
        return units

    def terms_of(self, unit: int, layer: int = 0) -> tuple[str, ...]:
        """Return in words the terms or, in a deep network, the wires that a unit serves.

        Args:
            unit: the number of the unit in its layer.
            layer: the number of the layer.

        Raises:
            OptionError: there is no such unit or layer.

        Example:
            >>> import polyseme as ps
            >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
            >>> ps.compile(circuit).key.terms_of(0)
            ('a & b -> y0',)
        """
        words: tuple[str, ...] = registered("terms_of")(self, unit, layer)
        return words

    def directions(self, site: int | str = 0) -> sp.csr_array:
        """Return the direction of everything that a site holds: a unit vector each.

        At `hook_embed` it is the code of the feature; behind a layer it is + or - on the units of
        the term or wire; at `hook_readout` it is the output's own number. `docs/sites.md` has the
        definition and its reason.

        Args:
            site: `hook_embed`, `layers.N.hook_post`, `hook_readout`, or the number of a layer,
                which stands for its `hook_post`.

        Returns:
            float32 (features, columns of the layer, or outputs; width of the site), sparse rows.

        Raises:
            OptionError: there is no such site, or it is a `hook_pre`.

        Example:
            >>> import polyseme as ps
            >>> network = ps.compile(ps.problems.pairwise_and(1000, 1000), neurons=600)
            >>> network.key.directions("layers.0.hook_post").shape == (1000, network.neurons)
            True
        """
        return registered("directions")(self, site)

    def labels(self, on: Any, site: int | str = 0) -> sp.csr_array:
        """Return what a site should hold for inputs: the truth, by the circuit.

        Args:
            on: features that are on, as for `Network.run`; of other numbers than 0 and 1, a half or
                more is on.
            site: the site, as for `directions`.

        Returns:
            Booleans (samples, things), sparse rows, in the order of the rows of `directions`. A
            column that is no wire of the circuit is off.

        Raises:
            OptionError: `on` is no input, or there is no such site.
            SourceError: a name is no feature.

        Example:
            >>> import polyseme as ps
            >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
            >>> ps.compile(circuit).key.labels([["a"], ["a", "b"]]).toarray().tolist()
            [[False], [True]]
        """
        return registered("labels")(self, on, site)

    def __repr__(self) -> str:
        """One line, without the arrays."""
        what = "terms" if self.has_terms else "wires"
        held = sum(len(layer.wires) for layer in self.layers)
        layers = "1 layer" if len(self.layers) == 1 else f"{len(self.layers):,} layers"
        return f"AnswerKey({shortened(self.circuit.name)!r}: {held:,} {what} in {layers})"


def term_key(
    circuit: Circuit,
    encoder: SparseCode,
    width: int,
    offsets: NDArray[np.int64],
    units: NDArray[np.int32],
    channels: NDArray[np.uint8],
    *,
    compression: sp.csr_array | None = None,
    reads: sp.csr_array | None = None,
    resolution: int = 0,
) -> AnswerKey:
    """Return the key of a network of one hidden layer, whose columns are the circuit's terms.

    The arguments are as in `LayerKey`; wires are found from the terms.
    """
    wires = wires_of_terms(circuit)
    layer = LayerKey(
        width,
        wires,
        offsets,
        units,
        np.zeros(len(wires), bool),
        of_terms=True,
        channels=channels,
        compression=compression,
        reads=reads,
        resolution=resolution,
    )
    return AnswerKey(circuit, encoder, (layer,))
