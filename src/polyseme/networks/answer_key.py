"""The answer key: what every neuron of a network is for.

A network file holds only what is needed to run it. The key holds what an interpretability method
would have to find: the circuit, which neurons each term was given, and the factors C and D of W.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms
from polyseme.codes.code import SparseCode

CHANNELS = ("output", "input", "mixed", "own")


@dataclass(frozen=True, eq=False)
class AnswerKey:
    """Circuit, terms, the channel and code of each term, and the factors of the weight matrix.

    W = `compression` @ `decompression.matrix()` exactly: `compression` int16 (neurons, features)
    computes and compresses, the decompression is the encoder's code read backwards; a feature that is
    fully on adds `unit` to a neuron's integer sum. Term t lives on
    `term_neurons[term_offsets[t]:term_offsets[t + 1]]` (int32) through channel
    `CHANNELS[term_channels[t]]`.
    """

    circuit: Circuit
    terms: Terms
    term_channels: NDArray[np.uint8]
    term_offsets: NDArray[np.int64]
    term_neurons: NDArray[np.int32]
    compression: sp.csr_array
    decompression: SparseCode
    unit: int

    def save(self, path: str) -> None:
        """Save the key as `docs/format.md` describes."""
        from polyseme.networks.files import save_key

        save_key(self, path)

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
