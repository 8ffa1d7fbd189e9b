"""Tight frames with one choice made differently, in plain matrices.

Within the promise no ReLU bends, so a network is its codes and W: features that are on add up, and
what output g reads of feature i is an entry of one matrix, R W A^T.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, depth_first_order

import polyseme as ps
from harness.compiling import Terms, draw_inputs, terms_of
from studies.ablation.internals import (
    SparseCode,
    Stream,
    affine_code,
    balanced_code,
    equalised,
    joint_compression,
    joint_strengths,
    orthogonal_block_code,
    shared_places,
    weight_matrix,
)

ACTIVE, ERROR = 3, 1e-3
GRAIN = 8
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Problem:
    """Pairwise AND, a seed for codes and inputs, and how many inputs to try."""

    circuit: ps.Circuit
    seed: int
    samples: int

    def stream(self, purpose: int) -> np.random.Generator:
        """Return the random stream that the library has for a purpose."""
        return np.random.default_rng([self.seed, purpose])

    @cached_property
    def terms(self) -> Terms:
        """The gates as terms."""
        return terms_of(self.circuit)

    @cached_property
    def pairs(self) -> NDArray[np.int32]:
        """The two features of every gate."""
        return self.terms.literals.reshape(-1, 2)

    @cached_property
    def wanted(self) -> sp.csr_array:
        """Ones where an output reads a feature, (outputs, features)."""
        entries = (np.ones(self.pairs.size, np.float32), self.pairs.ravel())
        shape = (len(self.pairs), self.terms.features)
        return sp.csr_array((*entries, np.arange(len(self.pairs) + 1) * 2), shape=shape)

    @cached_property
    def partners(self) -> sp.csr_array:
        """Ones where a gate that shares one input with an output has the feature as its other."""
        shared = self.wanted @ self.wanted.T @ self.wanted
        near = sp.csr_array((shared - shared.multiply(self.wanted > 0)).tocsr())
        near.eliminate_zeros()
        near.data[:] = 1
        near.sort_indices()
        return near

    @cached_property
    def readers(self) -> NDArray[np.int32]:
        """The gates that read each feature: as many for all, as influence is even."""
        order = np.argsort(self.pairs.ravel(), kind="stable")
        return (order // 2).reshape(self.wanted.shape[1], -1)

    @cached_property
    def fresh(self) -> NDArray[np.int32]:
        """Inputs with a random gate satisfied, and a random feature on besides."""
        generator = np.random.default_rng([self.seed, 0xAB1A])
        return draw_inputs("satisfied", self.terms, ACTIVE, self.samples, generator)


@dataclass(frozen=True)
class Choice:
    """The way codes and W are made; by default that of `tight-frames`.

    `codes` are "blocks", "random", "uneven" (random, and neurons not used equally often), "ones"
    (random without signs, W centred) or "affine" (any two words share one neuron at most). `reads`
    are "joint", "neuron" (each neuron reads its own features exactly), "plain" (neither) or
    "rivals": joint, and what gates that share one input read besides is read as nothing.
    `chained` codes have gates that share an input in one orthogonal block, on different neurons.
    """

    codes: str = "blocks"
    weight: int = 16
    reads: str = "joint"
    chained: bool = False


@dataclass(frozen=True, eq=False)
class Frames:
    """Codes and W in features: float32 (neurons, dimensions)."""

    outputs: SparseCode
    inputs: SparseCode
    weights: Floats

    @property
    def neurons(self) -> int:
        """ReLUs."""
        return len(self.weights)

    def reads(self, readout: Floats | None = None) -> Floats:
        """Return what outputs read of features, (features, outputs), own ones 1 on average.

        `readout` (outputs, weight) takes the place of the plain signs of the output's code.
        """
        rows = self.outputs.signs if readout is None else readout
        through = applied(self.outputs.positions, rows, self.weights)
        found = applied(self.inputs.positions, self.inputs.signs, np.ascontiguousarray(through.T))
        return found / np.float32(self.outputs.weight)


def build(problem: Problem, neurons: int, choice: Choice) -> Frames:
    """Return codes and W for a choice, at the most neurons of whole groups."""
    outputs, inputs = _codes(problem, neurons // choice.weight * choice.weight, choice)
    pattern = problem.wanted
    if choice.reads == "rivals":
        pattern = _with_zeros(problem.wanted, problem.partners)
    centred = choice.codes == "ones"
    if choice.reads == "rivals" or centred:
        strengths = solved(pattern, outputs, inputs, centred)
    elif choice.reads == "joint":
        strengths = joint_strengths(pattern, outputs, inputs)
    else:
        strengths = pattern.data
    compress = joint_compression(pattern, strengths, outputs, GRAIN)
    if choice.reads == "neuron":
        exact = equalised((compress / np.float32(GRAIN)).astype(np.float32), inputs)
        compress.data = np.rint(GRAIN * exact).astype(np.int16)
    weights = weight_matrix(compress, inputs) / np.float32(GRAIN * inputs.weight)
    return Frames(outputs, inputs, _centred(weights) if centred else weights)


def solved(
    pattern: sp.csr_array, outputs: SparseCode, inputs: SparseCode, centred: bool = False
) -> Floats:
    """Return L for which reads are as wanted, by conjugate gradients run to the end."""
    solution = np.zeros(pattern.nnz, np.float32)
    residual = pattern.data.astype(np.float32)
    direction, squares = residual, float(residual @ residual)
    enough = 1e-5 * squares
    while squares > enough:
        weights = product(pattern, direction, outputs, inputs)
        moved = own_reads(pattern, _centred(weights) if centred else weights, outputs, inputs)
        step = np.float32(squares / float(direction @ moved))
        solution = solution + step * direction
        residual = residual - step * moved
        fresh = float(residual @ residual)
        direction, squares = residual + np.float32(fresh / squares) * direction, fresh
    return solution


def product(
    pattern: sp.csr_array, strengths: Floats, outputs: SparseCode, inputs: SparseCode
) -> Floats:
    """Return R^T L A, unrounded."""
    entries = (strengths / np.float32(inputs.weight), pattern.indices, pattern.indptr)
    read = sp.csr_array(entries, shape=pattern.shape) @ inputs.matrix()
    places, which = shared_places(outputs.positions)
    if _are_few(places, which):
        return np.asarray((outputs.matrix().T.tocsr() @ read).toarray())
    weights = np.zeros((outputs.neurons, inputs.neurons), np.float32)
    dense, signs = read.toarray(), outputs.signs.astype(np.float32)
    for neurons, members in zip(places, _members(which), strict=True):
        weights[neurons] += signs[members].T @ dense[members]
    return weights


def own_reads(
    pattern: sp.csr_array, weights: Floats, outputs: SparseCode, inputs: SparseCode
) -> Floats:
    """Return what outputs read of features through W, at the pattern's entries."""
    through = applied(outputs.positions, outputs.signs, weights) / np.float32(outputs.weight)
    output = np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))
    cells = through[output[:, None], inputs.positions[pattern.indices]]
    return np.asarray((cells * inputs.signs[pattern.indices]).sum(axis=1))


def applied(positions: NDArray[np.int32], values: NDArray, matrix: Floats) -> Floats:
    """Return sums of the matrix's rows at words' positions times values, (words, columns)."""
    values = values.astype(np.float32)
    places, which = shared_places(positions)
    if _are_few(places, which):
        offsets = np.arange(len(positions) + 1) * positions.shape[1]
        shape = (len(positions), len(matrix))
        rows = sp.csr_array((values.ravel(), positions.ravel(), offsets), shape=shape)
        return np.asarray(rows @ matrix)
    found = np.empty((len(positions), matrix.shape[1]), np.float32)
    for neurons, members in zip(places, _members(which), strict=True):
        found[members] = values[members] @ matrix[neurons]
    return found


def _are_few(places: NDArray[np.int32], which: NDArray[np.int64]) -> bool:
    """Return True if so few words share their places that sparse products are as good."""
    return len(which) < 4 * len(places)


def _members(which: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])


def _centred(weights: Floats) -> Floats:
    """Return W without what all features, or all outputs, have in common."""
    weights = weights - weights.mean(axis=1, keepdims=True)
    return weights - weights.mean(axis=0, keepdims=True)


def _codes(problem: Problem, places: int, choice: Choice) -> tuple[SparseCode, SparseCode]:
    streams = (Stream.OUTPUT_CODES, Stream.INPUT_CODE)
    outputs, inputs = (
        _code(choice.codes, words, places, choice.weight, problem.stream(stream))
        for words, stream in zip(problem.wanted.shape, streams, strict=True)
    )
    if choice.chained:
        rank = np.argsort(_chain(problem.wanted @ problem.wanted.T))
        outputs = replace(outputs, positions=outputs.positions[rank], signs=outputs.signs[rank])
    return outputs, inputs


def _code(
    kind: str, words: int, places: int, weight: int, generator: np.random.Generator
) -> SparseCode:
    if kind == "blocks":
        return orthogonal_block_code(words, places, weight, generator)
    if kind in ("random", "ones"):
        return balanced_code(words, places, weight, generator, signed=kind == "random")
    if kind == "affine":
        positions = affine_code(words, places, weight, generator).positions
    else:
        rows = [generator.choice(places, weight, replace=False) for _ in range(words)]
        positions = np.array(rows, np.int32)
    signs = generator.integers(0, 2, positions.shape, dtype=np.int8) * np.int8(2) - np.int8(1)
    return SparseCode(places, positions, signs)


def _chain(adjacent: sp.csr_array) -> NDArray[np.int64]:
    """Return an order in which those that are adjacent mostly follow one another."""
    components, label = connected_components(adjacent, directed=False)
    starts = [int(np.argmax(label == component)) for component in range(components)]
    orders = [depth_first_order(adjacent, x, False, return_predecessors=False) for x in starts]
    return np.concatenate(orders)


def _with_zeros(wanted: sp.csr_array, zeros: sp.csr_array) -> sp.csr_array:
    """Return the pattern of both, with the values of the one and 0 in the other."""
    both = sp.csr_array((2 * wanted + zeros).tocsr())
    both.sort_indices()
    both.data = (both.data > 1).astype(np.float32)
    return both
