"""A chosen construction at a size: the one given, or the smallest that passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from polyseme.common.progress import Note, phase
from polyseme.compiler.choose import (
    Choice,
    cannot_compute,
    declared_or_infinite,
    thresholded_neurons,
)
from polyseme.compiler.constructions.construction import Candidate
from polyseme.compiler.paying import least_that_can, where_it_pays
from polyseme.compiler.report import Compilation
from polyseme.compiler.search.confirm import tried
from polyseme.compiler.search.smallest import Found, smallest
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.network import Network

# A construction that declares more than this many times the monosemantic network's neurons is not
# tried.
_HOPELESS = 1.15
# A construction that declares more than this many times the neurons given is built last.
_FAR = 8
# Sizes, and the factor between them, that are tried where a construction declares its only size.
_STEPS, _STEP = 6, 1.05


def at_size(choice: Choice, neurons: int, measure: bool) -> Compilation:
    """Build the fallback if the neurons are enough for it, or the first candidate that fits.

    Candidates that declare many times the neurons come last: they fit, and decide almost nothing.
    Raises TooFewNeuronsError where they will do for none.
    """
    fallback = choice.fallback
    if fallback is not None and neurons >= (limit := fallback.declared.neurons):
        outputs = len(fallback.task.circuit.outputs)
        reason = (
            f"superposition is not needed: {neurons:,} neurons are enough to compute "
            f"{_all(outputs)} exactly, which takes {limit:,}"
        )
        return _built(fallback, neurons, measure, reason if fallback.task.one_layer else "")
    refused = []
    for candidate in _far_ones_last(choice.candidates, neurons):
        try:
            return _built(candidate, neurons, measure)
        except TooFewNeuronsError as error:
            refused.append((candidate, error))
    # Of several, each has a reason of its own, and none of them is the least there is.
    reason = str(refused[0][1]) if len(refused) == 1 else f"{neurons:,} neurons are too few"
    sizes = least_that_can([candidate for candidate, _ in refused], neurons, fallback)
    raise TooFewNeuronsError(f"{reason}{sizes}")


def _far_ones_last(candidates: Iterator[Candidate], neurons: int) -> Iterator[Candidate]:
    far = []
    for candidate in candidates:
        if declared_or_infinite(candidate) > _FAR * neurons:
            far.append(candidate)
        else:
            yield candidate
    yield from far


def at_smallest(choice: Choice, note: Note, measure: bool) -> Compilation:
    """Search the candidates in turn for the smallest network that passes, or fall back."""
    if choice.fallback is None:
        return _of_one(next(choice.candidates), note, measure)
    return _smaller_than_fallback(choice, choice.fallback, note, measure)


def _of_one(candidate: Candidate, note: Note, measure: bool) -> Compilation:
    """Find the smallest network of a construction, or build its only one."""
    if candidate.construction.searched:
        return smallest(candidate, note, closely=measure).compilation
    return _built(candidate, candidate.declared.neurons, measure)


def _smaller_than_fallback(
    choice: Choice, fallback: Candidate, note: Note, measure: bool
) -> Compilation:
    """Find the smallest network of the first candidate with one smaller than the fallback."""
    limit, hopeless = fallback.declared.neurons, None
    for candidate in choice.candidates:
        if cannot_compute(candidate):
            continue
        if candidate.declared.neurons > _HOPELESS * limit:
            hopeless = candidate.declared.neurons
        elif limit > 1:
            try:
                found = _confirmed(candidate, note, limit - 1, measure)
            except TooFewNeuronsError:
                continue
            if found.passed:
                return found.compilation
    reason = _why_not_smaller(fallback.task, limit, hopeless)
    report = _built(fallback, limit, measure, reason)
    # Only told, not saved with the network: it is about others.
    larger = where_it_pays(fallback.task, limit) if fallback.task.one_layer else ""
    return replace(report, fallback=reason + larger)


def _confirmed(candidate: Candidate, note: Note, most: int, measure: bool) -> Found:
    """Return the smallest network of a candidate, or its only one, and whether it passed."""
    if candidate.construction.searched:
        return smallest(candidate, note, most, measure)
    declared = candidate.declared.neurons
    note(f"{candidate.construction.name} declares {declared:,} neurons")
    network = _built_from(candidate, declared, most)
    trial = tried(candidate.task, network, closely=measure)
    note(f"confirm {trial}")
    return Found(trial.reported(declared, candidate.decisions(trial.network)), trial.passed)


def _built_from(candidate: Candidate, declared: int, most: int) -> Network:
    """Build a network of the declared size, or of one of the next larger sizes if that fails."""
    for step in range(_STEPS):
        try:
            return candidate.build(min(round(declared * _STEP**step), most))
        except TooFewNeuronsError:
            continue
    return candidate.build(most)


def _why_not_smaller(task: Task, limit: int, hopeless: int | None) -> str:
    if limit == 1:
        return "superposition does not pay here: 1 ReLU computes the output exactly"
    if task.one_layer:
        outputs = len(task.circuit.outputs)
        per_output = ", one per output or fewer" if limit <= outputs else ""
        rival = (
            f"no network of fewer was found to {_wanted(task)}"
            if hopeless is None
            else f"superposition would ask for about {hopeless:,}"
        )
        return (
            f"superposition does not pay here: {limit:,} ReLUs compute {_all(outputs)} "
            f"exactly{per_output}; at {task.active} active features {rival}{_thresholded(task)}"
        )
    if hopeless is not None:
        return (
            "superposition does not pay here: with a neuron for every wire the widest layer has "
            f"{limit:,}, and at this activity superposition would ask for about {hopeless:,}"
            f"{_thresholded(task)}"
        )
    return (
        f"superposition does not pay here: no network of fewer than {limit:,} neurons, which are "
        f"enough to give every wire its own, was found to {_wanted(task)}{_thresholded(task)}"
    )


def _wanted(task: Task) -> str:
    computing = "" if task.epsilon is None else f"compute its gates within {task.epsilon:g} and "
    return f"{computing}err under {task.error:g}"


def _thresholded(task: Task) -> str:
    """Return what thresholds of the readout could do if the hidden layer need not compute."""
    neurons = None if task.epsilon is None else thresholded_neurons(task)
    if neurons is None:
        return ""
    return f"; thresholded (epsilon none), about {neurons:,} would do"


def _all(outputs: int) -> str:
    return f"all {outputs:,} outputs" if outputs > 1 else "the output"


def _built(
    candidate: Candidate, neurons: int, measure: bool, reason: str | None = None
) -> Compilation:
    """Build a candidate at a size, try it if it is to be measured, and keep the reason with it."""
    task = candidate.task
    with phase(f"building {neurons:,} neurons"):
        network = candidate.build(neurons)
    if reason is not None:
        network = replace(network, provenance=replace(network.provenance, note=reason))
    if not measure:
        report = Compilation(network, task.error, epsilon=task.epsilon)
    else:
        report = tried(task, network, closely=True).reported(None, candidate.decisions(network))
    return replace(report, fallback=reason or "")
