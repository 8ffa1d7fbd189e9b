"""The worst input of a network that is linear within the promise, over all inputs and exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.circuits.terms import Terms, one_layer_form
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.common.ragged import places_in_rows
from polyseme.errors import OptionError
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
from polyseme.verification.exhaustive import number_of_inputs
from polyseme.verification.linear_reads import LinearReads, bending
from polyseme.verification.sampling import circuit_of, promise_asked
from polyseme.verification.worst_sums import linear_active, tally_until_wrong


@dataclass(frozen=True)
class WorstCase:
    """Result of `worst_case`: a statement about every input with at most so many features on.

    Up to `linear_active` features on, no ReLU bends and every number is exact. If that is less than
    `active`, then `outputs_wrong`, `margin` and `inputs` are of inputs with at most `linear_active`
    on, and nothing is said of the others.

    Attributes:
        active: Largest number of features on, as asked.
        linear_active: Largest number of features on with which no ReLU can bend.
        largest_active: Largest number of features on up to which no input is wrong; 0 if an input
            with one feature on, or none, is wrong. If it is `linear_active`, it may be larger.
        outputs_wrong: Number of outputs that some input makes wrong.
        margin: Least distance of a reading to its threshold, in the units of thresholds; negative
            if the reading is on the wrong side.
        counterexample: Names of the features on in an input that is wrong; None if there is none.
        output: Name of the output that is wrong in it.
        must_be_on: True if that output must be on in it and is off, False if the reverse.
        inputs: Number of inputs that all this is about.
    """

    active: int
    linear_active: int
    largest_active: int
    outputs_wrong: int
    margin: float
    counterexample: tuple[str, ...] | None
    output: str | None
    must_be_on: bool | None
    inputs: int

    @property
    def proved(self) -> bool | None:
        """True if no input is wrong, False if one is, None if ReLUs bend first."""
        if self.outputs_wrong:
            return False
        return True if self.active <= self.linear_active else None

    def __str__(self) -> str:
        """Return one sentence for a notebook or a terminal."""
        covered = min(self.active, self.linear_active)
        return (
            f"{self.outputs_wrong:,} outputs can be wrong on the {self.inputs:,} inputs with at "
            f"most {covered} on; none up to {self.largest_active} on"
        )


def worst_case(
    network: Network,
    circuit: Circuit | None = None,
    *,
    active: int | None = None,
    progress: Watcher = None,
) -> WorstCase:
    """Return the worst case over all inputs of a network whose ReLUs do not bend.

    Such are the networks of the constructions `tight-frames` and `one-bit`. The failing input that
    is returned has been run, and is wrong.

    Args:
        network: A network of one hidden layer.
        circuit: The circuit to compare with, each output an AND of plain features; by default that
            of the answer key.
        active: Largest number of features on; by default the promise of the network.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The largest number of features on without a wrong input, and for `active` features on the
        outputs that can be wrong, the margin and a failing input.

    Raises:
        OptionError: A ReLU bends with one feature on, the network has several layers or other
            units, an output is no AND of plain features, there is no circuit or it does not have
            the network's names, or an argument is of a wrong type or out of range.
        CapacityError: A reading may be too large for float32.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.problems.pairwise_and(400, 400)
        >>> network = ps.compile(circuit, construction="tight-frames", neurons=256, active=2)
        >>> found = ps.worst_case(network)
        >>> found.inputs, found.largest_active, found.outputs_wrong
        (80201, 2, 0)
        >>> worse = ps.worst_case(network, active=3)
        >>> worse.largest_active, worse.outputs_wrong > 0, worse.must_be_on
        (2, True, False)
        >>> worse.output in network.run(worse.counterexample)
        True
    """
    compared = circuit_of(network, circuit)
    features = len(compared.features)
    active = promise_asked(network, active)
    reads = LinearReads.of(network, active)
    own = _own_features(compared)
    with watched(progress), phase("units and outputs") as step:
        linear = linear_active(reads, step)
        if linear < 1:
            raise OptionError(bending(1))
        covered = min(active, linear)
        tally = tally_until_wrong(network, reads, own, (2 * active, linear), step)
    on, output, must_be_on = None, None, None
    if tally.wrong[covered]:
        failing = _failing_input(network, reads, own, int(tally.worst[covered]), covered)
        _confirm(network, compared, failing)
        on = tuple(compared.features[feature] for feature in failing.on)
        output, must_be_on = compared.output_names[failing.output], failing.must_be_on
    return WorstCase(
        active,
        linear,
        int((tally.wrong[1:] == 0).sum()),
        int(tally.wrong[covered]),
        float(tally.margin[covered]),
        on,
        output,
        must_be_on,
        number_of_inputs(features, covered),
    )


def _own_features(circuit: Circuit) -> NDArray[np.int32]:
    """Return the features of the AND that each output is, int32 (outputs, widest), -1 pads."""
    form = one_layer_form(circuit)
    reason, terms = form.refusal(), form.terms
    if reason is None and terms is not None:
        if not np.array_equal(terms.output, np.arange(terms.outputs)):
            reason = "an output is an OR of several"
        elif (terms.signs < 0).any():
            reason = "one has a negated feature"
    if reason is not None or terms is None:
        raise OptionError(
            f"the worst case is found of outputs that are ANDs of plain features; {reason}"
        )
    return _padded(terms)


def _padded(terms: Terms) -> NDArray[np.int32]:
    table = np.full((len(terms), int(terms.widths.max())), -1, np.int32)
    table[terms.term_of_literal, places_in_rows(terms.widths)] = terms.literals
    return table


@dataclass(frozen=True)
class _Failing:
    """An input: the features on, the output that is wrong, and whether that must be on."""

    on: tuple[int, ...]
    output: int
    must_be_on: bool


def _failing_input(
    network: Network, reads: LinearReads, own: NDArray[np.int32], output: int, active: int
) -> _Failing:
    """Return the input that takes a wrong output farthest to the wrong side of its threshold."""
    read, mine = reads.of_output(output), own[output][own[output] >= 0]
    others = np.argsort(read, kind="stable")
    others = others[~np.isin(others, mine)]
    falling, rising = others[::-1][read[others[::-1]] > 0], others[read[others] < 0]
    mine = mine[np.argsort(-read[mine], kind="stable")]
    inputs = [
        np.concatenate((mine[:on], falling[: active - on]))
        for on in range(min(len(mine), active + 1))
    ]
    highest = max(inputs, key=lambda on: read[on].sum())
    threshold = float(network.readout.thresholds[output])

    def distance(on: NDArray[np.int64]) -> float:
        """Return how far a reading lies above the threshold."""
        return float((reads.rest[output] + read[on].sum()) * network.layers[0].scale - threshold)

    chosen, must_be_on = highest, False
    if len(mine) <= active:
        lowest = np.concatenate((mine, rising[: active - len(mine)]))
        if distance(lowest) < -distance(highest):
            chosen, must_be_on = lowest, True
    return _Failing(tuple(sorted(int(i) for i in chosen)), output, must_be_on)


def _confirm(network: Network, circuit: Circuit, failing: _Failing) -> None:
    """Raise AssertionError unless the network, when run, is wrong on an input as foretold."""
    row = np.array([failing.on], np.int32).reshape(1, -1)
    must = failing.output in evaluate_sparse(circuit, row).indices
    found = failing.output in outputs_on(network, row).indices
    if must != failing.must_be_on or found == must:
        raise AssertionError(
            f"the input {failing.on} does not make output {failing.output} wrong as computed"
        )
