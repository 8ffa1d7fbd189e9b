"""Failing inputs that a method of proof found, run to confirm that they fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on


@dataclass(frozen=True)
class Failing:
    """An input: the features on, the output that is wrong, and whether that must be on."""

    on: tuple[int, ...]
    output: int
    must_be_on: bool


def wrong_outputs(network: Network, circuit: Circuit, on: Sequence[int]) -> tuple[int, ...]:
    """Return the outputs that are wrong when a network is run with some features on."""
    row = np.array([on], np.int32).reshape(1, -1)
    must = circuit.inverted.copy()
    must[evaluate_sparse(circuit, row).indices] ^= True
    found = np.zeros(len(must), bool)
    found[outputs_on(network, row).indices] = True
    return tuple(np.flatnonzero(must != found).tolist())


def confirm(network: Network, circuit: Circuit, failing: Failing) -> tuple[int, ...]:
    """Return the outputs that are wrong on a failing input.

    Raise AssertionError unless the network, when run, is wrong there as foretold.
    """
    row = np.array([failing.on], np.int32).reshape(1, -1)
    differs = failing.output in evaluate_sparse(circuit, row).indices
    must = bool(differs ^ circuit.inverted[failing.output])
    wrong = wrong_outputs(network, circuit, failing.on)
    if must != failing.must_be_on or failing.output not in wrong:
        raise AssertionError(
            f"the input {failing.on} does not make output {failing.output} wrong as computed"
        )
    return wrong
