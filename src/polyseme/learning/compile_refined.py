"""The driver of refinement: from a circuit to a refined network, of the smallest size that passes.

Refinement lets a smaller network keep the same reading error, so of `least-noise` the size is
searched after it. Every size tried costs a whole descent, so sizes are those of a coarse grid: it
begins at a share of what the construction declares, and the reading error that is found says how
many steps away the next size is. Networks of other constructions are searched first and then
refined, for fewer wrong decisions at the same size.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from math import log

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.promise import promise_for
from polyseme.common.arguments import function, whole_number
from polyseme.common.extras import import_numba, import_torch
from polyseme.common.progress import Note, silent
from polyseme.common.progress_shown import Watcher, watched
from polyseme.compiler.choose import choose
from polyseme.compiler.compile import check_construction, measured_report
from polyseme.compiler.constructions.catalogue import LEAST_NOISE
from polyseme.compiler.constructions.construction import Candidate
from polyseme.compiler.constructions.least_noise.build import build_least_noise
from polyseme.compiler.constructions.least_noise.codes import draw_codes
from polyseme.compiler.report import Compilation
from polyseme.compiler.shortfalls import warn_of
from polyseme.compiler.task import Task, checked
from polyseme.compiler.trials import Trial, tried
from polyseme.errors import OptionError, TooFewNeuronsError
from polyseme.learning.refinement.readings.cases import check_refinable
from polyseme.learning.refinement.refine import MAX_PASSES, refine
from polyseme.networks.checks import check_state
from polyseme.networks.network import Network
from polyseme.verification.reading_error import COMPUTED, reading_error

# Inputs of each kind on which the readings of networks of other constructions are looked at.
_READ = 30_000
# The first size is this share of the declared one; sizes differ by so much, or a few times that.
_FIRST, _STEP = 0.88, 1.04
# No refined network was found at a smaller share of the declared size.
_LEAST = 0.6
_MOST_TRIALS = 5
# The reading error of refined networks falls about with this power of the neurons: slowly, since
# the descent stops at its limits.
_POWER = 0.5
# Units per gate at a reading error of 1/4, up to one more or less, and the power of it with which
# they grow as it falls. Descent wants fewer than the closed form, and ReLUs that bend a little
# higher.
_UNITS, _UNITS_POWER = 15, 0.6
_BEND = 0.1


def compile_refined(
    circuit: Circuit,
    *,
    active: int | None = None,
    error: float = 1e-3,
    epsilon: float | None = COMPUTED,
    neurons: int | None = None,
    construction: str = "auto",
    encoder: str = "auto",
    seed: int = 0,
    carry: str = "auto",
    passes: int,
    state: str | os.PathLike[str] | None = None,
    note: Note | None = None,
    progress: Watcher = None,
) -> Compilation:
    """Compile a circuit, refine the network, and return it with all that was measured of it.

    Of `least-noise`, the smallest size is searched whose refined network passes. Networks of other
    constructions are found first and then refined.

    Args:
        circuit: The circuit. Arguments that are not explained here are those of `polyseme.compile`.
        active: The sparsity promise; None as for `polyseme.compile`.
        error: The error allowed.
        epsilon: The reading error up to which the hidden layer computes the gates, or None.
        neurons: The largest number of ReLUs; None finds as few as pass when refined.
        construction: "auto", or the name of a construction.
        encoder: "superposed", "basis" or "auto".
        seed: The seed of the network and of the descent.
        carry: "gates", "residual" or "auto".
        passes: The most passes over all outputs, as for `polyseme.refine`, for each size tried.
        state: A file that keeps the state of the descent of one network; of `least-noise`, only
            with `neurons` given.
        note: A function that is called with one line of text per step.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The refined network and its measured error.

    Raises:
        OptionError: An argument is of a wrong type, out of range, or does not suit the circuit; or
            the network cannot be refined.
        CapacityError: The neurons are too few for the circuit.
        FileFormatError: The file is no state of this descent.
        MissingExtraError: The extra that the descent needs is not installed.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.read("and2:features=100,gates=100")
        >>> report = ps.compile_refined(circuit, passes=5, neurons=90)
        >>> report.network.neurons
        88
    """
    function("note", note, "a line")
    whole_number("passes", passes, 1, MAX_PASSES)
    if neurons is not None:
        whole_number("neurons", neurons, 1)
    check_construction(construction)
    check_state(state)
    tell = note or silent
    promise = promise_for(checked(circuit), active)
    task = Task(circuit, promise.active, error, encoder, seed, carry, epsilon)
    with watched(progress):
        report = refined_report(task, passes, neurons, construction, state, tell)
    warn_of(report)
    return replace(report, promise=promise.reason)


def is_refinable(task: Task, construction: str, neurons: int | None) -> bool:
    """Return whether readings are refined of the network that is compiled for a task."""
    if _candidate(task, construction, neurons) is None:
        return False
    try:
        check_refinable(task.circuit.name, task.terms, task.active)
    except OptionError:
        return False
    return True


def refined_report(
    task: Task,
    passes: int,
    neurons: int | None,
    construction: str,
    state: str | os.PathLike[str] | None,
    tell: Note,
) -> Compilation:
    """Refine the network of the smallest size that passes, or the one compiled."""
    of_readings = _candidate(task, construction, neurons)
    if of_readings is not None:
        import_numba("refining least-noise")
        check_refinable(task.circuit.name, task.terms, task.active)
        if state is not None and neurons is None:
            raise OptionError("a state is of the descent of one network; name its neurons too")
        refining = _Refining(of_readings.candidate, passes, state, tell)
        if neurons is not None:
            return refining.at(neurons, 0).reported(None)
        found = _smallest(refining, of_readings.most)
        if found is not None:
            return found
        tell("no refined network is small enough and passes; none is refined")
    else:
        import_torch("refining")
    report = measured_report(task, construction, neurons, tell)
    return report if of_readings is not None else _refined(report, passes, state, tell)


def _refined(
    report: Compilation, passes: int, state: str | os.PathLike[str] | None, tell: Note
) -> Compilation:
    """Refine a compiled network, and measure its error anew."""
    seed = report.network.provenance.seed
    found = refine(
        report.network, passes=passes, error=report.error, seed=seed, state=state, note=tell
    )
    reading = reading_error(found.network, samples=_READ)
    reads = report.epsilon is None or reading.epsilon < report.epsilon
    return replace(
        report,
        network=found.network,
        confirmation=found.measured,
        reading=reading,
        reads=reads,
    )


@dataclass(frozen=True, eq=False)
class _OfReadings:
    """The candidate whose readings are refined, and the most neurons that are worth it."""

    candidate: Candidate
    most: int


def _candidate(task: Task, construction: str, neurons: int | None) -> _OfReadings | None:
    """Return the candidate of `least-noise`, if it is what would be compiled; else None."""
    if task.epsilon is None:
        return None
    choice = choose(task, construction)
    first = next(choice.candidates)
    if first.construction is not LEAST_NOISE:
        return None
    if choice.fallback is None:
        return _OfReadings(first, 2 * first.declared.neurons)
    exact = choice.fallback.declared.neurons
    return None if neurons is not None and neurons >= exact else _OfReadings(first, exact - 1)


@dataclass(frozen=True, eq=False)
class _Refining:
    """The refinement of networks of a candidate, at any size."""

    candidate: Candidate
    passes: int
    state: str | os.PathLike[str] | None
    tell: Note

    def at(self, neurons: int, attempt: int) -> Trial:
        """Build a network, refine it, and try it on fresh inputs."""
        task = self.candidate.task
        assert task.epsilon is not None
        network = _built(task, neurons, task.epsilon)
        self.tell(f"refine {network.neurons:,} neurons")
        found = refine(
            network,
            passes=self.passes,
            error=task.error,
            epsilon=task.epsilon,
            seed=task.seed,
            state=self.state,
            note=self.tell,
        )
        trial = tried(task, found.network, attempt, closely=True)
        self.tell(f"refined {trial}")
        return trial


def _built(task: Task, neurons: int, epsilon: float) -> Network:
    units = round(_UNITS * (COMPUTED / epsilon) ** _UNITS_POWER)
    return build_least_noise(task, draw_codes(task, neurons, range(units - 1, units + 2)), _BEND)


def _smallest(refining: _Refining, most: int) -> Compilation | None:
    """Return the smallest refined network of the grid that passes; None if none does."""
    candidate, tell = refining.candidate, refining.tell
    declared, asked = candidate.declared.neurons, candidate.task.epsilon
    assert asked is not None
    tell(f"{candidate.construction.name} declares {declared:,} neurons without refinement")
    if most < _LEAST * declared:
        return None
    failed: int | None = None
    passed: int | None = None
    best: Trial | None = None
    tries: list[str] = []
    place: int | None = 0
    while place is not None and len(tries) < _MOST_TRIALS:
        neurons = min(round(declared * _FIRST * _STEP**place), most)
        try:
            trial = refining.at(neurons, 2 * len(tries))
        except TooFewNeuronsError:
            tries.append(f"{neurons:,} (too few)")
            failed, steps = place, 1
        else:
            assert trial.reading_error is not None
            epsilon = trial.reading_error.epsilon
            tries.append(f"{trial.network.neurons:,} ({epsilon:.3f})")
            over = log(epsilon / asked)
            if trial.passed:
                passed, best = place, trial
                over = -over
            else:
                failed = place
            # One step where readings err by less than asked, and yet something else failed.
            steps = max(1, round(over / (_POWER * log(_STEP))))
        too_large = passed is None and neurons >= most
        place = None if too_large else _next(failed, passed, steps)
    tell(f"refined sizes and their reading errors: {', '.join(tries)}")
    if best is None:
        return None
    tell(f"found {best.network.neurons:,} neurons, {best.network.neurons / declared:.3f} of that")
    return best.reported(declared, candidate.decisions(best.network))


def _next(failed: int | None, passed: int | None, steps: int) -> int | None:
    """Return the next place on the grid, between one that failed and one that passed."""
    if passed is None:
        return (failed or 0) + steps
    if failed is None:
        return passed - steps
    return (failed + passed) // 2 if passed - failed > 1 else None
