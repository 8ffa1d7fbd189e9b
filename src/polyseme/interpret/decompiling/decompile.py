"""The circuit of a network, read back from the network alone: `ps.decompile`.

There are three levels. Which one a network is read at depends on what there is to read:

- *terms*, one hidden layer with encoder and readout: all small sets of features that switch an
  output, exactly (`one_layer.py`);
- *layers*, several hidden layers: the columns of each, from weights (`layers.py`), and then the
  network is run on inputs that the circuit found says should switch its gates;
- *blind*, the hidden weights alone, each unit at any place and of any positive scale: the columns
  of each layer over the numbers that the first one reads. If those are features, it tells the
  gates; where features share them, no gate can be told so.

The answer key is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.names import Names
from polyseme.common.arguments import instance, whole_number
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.errors import OptionError
from polyseme.interpret.decompiling.agreement import number_of_gates
from polyseme.interpret.decompiling.columns import Held
from polyseme.interpret.decompiling.layers import encoded, read_layers
from polyseme.interpret.decompiling.one_layer import one_layer_terms
from polyseme.networks.activation import Square
from polyseme.networks.network import Network
from polyseme.verification.sampling import Verification, verify

TERMS, LAYERS, BLIND = "terms", "layers", "blind"
# Inputs on which a circuit read from layers is compared with its network.
SAMPLES = 2000


@dataclass(frozen=True, eq=False)
class Decompiled:
    """A circuit read back from a network.

    Attributes:
        circuit: The circuit: features and outputs have the network's names, or at the level `blind`
            are `number0`, ... and `column0`, ...
        level: What it was read from: "terms", "layers" or "blind".
        gates: Number of gates, of which identities are none, and an AND of ANDs is one.
        strays: Sets of features that switch an output too but were taken for noise; of `terms`.
        unread: Outputs that no gate was found for; they are constant in the circuit.
        check: The network compared with the circuit found on inputs that switch its gates; None
            where every output was computed exactly (`terms`), and where there are no names
            (`blind`).
    """

    circuit: Circuit
    level: str
    gates: int
    strays: int = 0
    unread: int = 0
    check: Verification | None = None

    def __str__(self) -> str:
        """Return one sentence for a notebook or a terminal."""
        doubts = f"; {self.strays:,} sets were taken for noise" if self.strays else ""
        doubts += f"; {self.unread:,} outputs could not be read" if self.unread else ""
        return f"{self.gates:,} gates, read from {_SOURCES[self.level]}{doubts}"


_SOURCES = {
    TERMS: "weights, encoder and readout",
    LAYERS: "weights, encoder and readout, layer by layer",
    BLIND: "hidden weights alone",
}


def decompile(
    network: Network,
    *,
    active: int | None = None,
    blind: bool = False,
    progress: Watcher = None,
) -> Decompiled:
    """Return the circuit that a network computes, from the network alone, without its answer key.

    Args:
        network: A network of ReLUs or clipped units; its key, if it has one, is not looked at.
        active: Most features in a term of a network of one hidden layer; by default the promise of
            the network.
        blind: Read the hidden weights and biases only: no encoder, no readout, no names.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The circuit, what it was read from, and what is doubtful about it.

    Raises:
        OptionError: An argument is of a wrong type, or the network has units that square.
        CapacityError: Readings may be too large for float32, or too many sets switch an output.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.read("y = a & b | ~c & d; z = a ^ c")
        >>> found = ps.decompile(ps.compile(circuit, active=2))
        >>> found.level, found.gates
        ('terms', 6)
        >>> ps.agreement(found.circuit, circuit).equivalent
        True
    """
    instance("network", network, Network, "a network")
    instance("blind", blind, bool, "True or False")
    features = len(network.encoder.features)
    promise = network.provenance.active if active is None else active
    most = min(whole_number("active", promise, 1), features)
    if any(isinstance(layer.activation, Square) for layer in network.layers):
        raise OptionError("the units of this network are squares; networks of ReLUs are decompiled")
    bare = replace(network, key=None)
    with watched(progress):
        if blind:
            return _blind(bare)
        if len(bare.layers) > 1 or len(bare.layers[0].carried):
            return _of_layers(bare, most)
        return _of_terms(bare, most)


def _of_terms(network: Network, active: int) -> Decompiled:
    one = one_layer_terms(network, active)
    names = network.encoder.features, network.readout.outputs
    circuit = one.found.circuit(*names, "decompiled")
    return Decompiled(circuit, TERMS, number_of_gates(circuit), strays=one.strays)


def _of_layers(network: Network, active: int) -> Decompiled:
    below, features = encoded(network.encoder.code), network.encoder.features
    read = read_layers(network.layers, below, features, network.readout, "decompiled")
    circuit = read.circuit
    with phase("running the network"):
        check = verify(network, circuit, active=active, samples=SAMPLES, inputs="mixed")
    return Decompiled(circuit, LAYERS, number_of_gates(circuit), unread=read.unread, check=check)


def _blind(network: Network) -> Decompiled:
    numbers = network.layers[0].inputs
    moves = sp.eye_array(numbers, dtype=np.float32, format="csr")
    below = Held(np.arange(numbers), moves, np.zeros(numbers, np.float32))
    features = Names(prefix="number", count=numbers)
    circuit = read_layers(network.layers, below, features, None, "decompiled").circuit
    return Decompiled(circuit, BLIND, number_of_gates(circuit))
