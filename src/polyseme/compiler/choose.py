"""The choice of the constructions that are tried for a task, and of the fallback.

If hidden layers need not compute the gates, `three-channel` serves every circuit of one hidden
layer. For some circuits another construction declares fewer neurons, and is then tried first. Sizes
are compared with inputs of the same kind: a construction for basis-aligned inputs is taken only if
the task wants such inputs. If the gates must be computed, `least-noise` and `pooled` are tried
before `three-channel`, for circuits that they serve. Deeper circuits get layers in superposition:
of `hops` for tables of facts that refer to each other, else of `deep`.
The fallback is the monosemantic network, for tasks for which no smaller network is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from polyseme.compiler.constructions.catalogue import (
    CATALOGUE,
    HOPS,
    LEAST_NOISE,
    MONOSEMANTIC,
    POOLED,
    REED_SOLOMON,
    SUPERPOSED_LAYERS,
    THREE_CHANNEL,
    TIGHT_FRAMES,
)
from polyseme.compiler.constructions.construction import Candidate
from polyseme.compiler.constructions.three_channel.plan import wants_basis
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, OptionError, PolysemeError

AUTO = "auto"
CONSTRUCTIONS = (AUTO, *CATALOGUE)


@dataclass(frozen=True, eq=False)
class Choice:
    """Candidates in the order in which they are tried, each planned when its turn comes.

    `fallback` is the monosemantic network, for tasks for which no candidate is smaller. It is None
    if the user asked for a construction that no other may replace.
    """

    candidates: Iterator[Candidate]
    fallback: Candidate | None


def choose(task: Task, name: str) -> Choice:
    """Choose the constructions for a task: by name, or automatically.

    Raises:
        OptionError: The named construction does not serve the task.
    """
    if name not in (AUTO, THREE_CHANNEL.name, MONOSEMANTIC.name):
        return Choice(iter([CATALOGUE[name].candidate(task)]), None)
    _check_goes_with_depth(task, name)
    # The fallback has basis-aligned inputs whatever encoder was asked for, so it is not refused.
    fallback = Candidate(MONOSEMANTIC, task, MONOSEMANTIC.plan(task))
    if name == MONOSEMANTIC.name:
        return Choice(iter([fallback]), None)
    if not task.one_layer:
        return Choice(_deep_candidates(task), fallback)
    if name == THREE_CHANNEL.name:
        return Choice(iter([THREE_CHANNEL.candidate(task)]), fallback)
    return Choice(_one_layer_candidates(task, fallback.declared.neurons), fallback)


def _check_goes_with_depth(task: Task, name: str) -> None:
    circuit = task.circuit.name
    if task.one_layer:
        if task.carry != "auto":
            raise OptionError(
                f"{circuit}: carry {task.carry!r} can only be chosen for circuits of several "
                "hidden layers"
            )
        return
    if name == THREE_CHANNEL.name:
        raise OptionError(
            f"{circuit}: three-channel builds one hidden layer, and this circuit needs more, "
            "or outputs that rest at 1; choose auto"
        )
    if task.encoder != "auto":
        raise OptionError(
            f"{circuit}: encoder {task.encoder!r} can only be chosen for circuits of one "
            "hidden layer"
        )


def thresholded_neurons(task: Task) -> int | None:
    """Return the neurons declared for a task if thresholds of the readout may finish the work.

    It is the smallest number of those constructions that `choose` would try; None if that is not
    known before a search.
    """
    # What deep layers declare does not depend on a reading error.
    deciding = replace(task, epsilon=None) if task.one_layer else task
    try:
        fallback = Candidate(MONOSEMANTIC, task, MONOSEMANTIC.plan(task)).declared.neurons
        tried = list(choose(deciding, AUTO).candidates)
    except PolysemeError:
        return None
    declared = min(declared_or_infinite(candidate) for candidate in tried)
    return int(declared) if declared < fallback else None


def _deep_candidates(task: Task) -> Iterator[Candidate]:
    """Yield the constructions to try for a circuit of several hidden layers."""
    if HOPS.refusal(task) is None:
        yield HOPS.candidate(task)
        return
    yield SUPERPOSED_LAYERS.candidate(task)


def _one_layer_candidates(task: Task, limit: int) -> Iterator[Candidate]:
    """Yield the constructions to try for a circuit of one hidden layer."""
    if task.epsilon is None:
        yield from _thresholding(task, limit)
        return
    if not wants_basis(task):
        yield from _computing(task)
    yield THREE_CHANNEL.candidate(task)


def cannot_compute(candidate: Candidate) -> bool:
    """Return whether no size of a candidate computes what its task wants computed.

    Where several terms of an output may be on at once, each adds a full reading: three channels
    then decide the output, but do not compute it. Two terms without negations are taken to fit into
    a promise of three features or more.
    """
    task = candidate.task
    if task.epsilon is None or candidate.construction is not THREE_CHANNEL:
        return False
    terms = task.terms
    several = np.bincount(terms.output, terms.widths == terms.plain, terms.outputs) > 1
    return task.active > 2 and bool(several.any())


def _computing(task: Task) -> Iterator[Candidate]:
    """Yield the constructions made for computing that serve a task, the smallest declared first."""
    serving = [one for one in (LEAST_NOISE, POOLED) if one.refusal(task) is None]
    if len(serving) < 2:
        yield from (one.candidate(task) for one in serving)
    else:
        yield from sorted((one.candidate(task) for one in serving), key=declared_or_infinite)


def _thresholding(task: Task, limit: int) -> Iterator[Candidate]:
    """Yield the special construction for the circuit if it declares less, then three channels."""
    channels, rival = None, REED_SOLOMON if wants_basis(task) else TIGHT_FRAMES
    if rival.refusal(task) is None:
        special = rival.candidate(task)
        if declared_or_infinite(special) < limit:
            if not _is_even(task):
                channels = THREE_CHANNEL.candidate(task)
            if channels is None or declared_or_infinite(special) < channels.declared.neurons:
                yield special
    yield channels or THREE_CHANNEL.candidate(task)


def _is_even(task: Task) -> bool:
    """Return whether inputs are in superposition and features have almost equal influence.

    That is so if no influence exceeds the mean by more than one. Tight frames then make the least
    noise that linear reads can make, and three channels need not be planned for a comparison: of
    816 such tasks (1 to 4 inputs, 100 to 10,000 features, promises of 1 to 8, errors of 0.1 to
    1e-5) they declared fewer neurons in one, 63 instead of 64.
    """
    terms = task.terms
    mean = terms.literals.size / terms.features
    return not wants_basis(task) and int(terms.influence.max()) <= mean + 1


def declared_or_infinite(candidate: Candidate) -> float:
    """Return the neurons that a candidate declares; infinite where none are enough."""
    try:
        return candidate.declared.neurons
    except CapacityError:
        return float("inf")
