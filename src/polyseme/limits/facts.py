"""Tell relations from subjects in a circuit that holds a table of facts."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.limits.groups import distinct_rows


def relation_of_facts(terms: Terms) -> NDArray[np.int32] | None:
    """Return the feature that is the relation of each fact, int32 (terms,); None for no table.

    In a table every term is a pair of a subject and a relation, no pair occurs twice, all pairs of
    an output share its relation, and some output has several facts. Without such an output nothing
    would tell a table from any set of pairs.
    """
    if not ((terms.widths == 2).all() and (terms.signs > 0).all()):
        return None
    pairs = terms.literals.reshape(-1, 2)
    relation = _chosen_relations(terms, pairs)
    if relation is None or distinct_rows(np.sort(pairs, axis=1)) < len(pairs):
        return None
    is_relation = np.zeros(terms.features, bool)
    is_relation[relation] = True
    return relation if (is_relation[pairs].sum(axis=1) == 1).all() else None


def _chosen_relations(terms: Terms, pairs: NDArray[np.int32]) -> NDArray[np.int32] | None:
    """Return the relation of each term of a table: the feature that all pairs of an output share.

    In an output of one fact both features are shared. Its relation is then the feature that other
    outputs show to be a relation, or, if they show nothing, the feature that more facts read.
    """
    outputs, starts, output = np.unique(terms.output, return_index=True, return_inverse=True)
    first = pairs[starts]
    sides = [(pairs == first[output, side, None]).any(axis=1) for side in (0, 1)]
    common = np.stack([np.logical_and.reduceat(side, starts) for side in sides], axis=1)
    several = np.bincount(output) > 1
    if not several.any() or not common.any(axis=1).all():
        return None
    every = np.arange(len(outputs))
    shared = common.argmax(axis=1)
    known = np.unique(first[every, shared][several])
    rank = terms.influence + len(terms) * _role(terms.features, pairs, known)
    relation: NDArray[np.int32] = first[
        every, np.where(several, shared, rank[first].argmax(axis=1))
    ]
    return relation[output]


def _role(
    features: int, pairs: NDArray[np.int32], relations: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return the role of each feature given some relations: 1 relation, -1 subject, 0 unknown.

    A feature paired with a relation is a subject, and a feature paired with a subject is a
    relation. In a graph with two nodes per feature, "is a relation" and "is a subject", each pair
    makes two edges, and every node connected with a known node is true.
    """
    one, other = pairs.T
    edges = (np.concatenate((one, one + features)), np.concatenate((other + features, other)))
    shape = (2 * features, 2 * features)
    graph = sp.coo_array((np.ones(len(edges[0]), np.int8), edges), shape=shape)
    label = sp.csgraph.connected_components(graph, directed=False)[1]
    follows = np.isin(label, label[relations]).astype(np.int64)
    return follows[:features] - follows[features:]
