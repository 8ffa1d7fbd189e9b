"""Round refined weights to whole numbers, with an answer key that holds for them exactly.

W = C D must hold exactly, and D is given. Some of the features are an orthogonal basis of the
dimensions. Let H be their codes, with H H^T = w: any change of W is c H for c = change H^T / w, and
rounding c to whole numbers rounds the change. So C is the construction's, plus whole numbers on the
features of one basis, and rounding moves a weight by sqrt(w / 12) whole numbers on average. Descent
leaves many readings close to the margin that it asked for, and rounding as coarse as the
construction's would carry some of them past the threshold. So the resolution is finer, and W mostly
takes two bytes per weight. Weights on dimensions that the basis does not cover stay as they were.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.compiler.parts.weights import weight_matrix
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import EXACT
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

# A code whose bases leave more than this share of the dimensions uncovered is no union of bases.
_UNCOVERED = 0.25


def basis_features(code: SparseCode) -> NDArray[np.int64]:
    """Return the first features whose codes are an orthogonal basis, rising, int64 (basis,).

    Sets of places are taken in the order of their first features, if they are disjoint from those
    taken before. Of the features on a set, those orthogonal to each other are taken; a feature
    alone on a set is the basis of that set. Raises OptionError if much is left uncovered: such
    codes are no union of orthogonal bases.
    """
    order = np.argsort(code.positions, axis=1, kind="stable")
    places = np.take_along_axis(code.positions, order, axis=1)
    signs = np.take_along_axis(code.signs, order, axis=1).astype(np.int64)
    sets, first, which = np.unique(places, axis=0, return_index=True, return_inverse=True)
    members = np.split(
        np.argsort(which.ravel(), kind="stable"), np.cumsum(np.bincount(which.ravel()))[:-1]
    )
    taken = np.zeros(code.neurons, bool)
    found: list[int] = []
    covered = 0
    for number in np.argsort(first):
        if taken[sets[number]].any():
            continue
        taken[sets[number]] = True
        group: list[int] = []
        for feature in members[number]:
            if not (signs[group] @ signs[feature]).any():
                group.append(int(feature))
        found += group
        covered += len(group) if len(members[number]) > 1 else code.weight
    if covered < (1 - _UNCOVERED) * code.neurons:
        raise OptionError("codes that are no orthogonal bases cannot be refined")
    return np.sort(np.array(found, np.int64))


def quantised(
    network: Network,
    key: AnswerKey,
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    finest: int,
) -> Network:
    """Return the network with rounded weights and biases, and with a key that has their C.

    `weights` and `bias` are in features. `key` is the network's; `finest` is the least resolution.
    Raises CapacityError if two bytes do not hold C or W.
    """
    held = key.layers[0]
    assert held.compression is not None
    basis, layer = basis_features(key.encoder), network.layers[0]
    codes = sp.csr_array(key.encoder.matrix()[basis])
    finer = max(1, finest // held.resolution)
    resolution = finer * held.resolution
    change = weights * np.float32(resolution) - layer.weights * np.float32(finer)
    added = np.rint(np.asarray(codes @ change.T).T / np.float32(key.encoder.weight))
    narrow = sp.csr_array(added.astype(np.int32))
    entries = (narrow.data, basis[narrow.indices], narrow.indptr)
    wider = sp.csr_array(entries, shape=held.compression.shape)
    compress = (held.compression.astype(np.int32) * np.int32(finer) + wider).tocsr()
    if abs(compress).max() > np.iinfo(np.int16).max:
        raise CapacityError("the descent left the range of weights; refine for fewer passes")
    compress = compress.astype(np.int16)
    compress.eliminate_zeros()
    compress.sort_indices()
    whole = np.clip(np.rint(bias * np.float32(resolution)), 1 - EXACT, EXACT - 1).astype(np.int32)
    return replace(
        network,
        layers=(Layer(weight_matrix(compress, key.encoder), whole, 1.0 / resolution),),
        key=replace(key, layers=(replace(held, compression=compress, resolution=resolution),)),
    )
