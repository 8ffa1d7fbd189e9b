"""Squares instead of ReLUs: products of coordinates are exact, so only codes interfere.

Theorem (Hänni, Mendel, Vaintrob and Chan 2024, in our words). Give m features signed codes a_i of
+1 and -1 in r dimensions, and let x be the sum of the codes of the features that are on. Units that
square sums of two coordinates span all products x_k x_l, exactly, with r^2 units (r (r + 1)/2
here). The product y_a y_b is read as

    (a_a . x)(a_b . x) / r^2 = sum over k, l of (a_ak a_bl / r^2) x_k x_l,

which is within about 2 eps of the truth when two features are on and no two codes have an inner
product above eps r. Such codes exist for m < exp(eps^2 r / 2) features, up to a constant.

The units are x_k^2 for every k and (x_k + x_l)^2 for every k < l, since 2 x_k x_l is
(x_k + x_l)^2 less x_k^2 and x_l^2. The readout of a pair then has the integer weights
(a_ak a_bl + a_al a_bk)/2, which are -1, 0 or 1, and 2 a_ak a_bk - (a_ak S_b + a_bk S_a)/2, where S
is the sum of a code's entries.

Declared size. With s features on, a feature that is on is read as 1 + e, where e is a mean of r
sums of s - 1 fair signs. A feature that is off is read as such a mean e of s signs. Suppose that e
stays within alpha for the features that are on, below beta for the other feature of a gate with one
input on, and within 1 - alpha for all others. Then t = (1 - alpha)^2, with beta = t / (1 + alpha),
decides every pair. At most s f gates have one input on, so it is enough that

    2 s P(e_on >= alpha) + s f P(e_off >= beta) + 2 m P(e_off >= 1 - alpha) <= error,

in exact binomial tails. The number r is the smallest with such an alpha. It grows as
s log(f / error), and as s log m in the end; n = r (r + 1)/2.

Error: a theorem, over the draw of the codes, on any input with at most s features on. The units are
no ReLUs: a ReLU network of this size computes something else. Inputs are in superposition as soon
as m > r. Stored: the r^2 ones of the weights and n biases of 0. Where the gates are not all the
pairs, the readout's entries count too.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.common.distributions import binomial_at_least
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.construction import Inputs, TaskConstruction
from polyseme.compiler.parts.assembly import (
    answer_key,
    crowds,
    finished,
    gate_inputs,
    is_universal,
    off_lattice,
    readout_of,
    refuses_gates,
    smallest_number,
)
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, TooFewNeuronsError
from polyseme.networks.activation import Square
from polyseme.networks.checks import EXACT
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

NAME = "quadratic"
_ALPHAS = np.linspace(0.02, 0.6, 117)
_BLOCK_ENTRIES = 8_000_000


def _failures(task: Task, dimensions: int) -> NDArray[np.float64]:
    """Return the bound on the error for every alpha."""
    _, touched, _ = crowds(task)
    active, features = task.active, int(np.count_nonzero(task.terms.influence))
    betas = (1 - _ALPHAS) ** 2 / (1 + _ALPHAS)
    on = 2 * active * tail(dimensions, active - 1, _ALPHAS)
    half = touched * tail(dimensions, active, betas)
    off = 2 * features * tail(dimensions, active, 1 - _ALPHAS)
    return np.asarray(on + half + off)


def tail(dimensions: int, signs: int, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance that `dimensions` sums of fair signs have a mean of at least each level.

    Each sum has `signs` fair signs.
    """
    trials = dimensions * signs
    plus = np.ceil((trials + levels * dimensions) / 2 - 1e-9)
    return np.asarray(binomial_at_least(plus, trials, 0.5))


def _dimensions(task: Task, error: float) -> int:
    return smallest_number(lambda size: float(_failures(task, size).min()) <= error)


def _units(dimensions: int) -> int:
    return dimensions * (dimensions + 1) // 2


def _dimensions_in(neurons: int) -> int:
    """Return the most dimensions whose squares fit into so many neurons."""
    return (isqrt(8 * neurons + 1) - 1) // 2


def _draw_signs(task: Task, dimensions: int) -> NDArray[np.int8]:
    shape = (task.terms.features, dimensions)
    drawn = task.stream(Stream.INPUT_CODE).integers(0, 2, shape, dtype=np.int8)
    return 2 * drawn - np.int8(1)


def _sums_of_two(dimensions: int) -> sp.csr_array:
    """Return rows for x_k (where k = l) or x_k + x_l, for all k <= l in lexicographic order."""
    first, second = np.triu_indices(dimensions)
    row = np.arange(len(first))
    apart = first != second
    rows = np.concatenate((row, row[apart]))
    columns = np.concatenate((first, second[apart]))
    entries = (np.ones(len(rows), np.int8), (rows, columns))
    sums = sp.coo_array(entries, shape=(len(first), dimensions)).tocsr()
    sums.sort_indices()
    return sums


def _products(signs: NDArray[np.int8], gates: NDArray[np.int32]) -> sp.csr_array:
    """Return the readout weights with which each gate reads its product, int16 (gates, units)."""
    dimensions = signs.shape[1]
    first, second = np.triu_indices(dimensions)
    diagonal = np.flatnonzero(first == second)
    blocks = []
    step = max(1, _BLOCK_ENTRIES // len(first))
    for begin in range(0, len(gates), step):
        some = signs[gates[begin : begin + step]].astype(np.int16)
        one, other = some[:, 0], some[:, 1]
        reads = (one[:, first] * other[:, second] + one[:, second] * other[:, first]) // 2
        totals = one * other.sum(axis=1, keepdims=True) + other * one.sum(axis=1, keepdims=True)
        reads[:, diagonal] = 2 * one * other - totals // 2
        blocks.append(sp.csr_array(reads.astype(np.int16)))
    return sp.vstack(blocks, format="csr")


class Quadratic(TaskConstruction):
    """Squares of sums of two coordinates, from which every product is read."""

    name = NAME
    problem = "ANDs of two features, as many as there are, with squares instead of ReLUs"
    inputs = Inputs.SUPERPOSED
    law = "r (r + 1)/2 squares, r ~ s log(m/error); published r^2, m < exp(eps^2 r/2)"
    exponent = 0.0
    error = "over the draw of the codes, on any input that keeps the promise"
    assumptions = ("units square their sums; they are no ReLUs",)
    sources = ("vaintrob2024mathematical",)

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        if task.encoder == "basis":
            return "its inputs are in superposition"
        return refuses_gates(task, widest=2)

    def neurons(self, plan: Task, error: float) -> int:
        """Return the squares of the fewest dimensions whose bound is under `error`."""
        return _units(_dimensions(plan, error))

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the number of parameters of a network of so many neurons."""
        dimensions = _dimensions_in(neurons)
        neurons = _units(dimensions)
        # On average the two codes of a gate agree on half of the pairs of coordinates.
        reads = 0 if is_universal(plan) else len(plan.terms) * (neurons + dimensions) // 2
        return dimensions**2 + neurons + reads

    def build(self, plan: Task, neurons: int) -> Network:
        """Build the network of at most so many neurons."""
        dimensions = _dimensions_in(neurons)
        if dimensions < 1:
            raise TooFewNeuronsError(f"{NAME} needs at least 1 neuron and was given {neurons}")
        if 2 * (dimensions * plan.active) ** 2 >= EXACT:
            raise CapacityError(f"{dimensions} dimensions make readings that float32 would round")
        signs = _draw_signs(plan, dimensions)
        places = np.tile(np.arange(dimensions, dtype=np.int32), (len(signs), 1))
        code = SparseCode(dimensions, places, signs)
        squares = Layer(
            _sums_of_two(dimensions), np.zeros(_units(dimensions), np.int32), 1.0, Square()
        )
        members = _products(signs, gate_inputs(plan))
        threshold = (1 - _ALPHAS[np.argmin(_failures(plan, dimensions))]) ** 2 * dimensions**2
        return finished(
            plan,
            NAME,
            code,
            squares,
            readout_of(plan, members, off_lattice(np.full(len(plan.terms), threshold), 1)),
            "input",
            # A gate has all the neurons that its output reads. W depends on no codes, so it does
            # not factor.
            answer_key(plan, "input", members, code),
            readout_parameters=0 if is_universal(plan) else int(members.nnz),
            note="squares, not ReLUs",
        )
