"""Codes of which any two words share at most one neuron, for nearly any number of neurons.

The neurons are `weight` places of q values each, and word (a, b) takes value a + t b mod q at place
t. Two words with different b agree at places t and t' only if (t - t')(b - b') = 0 mod q. For prime
q this is the Reed-Solomon code of degree 2, with q^2 words. For any other q, two words still share
at most one neuron if the slopes b are below q / g, where g is the largest common divisor of q with
a number below the weight. So q need not be prime, and few neurons are left over.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.balanced import balanced_code
from polyseme.codes.code import SparseCode
from polyseme.errors import CapacityError


def affine_places(features: int, neurons: int, weight: int) -> int:
    """Return the number of values per place in the code of `affine_code`; 0 if it does not fit.

    The code uses `weight` times that many neurons.
    """
    fitting = (q for q in _moduli(neurons, weight) if q * _slopes(q, weight) >= features)
    return next(fitting, 0)


def affine_code(
    features: int, neurons: int, weight: int, generator: np.random.Generator
) -> SparseCode:
    """Draw `features` words that share at most one neuron, two by two.

    Neurons are used evenly, because words come in runs of equal slope that use every neuron once.
    Raises CapacityError when the words do not fit (see `affine_places`).
    """
    q = affine_places(features, neurons, weight)
    if q == 0:
        raise CapacityError(f"{features} words of weight {weight} do not fit in {neurons} neurons")
    slopes = generator.permutation(_slopes(q, weight))[: -(-features // q)]
    start, run = np.divmod(generator.permutation(features), len(slopes))
    place = np.arange(weight)
    values = (start[:, None] + place * slopes[run][:, None]) % q
    signs = np.ones((features, weight), np.int8)
    return SparseCode(neurons, (values + q * place).astype(np.int32), signs)


def fewest_places(features: int, weight: int, fewest: int = 1) -> int:
    """Return the fewest values per place, at least `fewest`, with which the words fit."""
    places = max(fewest, math.isqrt(max(features - 1, 0)) + 1)
    while places * _slopes(places, weight) < features:
        places += 1
    return places


def affine_runs(
    features: int, places: int, weight: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Draw words as `affine_code` does, in order of their slopes, int32 (features, weight).

    So each run of `places` words, in order, uses every neuron once. `places` are the values per
    place, with which the words must fit (`fewest_places`).
    """
    runs = -(-features // places)
    slopes = np.repeat(generator.permutation(_slopes(places, weight))[:runs], places)[:features]
    starts = [generator.permutation(places) for _ in range(runs)]
    start, place = np.concatenate(starts)[:features], np.arange(weight)
    values = (start[:, None] + place * slopes[:, None]) % places
    return (values + places * place).astype(np.int32)


def affine_or_balanced_code(
    features: int, neurons: int, weight: int, generator: np.random.Generator
) -> SparseCode:
    """Draw words that share at most one neuron, two by two, if they fit, else a balanced code.

    Raises OptionError if not even one word fits.
    """
    if affine_places(features, neurons, weight):
        return affine_code(features, neurons, weight, generator)
    return balanced_code(features, neurons, weight, generator)


def _moduli(neurons: int, weight: int) -> range:
    """Return the values to try for q, the one that wastes the fewest neurons first."""
    largest = neurons // weight
    return range(largest, max(largest - 6, 0), -1)


def _slopes(modulus: int, weight: int) -> int:
    """Return the number of slopes with which no two words share two neurons."""
    return modulus // max(math.gcd(modulus, step) for step in range(1, max(weight, 2)))
