"""Parts of networks made by hand, each right unless told otherwise."""

from __future__ import annotations

import numpy as np

from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.networks.activation import Relu
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network, Provenance


def layer(weights=None, bias=None, scale=1.0, activation=None):
    weights = np.ones((2, 3), np.int8) if weights is None else weights
    return Layer(
        weights, np.zeros(2, np.int32) if bias is None else bias, scale, activation or Relu()
    )


def readout():
    return Readout(
        outputs=Names(["first", "second"]),
        offsets=np.array([0, 1, 3]),
        neurons=np.array([0, 1, 0], np.int32),
        weights=np.ones(3, np.int16),
        thresholds=np.array([0.5, 1.5], np.float32),
    )


def minimal(encoder=None, layers=None, ends=None, inputs=3):
    if encoder is None:
        encoder = Encoder(Names(["a"]), SparseCode(inputs, np.array([[0]]), np.array([[1]])))
    if layers is None:
        layers = (layer(weights=np.ones((2, inputs), np.int8)),)
    provenance = Provenance("made by hand", "none", 1, 0, 0, 2, 0, {})
    return Network(encoder, layers, ends or readout(), provenance)
