"""A tight frame network of a circuit with gates by the thousand."""

from __future__ import annotations

import numpy as np

from polyseme.circuits.problems import pairwise_and
from polyseme.circuits.terms import terms_of
from polyseme.compiler.compile import compile
from polyseme.verification.inputs import draw_inputs

CIRCUIT = pairwise_and(1500, 1500)


def tight(neurons=420, seed=0):
    return compile(CIRCUIT, neurons=neurons, construction="tight-frames", seed=seed)


def rows_of(samples, active=3):
    return draw_inputs("satisfied", terms_of(CIRCUIT), active, samples, np.random.default_rng(7))
