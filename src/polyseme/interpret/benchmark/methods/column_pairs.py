"""Scores of pairs of columns: what two inputs do together that neither does alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from polyseme.interpret.benchmark.methods.feature_claims import Floats

# Inputs per gate that are tried in pairs: those of the largest virtual weight of either sign.
CANDIDATES = 12
_CHUNK = 4096

# How far gates are on, (samples, gates), for vectors (samples, dimensions), from 0 at rest.
Respond: TypeAlias = Callable[[Floats], Floats]


def scores_of_pairs(virtual: Floats, codes: Floats, respond: Respond) -> Floats:
    """Return how likely each input is one of each gate, float32 (gates, inputs).

    The excess of a pair is what it makes of the gate beyond both inputs alone: large for an AND,
    as far below 0 for an OR, XOR or AND-NOT, about 0 for others. Where the largest excess of a gate
    is over half of what any input does alone, the score is the mean of the virtual weight and the
    largest excess of the input, each as a share of the gate's largest. Else the gate reads inputs
    one by one, and the score is the share of the virtual weight.

    Args:
        virtual: The product of matrices between inputs and gates, float32 (gates, inputs).
        codes: The vector of each input, float32 (inputs, dimensions).
        respond: What gates make of vectors.
    """
    alone = respond(codes).T
    scores = np.zeros_like(virtual)
    chosen = np.argsort(-np.abs(virtual), axis=1, kind="stable")[:, :CANDIDATES]
    first, second = np.triu_indices(chosen.shape[1], 1)
    step = max(1, _CHUNK // max(len(first), 1))
    for begin in range(0, len(virtual), step):
        gates = np.arange(begin, min(begin + step, len(virtual)))
        left, right = chosen[gates][:, first], chosen[gates][:, second]
        response = respond((codes[left] + codes[right]).reshape(-1, codes.shape[1]))
        own = np.repeat(gates, len(first))
        together = response[np.arange(len(own)), own].reshape(left.shape)
        row = gates[:, None]
        excess = together - alone[row, left] - alone[row, right]
        for gate, pairs, ends in zip(gates, excess, zip(left, right, strict=True), strict=True):
            scores[gate] = _of_gate(virtual[gate], alone[gate], pairs, *ends)
    return scores


def _of_gate(
    virtual: Floats, alone: Floats, excess: Floats, left: np.ndarray, right: np.ndarray
) -> Floats:
    largest = excess[np.abs(excess).argmax()] if len(excess) else 0.0
    if abs(largest) <= np.abs(alone).max(initial=0) / 2:
        return np.asarray(virtual / max(virtual.max(), 1e-12))
    # An input that takes away from the gate is one of an AND-NOT.
    weight = virtual if largest > 0 else np.abs(virtual)
    shares = np.zeros_like(virtual)
    for ends in (left, right):
        np.maximum.at(shares, ends, excess / largest)
    return np.asarray((weight / max(weight.max(), 1e-12) + shares) / 2)
