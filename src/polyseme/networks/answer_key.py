"""The answer key: what every neuron of a network is for.

A network file holds only what is needed to run it. The key holds what an interpretability method
would have to find: the circuit, which neurons each term was given, and the factors C and D of W.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms
from polyseme.codes.code import SparseCode
from polyseme.codes.row_kernels import Words, fits_in_words, is_worthwhile, spread
from polyseme.networks.checks import check_array, check_below, check_runs
from polyseme.networks.network import Layer, Network

CHANNELS = ("output", "input", "mixed", "own")
_BLOCK_ENTRIES = 4_000_000


@dataclass(frozen=True, eq=False)
class AnswerKey:
    """Circuit, terms, the channel and code of each term, and the factors of the weight matrix.

    W = `compression` @ `decompression.matrix()` exactly: `compression` int16 (neurons, features)
    computes and compresses, the decompression is the encoder's code read backwards; a feature that
    is fully on adds `unit` to a neuron's integer sum. Term t lives on
    `term_neurons[term_offsets[t]:term_offsets[t + 1]]` (int32) through channel
    `CHANNELS[term_channels[t]]`. Raises ValueError when an array does not serve the circuit.
    """

    circuit: Circuit
    terms: Terms
    term_channels: NDArray[np.uint8]
    term_offsets: NDArray[np.int64]
    term_neurons: NDArray[np.int32]
    compression: sp.csr_array
    decompression: SparseCode
    unit: int

    def __post_init__(self) -> None:
        """Check that every array serves the circuit, and that nothing points outside it."""
        features, outputs = len(self.circuit.features), len(self.circuit.outputs)
        _check_terms(self.terms, features, outputs)
        check_array("term channels", self.term_channels, np.uint8, 1)
        check_below("term channels", self.term_channels, len(CHANNELS))
        if len(self.term_channels) != len(self.terms):
            raise ValueError(f"{len(self.term_channels)} channels for {len(self.terms)} terms")
        check_array("term neurons", self.term_neurons, np.int32, 1)
        check_runs("term offsets", self.term_offsets, len(self.terms), len(self.term_neurons))
        check_below("term neurons", self.term_neurons, self.compression.shape[0])
        check_array("compression", self.compression.data, np.int16, 1)
        if self.compression.shape[1] != features or self.decompression.features != features:
            raise ValueError(f"compression and decompression must serve {features} features")
        check_below("features of the compression", self.compression.indices, features)
        if self.unit < 1 or self.unit & (self.unit - 1):
            raise ValueError(f"unit {self.unit} is not a power of two")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the key as `docs/format.md` describes."""
        from polyseme.networks.saving.files import save_key

        save_key(self, path)

    def belongs_to(self, network: Network) -> bool:
        """Whether the network has this key's names and codes, and W = C D to the last weight."""
        code, layer = network.encoder.code, network.layers[0]
        return (
            self.circuit.features == network.encoder.features
            and self.circuit.output_names == network.readout.outputs
            and self.decompression.neurons == code.neurons
            and np.array_equal(self.decompression.positions, code.positions)
            and np.array_equal(self.decompression.signs, code.signs)
            and self.compression.shape[0] == layer.units
            and self._multiplies_to(layer)
        )

    def _multiplies_to(self, layer: Layer) -> bool:
        """Whether C D is its weights, a block of rows at a time, in integers that cannot round."""
        compress, code = self.compression, self.decompression
        if not layer.is_sparse and is_worthwhile(compress.nnz, code) and fits_in_words(compress):
            return np.array_equal(spread(compress, Words.of(code)), layer.weights)
        decompress = code.matrix().astype(np.int64)
        rows = max(1, _BLOCK_ENTRIES // code.neurons)
        for begin in range(0, layer.units, rows):
            product = compress[begin : begin + rows].astype(np.int64) @ decompress
            weights = layer.weights[begin : begin + rows]
            if layer.is_sparse:
                same = not (product - weights).count_nonzero()
            else:
                same = np.array_equal(product.toarray(), weights)
            if not same:
                return False
        return True

    def hosts(self) -> sp.csr_array:
        """Which terms each neuron serves, Boolean (neurons, terms) in sparse rows."""
        ones = np.ones(len(self.term_neurons), bool)
        by_term = sp.csr_array(
            (ones, self.term_neurons, self.term_offsets),
            shape=(len(self.terms), self.compression.shape[0]),
        )
        return by_term.T.tocsr()

    def neuron_terms(self, neuron: int) -> NDArray[np.int64]:
        """Which terms a neuron serves: its polysemanticity, by number."""
        places = np.flatnonzero(self.term_neurons == neuron)
        return np.searchsorted(self.term_offsets, places, side="right") - 1

    def describe_term(self, term: int) -> str:
        """A term in words: its literals and the output it feeds."""
        begin, end = self.terms.offsets[term : term + 2]
        words = [
            ("" if sign > 0 else "not ") + self.circuit.features[int(feature)]
            for feature, sign in zip(
                self.terms.literals[begin:end], self.terms.signs[begin:end], strict=True
            )
        ]
        return f"{' & '.join(words)} -> {self.circuit.output_names[int(self.terms.output[term])]}"


def _check_terms(terms: Terms, features: int, outputs: int) -> None:
    check_array("outputs of terms", terms.output, np.int32, 1)
    check_array("literals", terms.literals, np.int32, 1)
    check_array("signs of literals", terms.signs, np.int8, 1)
    check_runs("offsets of literals", terms.offsets, len(terms), len(terms.literals))
    check_below("outputs of terms", terms.output, outputs)
    check_below("literals", terms.literals, features)
    if len(terms.signs) != len(terms.literals) or np.any(np.abs(terms.signs) != 1):
        raise ValueError("every literal needs a sign, +1 or -1")
