"""The worst input of a network that is linear within the promise, over all inputs and exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.errors import OptionError
from polyseme.networks.network import Network
from polyseme.proving.cases import Cases, cases_of
from polyseme.proving.failing import Failing, confirm
from polyseme.proving.linear_reads import LinearReads, bending
from polyseme.proving.worst_sums import CaseTable, linear_active, tally_until_wrong
from polyseme.verification.exhaustive import number_of_inputs
from polyseme.verification.sampling import circuit_of, promise_asked


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
        circuit: The circuit to compare with, each output an AND or another function of few
            features; by default that of the answer key.
        active: Largest number of features on; by default the promise of the network.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The largest number of features on without a wrong input, and for `active` features on the
        outputs that can be wrong, the margin and a failing input.

    Raises:
        OptionError: A ReLU bends with one feature on, the network has several layers or other
            units, an output depends on too many features or is no OR of ANDs, there is no circuit
            or it does not have the network's names, or an argument is of a wrong type or out of
            range.
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
        (2, True, True)
        >>> worse.output in network.run(worse.counterexample)
        False
    """
    compared = circuit_of(network, circuit)
    features = len(compared.features)
    active = promise_asked(network, active)
    reads = LinearReads.of(network, active)
    cases = cases_of(compared)
    table = CaseTable.of(_all_decided(cases, compared))
    with watched(progress), phase("units and outputs") as step:
        linear = linear_active(reads, step)
        if linear < 1:
            raise OptionError(bending(1))
        covered = min(active, linear)
        tally = tally_until_wrong(network, reads, table, (2 * active, linear), step)
    on, output, must_be_on = None, None, None
    if tally.wrong[covered]:
        failing = failing_input(network, reads, cases, int(tally.worst[covered]), covered)
        confirm(network, compared, failing)
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


def _all_decided(cases: Cases, circuit: Circuit) -> Cases:
    if len(cases.undecided):
        name = circuit.output_names[int(cases.undecided[0])]
        raise OptionError(f"output {name} has too many cases to find its worst one")
    return cases


def failing_input(
    network: Network, reads: LinearReads, cases: Cases, output: int, active: int
) -> Failing:
    """Return the input that takes a wrong output farthest to the wrong side of its threshold."""
    read, first = reads.of_output(output), cases.first
    threshold, rest = float(network.readout.thresholds[output]), int(reads.rest[output])
    found: list[tuple[float, Failing]] = []
    for case in range(int(first[output]), int(first[output + 1])):
        on, off = cases.fixed(case)
        must = bool(cases.must_be_on[case])
        if len(on) > active:
            continue
        # What takes the reading to the wrong side: features read low if it must be high.
        pull = -read if must else read
        free = np.delete(np.arange(len(read)), np.concatenate((on, off)))
        free = free[np.argsort(-pull[free], kind="stable")][: active - len(on)]
        chosen = np.concatenate((on, free[pull[free] > 0]))
        above = (rest + read[chosen].sum()) * network.layers[0].scale - threshold
        names = tuple(sorted(int(feature) for feature in chosen))
        found.append((float(above if must else -above), Failing(names, output, must)))
    # At its threshold an output is on, which only an output that must be off suffers from.
    return min(found, key=lambda one: (one[0], one[1].must_be_on))[1]
