"""Telling the inputs of gates from interference, by the codes that sender and receiver share.

Where readings add up, feature a alone makes output g read

    (R W A^T)_ga,   W = R^T L A,

R and A being the signed codes of outputs and features, L as many numbers as gates have inputs
(`compiler/constructions/joint_reads.py`). Of every output a few features are known that read like
inputs, true ones among them. The entries of L that explain *all* these readings together are found
by conjugate gradients: they are far from 0 at inputs of gates, and near 0 where the codes of other
gates happen to add up to such a reading. W itself is never looked at.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.compiler.constructions.frames.joint_reads import joint_strengths
from polyseme.networks.ends import Readout
from polyseme.networks.network import Network


def explaining_strengths(
    network: Network, likely: NDArray[np.int32], shares: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The entries of L at each output's likely features, float32 (outputs, likely).

    `shares` (outputs, likely) are the readings of those features alone, 1 for an input of a gate.
    Where outputs do not read a code with signs, nothing is explained, and it is 1 less how far off
    each reading is.
    """
    code = _code_read(network.readout, network.layers[-1].units)
    if code is None:
        return 1 - np.abs(shares - 1)
    offsets = np.arange(len(likely) + 1) * likely.shape[1]
    entries = (shares.astype(np.float32).ravel(), likely.ravel(), offsets)
    wanted = sp.csr_array(entries, shape=(len(likely), len(network.encoder.features)))
    return joint_strengths(wanted, code, network.encoder.code).reshape(likely.shape)


def _code_read(readout: Readout, neurons: int) -> SparseCode | None:
    lengths = np.diff(readout.offsets)
    if (lengths != lengths[0]).any() or (np.abs(readout.weights) != 1).any():
        return None
    shape = (len(lengths), int(lengths[0]))
    signs = readout.weights.astype(np.int8).reshape(shape)
    return SparseCode(neurons, readout.neurons.reshape(shape), signs)
