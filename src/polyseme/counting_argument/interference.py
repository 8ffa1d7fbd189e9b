"""Tell the inputs of gates from interference, by the codes that sender and receiver share.

In a network whose readings add up, feature a alone makes output g read

    (R W A^T)_ga,   W = R^T L A,

R and A being the signed codes of outputs and features, and L having one number per input of a gate
(`compiler/constructions/frames/joint_reads.py`). For every output a few features are known that
read like inputs, the true inputs among them. Conjugate gradients find the entries of L that explain
*all* these readings together. The entries are far from 0 at inputs of gates, and near 0 where the
codes of other gates happen to add up to such a reading. W itself is never looked at.
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
    """Return the entries of L at each output's likely features, float32 (outputs, likely).

    `shares` (outputs, likely) are the readings of these features alone, 1 for an input of a gate.
    If outputs do not read a code with signs, nothing can be explained, and an entry is 1 minus the
    distance of its reading from 1.
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
