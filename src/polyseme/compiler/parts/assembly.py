"""Common parts of constructions of one hidden layer: refusals, codes, readout, answer key."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.compiler.parts.exact_units import exact_units
from polyseme.compiler.parts.input_code import INPUT_WEIGHT, input_code
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError
from polyseme.networks.answer_key import AnswerKey, term_key
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import CHANNELS
from polyseme.networks.network import Network, Provenance

# Largest declared size that is considered; no layer of so many neurons would fit in memory.
MOST_NEURONS = 2**40


def refuses_gates(task: Task, widest: int | None = None, exact: bool = False) -> str | None:
    """Return why the outputs are not ANDs of equally many plain features; None where they are.

    The number of inputs must be from 2 to `widest`, and at most the promise, since wider gates are
    never on. Only an `exact` construction serves a task that allows no error.
    """
    circuit = task.circuit
    if not exact and task.error <= 0:
        return f"an error of {task.error:g} is for exact constructions; this one sometimes errs"
    if task.obstacle is not None:
        return task.obstacle
    terms = task.terms
    if not np.array_equal(terms.output, np.arange(terms.outputs)):
        several = int(np.argmax(np.bincount(terms.output, minlength=terms.outputs) != 1))
        return f"output {circuit.output_names[several]!r} is not one AND of features"
    if (terms.signs < 0).any():
        negated = int(terms.term_of_literal[np.argmax(terms.signs < 0)])
        return f"output {circuit.output_names[negated]!r} reads a negated feature"
    fewest, most = int(terms.widths.min()), int(terms.widths.max())
    if fewest != most:
        return f"the gates have {fewest} to {most} inputs; all must have equally many"
    if fewest < 2 or (widest is not None and most > widest):
        limit = "2 or more" if widest is None else " or ".join(map(str, range(2, widest + 1)))
        return f"the gates have {fewest} inputs; they must have {limit}"
    return None


def gate_inputs(task: Task) -> NDArray[np.int32]:
    """Return the features that each output reads, int32 (gates, inputs); none may be refused."""
    return task.terms.literals.reshape(len(task.terms), -1)


def crowds(task: Task) -> list[int]:
    """Return bounds on the numbers of gates with exactly 0, 1, ... inputs on, under the promise."""
    gates, inputs = gate_inputs(task).shape
    touched = task.active * int(task.terms.influence.max())
    return [gates] + [min(gates, touched // on) for on in range(1, inputs + 1)]


def is_universal(task: Task) -> bool:
    """Return whether the gates are all sets of k features, so that listing them tells nothing."""
    gates = np.sort(gate_inputs(task), axis=1)
    every = comb(task.terms.features, gates.shape[1])
    return len(gates) == every == len(np.unique(gates, axis=0))


def superposed_dimensions(features: int, neurons: int) -> int:
    """Return the input dimensions: at most one per neuron, and at most one per two features.

    The features fill whole orthogonal blocks (`orthogonal_blocks.py`) of that many dimensions, so
    that all features have the same interference.
    """
    blocks = max(2, -(-features // _whole_places(max(1, neurons))))
    even = -(-features // blocks)
    place = _place(even)
    return max(1, min(-(-even // place) * place, neurons))


def interference(features: int, dimensions: int) -> float:
    """Return the variance with which one feature is read where another is on, on average."""
    return (1 - dimensions / features) / dimensions if features > dimensions else 0.0


def shared_interference(inputs: int, active: int, on: int) -> int:
    """Return the variance of the noise at a gate's own inputs, in multiples of `interference`.

    `on` of the gate's inputs are on. In a pair of those, each input adds the same noise to the
    other, so the two add up. Each of those also has the noise of the other features that are on,
    and each input that is off has the noise of all features that are on.
    """
    return 2 * on * (on - 1) + on * (active - on) + (inputs - on) * active


def _whole_places(dimensions: int) -> int:
    return dimensions // _place(dimensions) * _place(dimensions)


def _place(dimensions: int) -> int:
    """Return the weight of the input code: the dimensions of a group of orthogonal words."""
    return min(INPUT_WEIGHT, 1 << max(0, (dimensions // 4).bit_length() - 1))


def too_crowded(task: Task) -> str:
    """Return why a circuit is refused in superposition if no number of neurons is enough."""
    return (
        f"{task.terms.features} features in superposition, two or more per dimension, interfere "
        f"too much for an error of {task.error:g}, however many neurons there are"
    )


def basis_code(features: int) -> SparseCode:
    """Return the code in which feature i is dimension i."""
    return input_code(features, 0, True, np.empty(0, np.int32), np.random.default_rng(0))


def superposed_code(features: int, neurons: int, generator: np.random.Generator) -> SparseCode:
    """Draw a signed code of the features in fewer dimensions, as tight as possible."""
    dimensions = superposed_dimensions(features, neurons)
    return input_code(features, dimensions, False, np.empty(0, np.int32), generator)


def smallest_number(enough: Callable[[int], bool]) -> int:
    """Return a number that is enough, where the number below it is not.

    It is the smallest one, if all numbers above a number that is enough are enough too.

    Raises:
        CapacityError: No number up to `MOST_NEURONS` is enough.
    """
    low, high = 0, 1
    while not enough(high):
        low, high = high, 2 * high
        if high > MOST_NEURONS:
            raise CapacityError(f"more than {MOST_NEURONS:,} neurons would be needed")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def off_lattice(target: NDArray[np.float64], resolution: int) -> NDArray[np.float32]:
    """Return the thresholds nearest to `target` that no reading can equal.

    Readings are multiples of 1/resolution, and each threshold is half-way between two of them.
    """
    return ((np.floor(target * resolution) + 0.5) / resolution).astype(np.float32)


def reads_of_gates(
    gates: NDArray[np.int32], words: NDArray[np.int32], neurons: int, features: int
) -> sp.csr_array:
    """Return C, which is 1 if a gate of the neuron reads the feature; int16 (neurons, features)."""
    rows = np.repeat(words, gates.shape[1], axis=1).ravel()
    columns = np.tile(gates, (1, words.shape[1])).ravel()
    entries = (np.ones(len(rows), np.int16), (rows, columns))
    reads = sp.coo_array(entries, shape=(neurons, features)).tocsr()
    reads.sum_duplicates()
    reads.data[:] = 1
    return reads


def code_members(words: NDArray[np.int32], neurons: int) -> sp.csr_array:
    """Return ones at the neurons of every gate, int16 (gates, neurons)."""
    ordered = np.sort(words, axis=1)
    offsets = np.arange(len(words) + 1) * words.shape[1]
    ones = np.ones(ordered.size, np.int16)
    return sp.csr_array((ones, ordered.ravel(), offsets), shape=(len(words), neurons))


def readout_of(
    task: Task,
    members: sp.csr_array,
    thresholds: NDArray[np.float32],
) -> Readout:
    """Return the readout in which output i has the weights of row i of `members`."""
    return Readout(
        outputs=task.circuit.output_names,
        offsets=members.indptr.astype(np.int64),
        neurons=members.indices.astype(np.int32),
        weights=members.data.astype(np.int16),
        thresholds=thresholds,
    )


def finished(
    task: Task,
    construction: str,
    code: SparseCode,
    layer: Layer,
    readout: Readout,
    channel: str,
    key: AnswerKey,
    readout_parameters: int,
    note: str,
) -> Network:
    """Return a network of one hidden layer; `channel` is the channel of all its gates."""
    gates = len(task.terms)
    return Network(
        encoder=Encoder(task.circuit.features, code),
        layers=(layer,),
        readout=readout,
        provenance=Provenance(
            source=task.circuit.name,
            construction=construction,
            active=task.active,
            seed=task.seed,
            gates=task.circuit.gates,
            monosemantic_neurons=exact_units(task.terms, task.active).neurons,
            readout_parameters=readout_parameters,
            channels={name: gates * (name == channel) for name in CHANNELS},
            note=note,
        ),
        key=key,
    )


def answer_key(
    task: Task,
    channel: str,
    members: sp.csr_array,
    code: SparseCode,
    *,
    compress: sp.csr_array | None = None,
    reads: sp.csr_array | None = None,
    resolution: int = 0,
) -> AnswerKey:
    """Return the answer key of gates whose neurons are the rows of `members` (gates, neurons).

    `compress` is C, if W = C D; `reads` are what neurons read of own features, if it is not.
    """
    return term_key(
        task.circuit,
        code,
        members.shape[1],
        members.indptr.astype(np.int64),
        members.indices.astype(np.int32),
        np.full(len(task.terms), CHANNELS.index(channel), np.uint8),
        compression=compress,
        reads=reads,
        resolution=resolution,
    )
