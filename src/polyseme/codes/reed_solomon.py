"""Reed-Solomon codes, in which any two features share few neurons even in the worst case."""

from __future__ import annotations

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.errors import CapacityError, OptionError


def reed_solomon_code(
    features: int, weight: int, degree: int, generator: np.random.Generator | None = None
) -> SparseCode:
    """Give each feature a polynomial of degree < `degree` and the neurons on its graph.

    With q = `smallest_field(features, weight, degree)`, feature i is the polynomial over the
    integers mod q whose coefficients are the digits of i in base q, constant term first. It uses
    one neuron per place t = 0 .. weight-1, neuron t*q + (its value at t), of weight*q neurons in
    all. Neurons are used equally often, to within one. With `generator`, the same codewords are
    dealt to the features in random order.

    Theorem (Reed and Solomon 1960; Kautz and Singleton 1964 for the supports). Two features share
    at most lam = degree - 1 neurons, because their difference is a non-zero polynomial of degree at
    most lam, which has at most lam roots in a field.

    Consequence. Let any `active` = s features be on, x the sum of their codes. The mean of x over a
    feature's own neurons is at least 1 if it is on and at most lam*s/weight if not, so

    - if weight > 2*lam*s, comparing that mean with one half decodes every such set without error;
    - if weight > lam*s, so does the rule that a feature is on if all its neurons are, even from the
      union min(x, 1).

    Both conditions are sharp for the code of all q**degree polynomials, some of which meet a given
    feature in any lam of its neurons (at weight = 2*lam*s its mean can equal one half).

    Raises OptionError unless features >= 0 and 1 <= degree <= weight (with more coefficients than
    places, codewords would repeat), and CapacityError if int32 cannot number the neurons.
    """
    field = smallest_field(features, weight, degree)
    if weight * field > np.iinfo(np.int32).max:
        raise CapacityError(f"a code of {weight} x {field} neurons is too large to number in int32")
    codewords = np.arange(features) if generator is None else generator.permutation(features)
    places = np.arange(weight)
    values = np.zeros((features, weight), np.int64)
    for digit in reversed(_digits(codewords, field, degree)):
        # Horner's rule; field < 2^31, so no product overflows int64.
        values = (values * places + digit[:, np.newaxis]) % field
    positions = (places * field + values).astype(np.int32)
    return SparseCode(weight * field, positions, np.ones(positions.shape, np.int8))


def smallest_field(features: int, weight: int, degree: int) -> int:
    """Return the smallest prime q with q >= weight places and q**degree >= features codewords.

    A Reed-Solomon code then takes weight*q neurons. Raises OptionError unless
    1 <= degree <= weight and features >= 0.
    """
    if features < 0:
        raise OptionError(f"a code cannot hold {features} features")
    if not 1 <= degree <= weight:
        raise OptionError(f"degree {degree} must lie in 1..{weight}, the weight of the code")
    field: int = max(2, weight, round(features ** (1 / degree)) - 1)
    while field**degree < features or not _is_prime(field):
        field += 1
    return field


def largest_field(neurons: int, weight: int) -> int:
    """Return the largest prime q with q >= weight and weight*q <= neurons.

    A Reed-Solomon code of that weight then fits in `neurons` and holds up to q**degree features.
    Raises CapacityError if there is no such prime.
    """
    if weight < 1:
        raise OptionError(f"a code of weight {weight} uses no neuron")
    for field in range(neurons // weight, max(weight, 2) - 1, -1):
        if _is_prime(field):
            return field
    raise CapacityError(
        f"no prime field of {weight} or more elements fits {weight} times in {neurons}"
    )


def _digits(numbers: NDArray[np.int64], base: int, count: int) -> list[NDArray[np.int64]]:
    """Return the last `count` digits of each number, lowest first."""
    digits = []
    for _ in range(count):
        numbers, digit = np.divmod(numbers, base)
        digits.append(digit)
    return digits


def _is_prime(number: int) -> bool:
    return number >= 2 and all(number % divisor for divisor in range(2, isqrt(number) + 1))
