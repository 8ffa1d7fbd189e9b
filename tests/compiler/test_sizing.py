"""The chosen construction at the size given, or the smallest, or the fallback and its reason."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Any

import pytest

import polyseme as ps
from polyseme import GateKind, build_circuit, problems
from polyseme.circuits.circuit import Circuit
from polyseme.compiler.constructions.catalogue import (
    MONOSEMANTIC,
    SUPERPOSED_LAYERS,
    THREE_CHANNEL,
    TIGHT_FRAMES,
)
from polyseme.compiler.paying import side_by_side
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, TooFewNeuronsError
from support.compiled_reports import PAIRS, SEARCHED

DEEP = problems.layered(40, 3)


def refuse(*arguments: Any) -> Any:
    raise TooFewNeuronsError("too few, whatever the size")


def test_at_a_size_too_few_for_the_first_candidate_the_next_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ps.compile(PAIRS, neurons=300, epsilon=None).provenance.construction == "tight-frames"
    monkeypatch.setattr(type(TIGHT_FRAMES), "build", refuse)
    network = ps.compile(PAIRS, neurons=300, epsilon=None)
    assert network.provenance.construction == "three-channel"
    assert network.neurons <= 300


def test_a_size_too_few_for_all_is_told_with_those_that_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooFewNeuronsError, match="2 neurons are too few; the least") as refused:
        ps.compile(PAIRS, neurons=2, epsilon=None)
    found = re.search(r"least that can be built is (\d+)", str(refused.value))
    assert found is not None
    least = int(found[1])
    assert ps.compile(PAIRS, neurons=least, epsilon=None).neurons <= least
    with pytest.raises(TooFewNeuronsError, match=f"the least that can be built is {least},"):
        ps.compile(PAIRS, neurons=least - 1, epsilon=None)
    monkeypatch.setattr(type(THREE_CHANNEL), "build", refuse)
    monkeypatch.setattr(type(TIGHT_FRAMES), "build", refuse)
    with pytest.raises(TooFewNeuronsError, match=r"too few; 400 compute everything exactly$"):
        ps.compile(PAIRS, neurons=2, epsilon=None)


def test_a_small_problem_says_from_which_size_on_superposition_would_pay() -> None:
    small = problems.pairwise_and(50, 50)
    with pytest.warns(ps.PolysemeWarning, match="does not pay here: 50 ReLUs") as warned:
        network = ps.compile(small)
    said = str(warned[0].message)
    found = re.search(r"; (\d+) such circuits side by side \((\d+) gates", said)
    assert found is not None
    copies, gates = map(int, found.groups())
    assert gates == 50 * copies
    # What is said of other circuits is not kept with this one.
    assert said.startswith(network.provenance.note)
    assert "side by side" not in network.provenance.note
    assert ps.compile(side_by_side(small, copies)).neurons < gates
    assert ps.compile(side_by_side(small, copies // 4)).neurons == 50 * copies // 4


@pytest.mark.parametrize("neurons", [None, 300])
def test_what_more_neurons_would_not_cure_is_no_reason_to_try_another(
    neurons: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow(*arguments: Any) -> Any:
        raise CapacityError("weights of 16 bits")

    monkeypatch.setattr(type(TIGHT_FRAMES), "build", overflow)
    with pytest.raises(CapacityError, match="weights of 16 bits"):
        ps.compile(PAIRS, neurons=neurons, epsilon=None)


def test_a_search_in_which_no_size_can_be_built_goes_on_to_the_next_candidate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(TIGHT_FRAMES), "build", refuse)
    notes: list[str] = []
    report = ps.compile_report(PAIRS, note=notes.append, **SEARCHED)
    assert report.network.provenance.construction == "three-channel"
    assert report.predicted == THREE_CHANNEL.candidate(Task(PAIRS, **SEARCHED)).declared.neurons
    assert [note.split()[0] for note in notes if " declares " in note] == [
        "tight-frames",
        "three-channel",
    ]


def test_one_asked_for_by_name_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(TIGHT_FRAMES), "build", refuse)
    for neurons in (None, 300):
        with pytest.raises(TooFewNeuronsError, match="too few, whatever the size"):
            ps.compile(PAIRS, construction="tight-frames", neurons=neurons)


@pytest.mark.parametrize(
    ("circuit", "widest"),
    [(problems.pairwise_and(30, 30), 30), (DEEP, 40), (build_circuit(["a"], [], [0]), 1)],
    ids=["one layer", "deep", "one feature"],
)
def test_the_monosemantic_network_asked_for_has_one_size(circuit: Circuit, widest: int) -> None:
    options: dict[str, Any] = {"active": 1, "construction": "monosemantic"}
    sizes = {ps.compile(circuit, neurons=given, **options).neurons for given in (None, 1, 99)}
    assert len(sizes) == 1
    assert sizes.pop() <= widest
    report = ps.compile_report(circuit, **options)
    assert report.passed
    assert report.predicted is None


def reason_of(circuit: Circuit, **options: Any) -> str:
    """The reason that is kept with the network, and warned of if it was not asked for."""
    named = options.get("construction") == "monosemantic"
    with nullcontext() if named else pytest.warns(ps.PolysemeWarning) as warned:
        report = ps.compile_report(circuit, **options)
    network = report.network
    assert network.provenance.construction == "monosemantic"
    assert report.confirmation is not None
    assert report.confirmation.wrong == 0
    if warned is not None:
        assert [str(one.message) for one in warned] == [report.fallback]
        assert report.fallback.startswith(network.provenance.note)
        assert warned[0].filename == __file__
    return network.provenance.note


def test_enough_neurons_for_every_gate_are_the_reason() -> None:
    said = reason_of(problems.pairwise_and(30, 30), neurons=1234)
    assert said == (
        "superposition is not needed: 1,234 neurons are enough to compute all 30 outputs exactly, "
        "which takes 30"
    )


def test_it_was_asked_for() -> None:
    said = reason_of(problems.pairwise_and(30, 30), construction="monosemantic", neurons=3)
    assert said == "the monosemantic network was asked for"


def test_no_smaller_network_was_found() -> None:
    said = reason_of(problems.pairwise_and(20, 20), error=1e-2, epsilon=None)
    assert said == (
        "superposition does not pay here: 20 ReLUs compute all 20 outputs exactly, one per output "
        "or fewer; at 3 active features no network of fewer was found to err under 0.01"
    )


def test_there_is_no_smaller_network_than_one_neuron() -> None:
    said = reason_of(build_circuit(["a", "b"], [(GateKind.AND, [0, 1])], [2]), active=2)
    assert said == "superposition does not pay here: 1 ReLU computes the output exactly"


def test_superposition_would_ask_for_more_than_a_neuron_per_wire() -> None:
    asked = SUPERPOSED_LAYERS.candidate(Task(DEEP, carry="gates")).declared.neurons
    assert asked > 1.15 * 40
    said = reason_of(DEEP, carry="gates")
    assert said == (
        "superposition does not pay here: with a neuron for every wire the widest layer has 40, "
        f"and at this activity superposition would ask for about {asked}"
    )


@pytest.mark.parametrize("build", [None, refuse], ids=["wrong", "too few"])
def test_no_smaller_deep_network_was_found(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # It declares less than it takes.
    monkeypatch.setattr(type(SUPERPOSED_LAYERS), "neurons", lambda own, plan, error: 60)
    if build is not None:
        monkeypatch.setattr(type(SUPERPOSED_LAYERS), "build", build)
    said = reason_of(problems.layered(90, 2), carry="gates", error=1e-2, epsilon=None)
    assert said == (
        "superposition does not pay here: no network of fewer than 90 neurons, which are enough "
        "to give every wire its own, was found to err under 0.01"
    )


def test_a_deep_network_of_enough_neurons_gives_no_reason() -> None:
    report = ps.compile_report(DEEP, neurons=50)
    assert report.network.provenance.construction == "monosemantic"
    assert report.network.provenance.note == ""
    assert report.layers


def test_a_deep_search_finds_a_smaller_network_that_passes() -> None:
    circuit = problems.layered(1500, 2, active=2)
    options: dict[str, Any] = {"active": 2, "error": 5e-2, "carry": "gates", "epsilon": None}
    widest = MONOSEMANTIC.candidate(Task(circuit, **options)).declared.neurons
    notes: list[str] = []
    report = ps.compile_report(circuit, note=notes.append, **options)
    network, seen = report.network, report.confirmation
    assert network.provenance.construction == "deep"
    assert network.neurons < widest
    assert (
        report.predicted == SUPERPOSED_LAYERS.candidate(Task(circuit, **options)).declared.neurons
    )
    assert seen is not None
    assert report.passed
    assert seen.samples >= 20_000
    assert "superposed" in {one.kind for one in report.layers}
    assert len(report.layers) == len(network.layers)
    assert notes[0].startswith("deep declares ")
    assert notes[-1].startswith(f"found {network.neurons:,} neurons")
    # On inputs it was not chosen by, too; and the check can fail.
    assert ps.verify(network, circuit, samples=10_000, seed=77).error < 5e-2
    small = ps.compile(circuit, neurons=network.neurons // 2, **options)
    assert ps.verify(small, circuit, samples=500).error > 0.2
