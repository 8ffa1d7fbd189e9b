"""The view of an answer key that the browser gets: the circuit, and the units of every column.

A network file says nothing of purposes, and terms follow from the circuit of a key by rules that
the browser should not repeat. So they are written out here, in the container of network files,
which the JavaScript runner reads as it is.
"""

from __future__ import annotations

import json

import numpy as np

from polyseme.errors import OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.saving.files import network_pieces
from polyseme.networks.saving.safetensors_layout import safetensors_pieces
from polyseme.networks.saving.tensors import Tensors

_VIEW = "polyseme-view"


def network_data(network: Network) -> bytes:
    """Return the bytes of the network file."""
    return b"".join(network_pieces(network))


def view_data(network: Network) -> bytes:
    """Return the bytes of a view: what the browser is told of the answer key.

    It has the circuit as key files have it (`circuit.kinds` and so on). Of one hidden layer it has
    the terms: `terms.output`, `terms.offsets`, `terms.literals` and `terms.signs`. Of every layer
    it has `layers.N.offsets` and `layers.N.units`, the units of each column, and, in a deeper
    network, `layers.N.names`, one name per line.

    Raises:
        OptionError: The network has no answer key.
    """
    key = network.key
    if key is None:
        raise OptionError("the network has no answer key; the explorer shows it without purposes")
    circuit = key.circuit
    tensors: Tensors = {
        "circuit.kinds": circuit.kinds,
        "circuit.fan_in_offsets": circuit.fan_in_offsets,
        "circuit.fan_in": circuit.fan_in,
        "circuit.outputs": circuit.outputs,
        "circuit.inverted": circuit.inverted.astype(np.uint8),
    }
    if key.has_terms:
        terms = key.terms
        tensors |= {
            "terms.output": terms.output,
            "terms.offsets": terms.offsets,
            "terms.literals": terms.literals,
            "terms.signs": terms.signs,
        }
    for number, layer in enumerate(key.layers):
        begin = f"layers.{number}."
        tensors |= {f"{begin}offsets": layer.offsets, f"{begin}units": layer.units}
        if not key.has_terms:
            tensors[f"{begin}names"] = _lines(key, number)
            tensors[f"{begin}inverted"] = layer.inverted.astype(np.uint8)
    about = {"format": _VIEW, "terms": key.has_terms, "circuit": circuit.name}
    metadata = {"polyseme": json.dumps(about, sort_keys=True)}
    return b"".join(bytes(piece) for piece in safetensors_pieces(tensors, metadata))


def _lines(key: AnswerKey, number: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    columns = len(key.layers[number].wires)
    words = "\n".join(key.describe(column, number) for column in range(columns))
    return np.frombuffer(words.encode(), np.uint8)
