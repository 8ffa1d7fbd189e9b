"""Inputs of a kind for a network, drawn as often as they are wanted.

What the draws have in common, the terms of the circuit or ways to switch its gates on, is found
once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.supports import guess_supports
from polyseme.circuits.terms import Terms, one_layer_form
from polyseme.networks.network import Network
from polyseme.verification.inputs import DEEP_DESCRIPTIONS, draw_deep_inputs, draw_inputs

# So many inputs: lists of active features, int32 (samples, active), padded with -1.
Draw: TypeAlias = Callable[[int, np.random.Generator], NDArray[np.int32]]


def drawing(network: Network, circuit: Circuit, inputs: str, active: int) -> Draw:
    """Return what draws inputs of a kind, so many at a time.

    It raises OptionError where `inputs` is no kind of inputs of this circuit.
    """
    terms = shallow_terms(network, circuit)
    if terms is None:
        switched = inputs in DEEP_DESCRIPTIONS and inputs != "uniform"
        supports = guess_supports(circuit, active) if switched else None
        return lambda samples, generator: draw_deep_inputs(
            inputs, circuit, active, samples, generator, supports
        )
    # The key has the terms on each neuron, but only for the circuit that the network was made from.
    hosts = _hosts(network, circuit)
    return lambda samples, generator: draw_inputs(inputs, terms, active, samples, generator, hosts)


def shallow_terms(network: Network, circuit: Circuit) -> Terms | None:
    """Return the terms of a circuit of one hidden layer; None for a deeper one.

    Circuits with constants or outputs that are 1 at rest count as deeper, and so do those whose
    network was compiled stage by stage.
    """
    key = network.key
    if key is not None and not key.has_terms:
        return None
    if key is not None and circuit is key.circuit:
        return key.terms
    form = one_layer_form(circuit)
    return form.terms if form.is_shallow else None


def _hosts(network: Network, circuit: Circuit) -> sp.csr_array | None:
    """Return the terms on each neuron, (neurons, terms); None if they are not placed on neurons."""
    key = network.key
    if key is None or not key.has_terms or circuit is not key.circuit:
        return None
    hosts = key.hosts()
    for_all = hosts.nnz == hosts.shape[0] * hosts.shape[1]
    return None if for_all or not key.layers[0].factors else hosts
