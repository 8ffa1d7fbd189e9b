"""A network of the suite from its spec, and its hash."""

from __future__ import annotations

import json
import warnings

from polyseme.compiler.compile import compile
from polyseme.errors import PolysemeWarning
from polyseme.interpret.benchmark.suite.spec import Spec
from polyseme.learning.refinement.refine import refine
from polyseme.networks.network import Network
from polyseme.networks.saving.digest import hashed
from polyseme.networks.saving.key_tensors import pack_key
from polyseme.networks.saving.tensors import Tensors, pack_layer


def built(name: str, spec: Spec) -> Network:
    """Return the network of a spec, compiled, and refined where the spec says so."""
    with warnings.catch_warnings():
        # That superposition does not pay at a few hundred features is no news here.
        warnings.simplefilter("ignore", PolysemeWarning)
        network = compile(
            spec.circuit(name),
            active=spec.active,
            neurons=spec.neurons,
            construction=spec.construction,
            seed=spec.seed,
        )
    return refine(network, passes=spec.passes).network if spec.passes else network


def hash_of(network: Network) -> str:
    """Return the SHA-256 of what a network and its key are: numbers and names, no remarks.

    The file of a network also has its provenance and card, whose wording may change.
    """
    ends, key = network.readout, network.key
    tensors: Tensors = {
        "encoder.positions": network.encoder.code.positions,
        "encoder.signs": network.encoder.code.signs,
        "readout.offsets": ends.offsets,
        "readout.neurons": ends.neurons,
        "readout.weights": ends.weights,
        "readout.thresholds": ends.thresholds,
    }
    for number, layer in enumerate(network.layers):
        tensors |= pack_layer(f"layers.{number}", layer)
    if key is not None:
        tensors |= {f"key.{name}": tensor for name, tensor in pack_key(key)[0].items()}
    text = {
        "dimensions": network.encoder.dimensions,
        "scales": [layer.scale for layer in network.layers],
        "activations": [layer.activation.stored for layer in network.layers],
        "features": list(network.encoder.features),
        "outputs": list(ends.outputs),
    }
    return hashed(tensors).with_text(json.dumps(text, sort_keys=True))
