"""Circuits whose outputs are ANDs of equally many features, as floors see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import one_layer_form


@dataclass(frozen=True)
class Ands:
    """A number of outputs, each the AND of `inputs` of the features.

    No feature is read by more than `heaviest` of them. With one input each, they are permuted
    features.
    """

    inputs: int
    features: int
    outputs: int
    heaviest: int

    @property
    def literals(self) -> int:
        """Number of inputs of all outputs."""
        return self.inputs * self.outputs

    @property
    def influence(self) -> float:
        """Mean number of outputs that read a feature."""
        return self.literals / self.features


def ands_of(circuit: Circuit) -> Ands | None:
    """Return the ANDs that a circuit's outputs are; None if an output is anything else."""
    form = one_layer_form(circuit)
    terms = form.terms
    if terms is None or not form.is_shallow:
        return None
    if not np.array_equal(terms.output, np.arange(terms.outputs)) or (terms.signs < 0).any():
        return None
    if terms.widths.min() != terms.widths.max():
        return None
    inputs, heaviest = int(terms.widths[0]), int(terms.influence.max())
    return Ands(inputs, terms.features, terms.outputs, heaviest)
