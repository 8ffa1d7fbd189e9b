"""The driver of refinement: from a circuit to a refined network, of the smallest size that passes.

Refinement lets a smaller network keep the same errors, so of `least-noise` and `deep` the size is
searched after it, on a coarse grid (`smallest_refined.py`). Networks of other constructions are
searched first and then refined, for fewer wrong decisions at the same size.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.promise import promise_for
from polyseme.common.arguments import function, whole_number
from polyseme.common.extras import import_numba, import_torch
from polyseme.common.progress import Note, phase, silent
from polyseme.common.progress_shown import Watcher, watched
from polyseme.compiler.choose import choose
from polyseme.compiler.compile import check_construction, measured_report
from polyseme.compiler.constructions.catalogue import LEAST_NOISE, SUPERPOSED_LAYERS
from polyseme.compiler.constructions.construction import Candidate
from polyseme.compiler.constructions.least_noise.build import build_least_noise
from polyseme.compiler.constructions.least_noise.codes import draw_codes
from polyseme.compiler.constructions.monosemantic import smallest_exact
from polyseme.compiler.report import Compilation
from polyseme.compiler.search.confirm import tried
from polyseme.compiler.search.trial import Trial
from polyseme.compiler.shortfalls import warn_of
from polyseme.compiler.task import Task, checked
from polyseme.errors import OptionError
from polyseme.learning.refinement.readings.cases import check_refinable
from polyseme.learning.refinement.refine import MAX_PASSES, refine
from polyseme.learning.smallest_refined import Grid, smallest_refined
from polyseme.networks.checks import check_state
from polyseme.networks.network import Network
from polyseme.verification.reading_error import COMPUTED, reading_error

# Inputs of each kind on which the readings of networks of other constructions are looked at.
_READ = 30_000
# Reading errors of refined networks fall about with the square root of the neurons: slowly, since
# the descent stops at its limits. Errors of deep ones fall far faster. No refined network was found
# at a smaller share of the declared size than `least`.
_READINGS = Grid(first=0.88, step=1.04, least=0.6, power=0.5)
_LAYERS = Grid(first=0.55, step=1.08, least=0.3, power=8)
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

    Of `least-noise` and `deep`, the smallest size is searched whose refined network passes.
    Networks of other constructions are found first and then refined.

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
        state: A file that keeps the state of the descent of one network; of `least-noise` and
            `deep`, only with `neurons` given.
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
    searched = _searched(task, construction, neurons)
    if searched is None or searched.candidate.construction is not LEAST_NOISE:
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
    searched = _searched(task, construction, neurons)
    if searched is None:
        import_torch("refining")
        return _refined(measured_report(task, construction, neurons, tell), passes, state, tell)
    import_numba(f"refining {searched.candidate.construction.name}")
    if searched.candidate.construction is LEAST_NOISE:
        check_refinable(task.circuit.name, task.terms, task.active)
    if state is not None and neurons is None:
        raise OptionError("a state is of the descent of one network; name its neurons too")
    refining = _Refining(searched.candidate, passes, state, tell)
    if neurons is not None:
        trial = refining.at(neurons, 0)
        found = trial.reported(None, searched.candidate.decisions(trial.network))
    else:
        smallest = smallest_refined(refining, searched.grid, searched.most)
        if smallest is None:
            tell("no refined network is small enough and passes; none is refined")
            return measured_report(task, construction, neurons, tell)
        found = smallest
    if task.one_layer:
        return found
    with phase("sizing the exact network"):
        return replace(found, exact=smallest_exact(task))


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
class _Searched:
    """The candidate whose size is searched after refinement, and the most neurons worth it."""

    candidate: Candidate
    grid: Grid
    most: int


def _searched(task: Task, construction: str, neurons: int | None) -> _Searched | None:
    """Return the candidate of `least-noise` or `deep`, if it is what would be compiled; else None.

    It is not where so many neurons are enough to be exact.
    """
    if task.one_layer and task.epsilon is None:
        return None
    choice = choose(task, construction)
    first = next(choice.candidates)
    if first.construction is SUPERPOSED_LAYERS:
        grid, exact = _LAYERS, int(first.plan.monosemantic_neurons)
    elif first.construction is not LEAST_NOISE:
        return None
    elif choice.fallback is None:
        return _Searched(first, _READINGS, 2 * first.declared.neurons)
    else:
        grid, exact = _READINGS, choice.fallback.declared.neurons
    enough = neurons is not None and neurons >= exact
    return None if enough else _Searched(first, grid, exact - 1)


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
        network = self._built(neurons)
        self.tell(f"refine {network.neurons:,} neurons")
        found = refine(
            network,
            passes=self.passes,
            error=task.error,
            epsilon=COMPUTED if task.epsilon is None else task.epsilon,
            seed=task.seed,
            state=self.state,
            note=self.tell,
        )
        trial = tried(task, found.network, attempt, closely=True)
        self.tell(f"refined {trial}")
        return trial

    def _built(self, neurons: int) -> Network:
        task, epsilon = self.candidate.task, self.candidate.task.epsilon
        if self.candidate.construction is not LEAST_NOISE or epsilon is None:
            return self.candidate.build(neurons)
        units = round(_UNITS * (COMPUTED / epsilon) ** _UNITS_POWER)
        codes = draw_codes(task, neurons, range(units - 1, units + 2))
        return build_least_noise(task, codes, _BEND)
