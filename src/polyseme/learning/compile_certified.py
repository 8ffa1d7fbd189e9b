"""The driver of certified compilation: networks that are right on every input within the promise.

If the readout may finish the work (no reading error is asked for), W of `tight-frames` descends on
its worst case (`refinement/worst_case/`). That is convex, and the least size is known beforehand up
to a few percent, so few sizes are tried. At a size given that is too small, a network is certified
for as many features on as it can be.

If the hidden layer must compute, or the circuit is another one, the network is that of the smallest
size that passes on samples, refined where it can be. Its worst inputs are found exactly, its
threshold is put half-way between the readings that decide, and weights are mended by single steps
until no input is wrong (`refinement/mending.py`). If some still is, larger sizes are tried. Either
way the network is proved from its whole numbers (`proving/`), which share no code with the descent.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polyseme.common.extras import import_numba
from polyseme.common.progress import Note, phase
from polyseme.compiler.choose import AUTO
from polyseme.compiler.compile import measured_report
from polyseme.compiler.constructions.catalogue import MONOSEMANTIC, TIGHT_FRAMES
from polyseme.compiler.constructions.monosemantic import smallest_exact
from polyseme.compiler.report import Compilation
from polyseme.compiler.search.confirm import tried
from polyseme.compiler.task import Task
from polyseme.learning.compile_refined import is_refinable, refined_report
from polyseme.learning.refinement.mending import is_mendable, mended
from polyseme.networks.network import Network
from polyseme.proving.proof import Proof
from polyseme.proving.prove import prove

# Passes of the refinement of readings at 10,000 gates, the power of the gates with which they fall,
# since a pass tries more inputs where there are more, and the most.
_PASSES, _PASSES_POWER, _MOST_PASSES = 25, -0.6, 100
# The factor between sizes of computing networks, and how many are tried.
_GROWTH, _MOST_TRIALS = 1.04, 6
# The inputs on which a mended network is measured: the attempts of a search draw others.
_ATTEMPT = 20


def compile_certified(
    task: Task, construction: str, neurons: int | None, tell: Note
) -> Compilation:
    """Compile a task into a network that is right on every input that keeps the promise.

    Args:
        task: The task.
        construction: "auto", or the name of a construction.
        neurons: The largest number of ReLUs; None finds as few as can be certified.
        tell: A function that is called with one line of text per step.

    Returns:
        The network, and in `certified_active` the most features on up to which it is right on
        every input. That may be less than the promise, if no larger size is allowed or passes.

    Raises:
        OptionError: The construction does not serve the circuit.
        CapacityError: The neurons given are too few.
        MissingExtraError: numba is not installed.
    """
    import_numba("a guarantee for the worst case")
    linear = task.epsilon is None and construction in (AUTO, TIGHT_FRAMES.name)
    if linear and TIGHT_FRAMES.refusal(task) is None:
        return _linear(task, neurons, tell)
    return _computing(task, construction, neurons, tell)


def _linear(task: Task, neurons: int | None, tell: Note) -> Compilation:
    """Return the network of a linear layer that descended on its worst case."""
    # What it imports is compiled by numba, which is an extra.
    from polyseme.learning.refinement.worst_case.smallest import linear_at_most, smallest_linear

    exact = smallest_exact(task)
    network = None
    if neurons is None:
        network = smallest_linear(task, exact.neurons - 1, tell)
    elif neurons < exact.neurons:
        network = linear_at_most(task, neurons, tell)
    if network is None:
        report = measured_report(task, MONOSEMANTIC.name, None, tell)
        outputs = len(task.circuit.outputs)
        reason = (
            f"superposition does not pay here: {exact.neurons:,} ReLUs compute all {outputs:,} "
            "outputs exactly, and no network of fewer was found that is right on every input"
        )
        report = replace(report, fallback=reason)
    else:
        report = replace(tried(task, network, closely=True).reported(), exact=exact)
    return _with(report, _proved(task, report.network, tell))


def _computing(task: Task, construction: str, neurons: int | None, tell: Note) -> Compilation:
    """Return a network that passes on samples and is then proved, of growing sizes."""
    size = neurons
    for _ in range(_MOST_TRIALS):
        report = _sampled(task, construction, size, tell)
        if is_mendable(report.network):
            report = _mended(task, report, tell)
        proof = _proved(task, report.network, tell)
        if not proof.proved:
            network = with_exact_threshold(report.network, proof)
            if network is not None:
                report = replace(report, network=network)
                proof = _proved(task, network, tell)
        if (proof.proved and report.reads) or neurons is not None:
            break
        size = round(report.network.neurons * _GROWTH)
    return _with(report, proof)


def _mended(task: Task, report: Compilation, tell: Note) -> Compilation:
    """Return a result whose network is mended, if it can be, and measured anew."""
    network = mended(report.network, task.circuit, task.active, tell)
    if network is None:
        return report
    trial = tried(task, network, _ATTEMPT, closely=True)
    tell(f"mended {trial}")
    return replace(
        report,
        network=network,
        confirmation=trial.seen,
        reading=trial.reading_error,
        reads=trial.reads,
    )


def _sampled(task: Task, construction: str, neurons: int | None, tell: Note) -> Compilation:
    """Return the network that passes on samples, refined if it can be."""
    if is_refinable(task, construction, neurons):
        return refined_report(task, _passes(task), neurons, construction, None, tell)
    return measured_report(task, construction, neurons, tell)


def _passes(task: Task) -> int:
    """Return the passes of a refinement, more where a pass tries fewer inputs."""
    wanted = float(_PASSES * (len(task.terms) / 10_000) ** _PASSES_POWER)
    return max(_PASSES, min(round(wanted), _MOST_PASSES))


def with_exact_threshold(network: Network, proof: Proof) -> Network | None:
    """Return a network with the one threshold that decides all inputs; None if there is none.

    It is for networks in which outputs read 0 at rest, and so may share a threshold.
    """
    margins = proof.margins
    if margins is None:
        return None
    low, high = int(margins.lowest_on.min()), int(margins.highest_off.max())
    if low <= high or len(np.unique(network.readout.thresholds)) > 1:
        return None
    level = np.float32(((low + high) // 2 + 0.5) * margins.scale)
    thresholds = np.full_like(network.readout.thresholds, level)
    return replace(network, readout=replace(network.readout, thresholds=thresholds))


def _proved(task: Task, network: Network, tell: Note) -> Proof:
    """Return the proof that a network is right on every input, or its refutation."""
    with phase("proving it"):
        proof = prove(network, task.circuit, active=task.active)
    if proof.proved:
        tell(f"proved by {proof.method}: right on every input with at most {task.active} on")
    elif proof.counterexample is not None:
        tell(f"{network.neurons:,} neurons: wrong on {', '.join(proof.counterexample)}")
    else:
        tell(f"{network.neurons:,} neurons: {len(proof.undecided):,} outputs are undecided")
    return proof


def _with(report: Compilation, proof: Proof) -> Compilation:
    """Return the result of compiling with what was proved."""
    if proof.proved:
        active = report.network.provenance.active
        return replace(report, certified_active=active, certified_epsilon=proof.reading_error)
    return replace(report, certified_active=proof.largest_active or 0)
