"""Every construction says all about itself, and is planned once and built at any size."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import pytest

from polyseme import GateKind, build_circuit, problems
from polyseme.circuits.circuit import Circuit
from polyseme.common.literature import PUBLICATIONS
from polyseme.compiler.constructions import construction
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import (
    Candidate,
    Construction,
    Inputs,
    Size,
    TaskConstruction,
)
from polyseme.compiler.constructions.monosemantic import Monosemantic
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, OptionError, PolysemeError
from polyseme.networks.network import Network
from support.heavy_light import heavy_and_light
from support.linked import linked

# A circuit that each serves, its promise and an error that it can hold.
PAIRS = problems.pairwise_and(600, 400)
SERVED: dict[str, tuple[Circuit, int, float]] = {
    "monosemantic": (PAIRS, 3, 1e-2),
    "three-channel": (PAIRS, 3, 1e-2),
    "least-noise": (PAIRS, 3, 1e-2),
    "pooled": (heavy_and_light(4, 2000), 3, 1e-2),
    "tight-frames": (PAIRS, 3, 1e-2),
    "one-bit": (problems.pairwise_and(2000, 2000), 3, 1e-2),
    "adler-shavit": (PAIRS, 3, 1e-2),
    "output-channel": (PAIRS, 3, 1e-2),
    "single-use": (problems.pairwise_and(2000, 1000), 3, 1e-2),
    "input-channel": (problems.universal_and(60), 3, 1e-2),
    "mixed-channel": (heavy_and_light(4, 2000), 3, 1e-2),
    "k-and": (problems.k_and(4000, 2000, 3), 4, 1e-2),
    "and-tree": (problems.k_and(40_000, 10_000, 4), 4, 1e-2),
    "permutation": (problems.permutation(4000), 3, 1e-2),
    "deep": (problems.layered(2000, 2, active=2), 2, 5e-2),
    "hops": (linked(2000, 1600), 2, 1e-2),
    "error-correction": (problems.layered(200, 2), 3, 1e-1),
    "universal-and": (problems.universal_and(10), 2, 1e-1),
    "gaussian-products": (problems.universal_and(20), 2, 1e-2),
    "rademacher-products": (problems.universal_and(20), 2, 1e-2),
    "targeted-pairs": (problems.universal_and(10), 2, 1e-1),
    "reed-solomon": (PAIRS, 2, 1e-2),
    "quadratic": (problems.universal_and(20), 2, 1e-1),
}
# Whose networks are right on every input, so that an error allowed makes none smaller.
EXACT = ("monosemantic", "reed-solomon", "hops")
every = pytest.mark.parametrize("name", CATALOGUE)


@cache
def candidate_of(name: str, share: float = 1.0) -> Candidate:
    """The candidate for the task above, or for one of a share of its error."""
    circuit, active, error = SERVED[name]
    return CATALOGUE[name].candidate(Task(circuit, active, share * error))


def test_the_table_above_has_them_all() -> None:
    assert SERVED.keys() == CATALOGUE.keys()


# --- what they say -------------------------------------------------------------------------------


@every
def test_a_construction_says_all_about_itself(name: str) -> None:
    one = CATALOGUE[name]
    assert one.name == name
    assert name == name.lower().strip()
    assert " " not in name
    for text in (one.problem, one.law, one.error, *one.assumptions):
        assert text
        assert text == text.strip()
        assert "\n" not in text
    assert isinstance(one.assumptions, tuple)
    assert isinstance(one.inputs, Inputs)
    assert 0 <= one.exponent <= 1
    assert isinstance(one.searched, bool)
    assert one.sources
    assert set(one.sources) <= set(PUBLICATIONS)
    assert len(set(one.sources)) == len(one.sources)


@every
def test_its_module_states_the_theorem_and_its_class_what_it_is(name: str) -> None:
    kind = type(CATALOGUE[name])
    module = inspect.getmodule(kind)
    assert module is not None
    assert "Theorem" in (module.__doc__ or "")
    assert (kind.__doc__ or "").endswith(".")


def test_none_is_in_the_catalogue_twice() -> None:
    kinds = [type(one) for one in CATALOGUE.values()]
    assert len(set(kinds)) == len(kinds)


class Complete(TaskConstruction):
    """As little as a construction can say."""

    name = "complete"
    problem = "any"
    inputs = Inputs.BASIS
    law = "one"
    exponent = 0.5
    error = "none"
    assumptions = ()
    sources = ("polyseme",)

    def refusal(self, task: Task) -> str | None:
        return "it has one seed only" if task.seed else None

    def neurons(self, plan: Task, error: float) -> int:
        return round(10 / error)

    def parameters(self, plan: Task, neurons: int) -> int:
        return 2 * neurons

    def build(self, plan: Task, neurons: int) -> Network:
        raise CapacityError(f"{plan.circuit.name} at {neurons}")


def test_a_complete_subclass_can_be_made() -> None:
    Complete()


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        ({"name": None}, r"Spoilt\.name must be a string"),
        ({"problem": None}, r"Spoilt\.problem must be a string"),
        ({"law": 7}, r"Spoilt\.law must be a string"),
        ({"error": 0.5}, r"Spoilt\.error must be a string"),
        ({"sources": ("polyseme", "nobody1900nothing")}, "complete: .*nobody1900nothing.* sources"),
        ({"sources": ()}, "complete: .* are no sources"),
        ({"inputs": "basis"}, "complete: its inputs or its exponent are not given"),
        ({"exponent": 1.5}, "complete: its inputs or its exponent are not given"),
        ({"exponent": -0.5}, "complete: its inputs or its exponent are not given"),
    ],
    ids=str,
)
def test_what_it_says_wrongly_is_refused_when_it_is_made(spoilt: dict[str, Any], says: str) -> None:
    with pytest.raises(PolysemeError, match=says):
        type("Spoilt", (Complete,), spoilt)()


@pytest.mark.parametrize("missing", ["name", "problem", "law", "error"])
def test_what_it_does_not_say_is_refused_when_it_is_made(missing: str) -> None:
    told = {key: value for key, value in vars(Complete).items() if key != missing}
    silent = type("Silent", (TaskConstruction,), told)
    with pytest.raises(PolysemeError, match=rf"Silent\.{missing} must be a string"):
        silent()


@pytest.mark.parametrize("missing", ["refusal", "plan", "neurons", "parameters", "build"])
def test_a_subclass_without_a_method_cannot_be_made(missing: str) -> None:
    told = {key: value for key, value in vars(Complete).items() if key != missing}
    if missing != "plan":
        told["plan"] = TaskConstruction.plan
    with pytest.raises(TypeError, match=f"abstract method '?{missing}"):
        type("Silent", (Construction,), told)()


# --- candidates ----------------------------------------------------------------------------------


def test_a_candidate_is_planned_when_it_is_made_and_never_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned: list[Task] = []
    monkeypatch.setattr(Complete, "plan", lambda own, task: planned.append(task) or task)
    task = Task(PAIRS, error=1e-2)
    candidate = Complete().candidate(task)
    assert isinstance(candidate, Candidate)
    assert (candidate.task, candidate.plan) == (task, task)
    assert candidate.declared == Size(1000, 2000)
    assert candidate.declared is candidate.declared
    assert candidate.neurons(1e-3) == 10_000
    for neurons in (3, 5):
        with pytest.raises(CapacityError, match=f"and2:features=600,gates=400 at {neurons}"):
            candidate.build(neurons)
    assert planned == [task]


def test_a_task_that_is_refused_is_no_candidate() -> None:
    with pytest.raises(OptionError) as refused:
        Complete().candidate(Task(PAIRS, seed=1))
    assert str(refused.value) == (
        "and2:features=600,gates=400: complete does not serve this task: it has one seed only"
    )


@every
def test_declared_sizes_fall_with_a_larger_error(name: str) -> None:
    candidate, strict = candidate_of(name), candidate_of(name, 0.1)
    own, larger = candidate.declared.neurons, candidate.neurons(min(4 * candidate.task.error, 0.5))
    if name in EXACT:
        assert strict.declared.neurons == own == larger
    elif name == "least-noise":
        # A small circuit needs 8 f w, whatever the error.
        assert strict.declared.neurons >= own >= larger
    else:
        assert strict.declared.neurons > own > larger
    assert larger >= 1


@every
def test_sizes_declared_for_an_error_are_those_of_a_task_of_that_error(name: str) -> None:
    candidate, strict = candidate_of(name), candidate_of(name, 0.1)
    assert candidate.neurons(strict.task.error) == strict.declared.neurons
    # Asking for another error changes nothing.
    assert candidate.neurons(candidate.task.error) == candidate.declared.neurons


@every
def test_parameters_grow_with_neurons(name: str) -> None:
    candidate = candidate_of(name)
    neurons, parameters = candidate.declared.neurons, candidate.declared.parameters
    assert parameters > neurons >= 1
    fewer = candidate.construction.parameters(candidate.plan, neurons // 2)
    assert fewer <= parameters
    if not isinstance(candidate.construction, Monosemantic):
        assert fewer < parameters


@every
def test_a_refusal_is_one_line_and_names_no_circuit_of_its_own(name: str) -> None:
    one = CATALOGUE[name]
    gates = [(GateKind.XOR, [0, 1]), (GateKind.AND, [3, 2])]
    deep = build_circuit(["a", "b", "c"], gates, [4], inverted=[True], name="deep")
    for encoder in ("basis", "superposed"):
        reason = one.refusal(Task(deep, encoder=encoder))
        if reason is None:
            assert name == "monosemantic"
            continue
        assert "\n" not in reason
        with pytest.raises(OptionError, match=r"^deep: ") as refused:
            one.candidate(Task(deep, encoder=encoder))
        assert reason in str(refused.value)


@every
def test_only_deep_networks_have_decisions(name: str) -> None:
    one = CATALOGUE[name]
    if name in ("monosemantic", "deep"):
        deep = CATALOGUE[name].candidate(Task(problems.layered(20, 2), active=2))
        network = deep.build(20)
        assert len(deep.decisions(network)) == len(network.layers)
    if name not in ("deep", "hops"):
        small = problems.pairwise_and(10, 5)
        network = CATALOGUE["monosemantic"].candidate(Task(small)).build(5)
        assert one.decisions(one.plan(Task(small)), network) == ()


def test_what_memory_does_not_hold_is_refused_before_it_starts(monkeypatch) -> None:
    candidate = CATALOGUE["least-noise"].candidate(Task(problems.pairwise_and(400, 400)))
    needed = candidate.construction.memory(candidate.plan, 400)
    assert needed > 8 * 400 * 300
    monkeypatch.setattr(construction, "available_memory", lambda: needed)
    assert candidate.build(400).neurons <= 400
    monkeypatch.setattr(construction, "available_memory", lambda: needed - 1)
    with pytest.raises(CapacityError, match=r"least-noise takes about 0\.0 GB of memory to build"):
        candidate.build(400)
    # Little is held beside most networks, and nothing is refused where the system does not tell.
    assert CATALOGUE["tight-frames"].memory(candidate.plan, 400) == 0
    monkeypatch.setattr(construction, "available_memory", lambda: None)
    assert candidate.build(400).neurons <= 400
