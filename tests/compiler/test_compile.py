"""The driver: what a report holds, which candidate is built, and when none of them pays."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import Any

import pytest

import polyseme as ps
from polyseme import GateKind, build_circuit, problems
from polyseme.circuits.circuit import Circuit
from polyseme.compiler.constructions.catalogue import (
    TIGHT_FRAMES,
)
from polyseme.compiler.report import Compilation
from polyseme.compiler.task import Task
from polyseme.errors import OptionError
from polyseme.networks.network import Network
from support.compiled_reports import PAIRS, SEARCHED

ADDER_LIKE = build_circuit(
    ["a", "b", "c", "d"],
    [(GateKind.XOR, [0, 1]), (GateKind.AND, [4, 2]), (GateKind.OR, [5, 3])],
    [6, 4],
    name="small",
)


@pytest.fixture(scope="module")
def searched() -> Compilation:
    return ps.compile_report(PAIRS, **SEARCHED)


def bytes_of(network: Network, folder: Path) -> list[bytes]:
    network.save(folder / "net.safetensors")
    assert network.key is not None
    network.key.save(folder / "key.safetensors")
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def test_a_searched_report_holds_all_that_was_measured(searched: Compilation) -> None:
    network, seen = searched.network, searched.confirmation
    assert (network.provenance.construction, searched.error) == ("tight-frames", 5e-2)
    assert searched.predicted == TIGHT_FRAMES.candidate(Task(PAIRS, **SEARCHED)).declared.neurons
    assert seen is not None
    assert (seen.inputs, seen.active) == ("satisfied", 2)
    assert seen.samples >= 20_000
    assert searched.passed
    assert seen.error_interval[1] < 5e-2
    assert searched.layers == ()
    assert searched.key is network.key
    assert network.neurons < 400


def test_a_report_tells_people_what_matters(searched: Compilation) -> None:
    lines = str(searched).splitlines()
    measured = [str(searched.confirmation), str(searched.reading)]
    assert lines[:-1] == [*str(searched.network).splitlines(), *measured]
    assert lines[-1] == f"{searched.predicted:,} neurons were predicted"
    bare = str(Compilation(searched.network, 1e-3))
    assert bare == str(searched.network)


@pytest.mark.parametrize(("wrong", "passed"), [(0, True), (49, False), (900, False)])
def test_a_report_passed_where_the_upper_end_is_at_most_the_error(
    searched: Compilation, wrong: int, passed: bool
) -> None:
    seen = ps.Verification("satisfied", 2, 1000, wrong)
    assert dataclasses.replace(searched, confirmation=seen).passed == passed
    assert not dataclasses.replace(searched, confirmation=None).passed


def test_a_size_that_was_given_is_measured_and_nothing_was_predicted() -> None:
    with pytest.warns(ps.PolysemeWarning, match="falls short: its error may be up to"):
        report = ps.compile_report(PAIRS, neurons=48, **SEARCHED)
    assert report.network.neurons == 48
    assert report.predicted is None
    assert report.confirmation is not None
    # Far too few: the report says so, and is no error.
    assert not report.passed
    assert report.confirmation.error > 5e-2


def test_a_deep_report_decides_every_layer() -> None:
    report = ps.compile_report(ADDER_LIKE)
    assert [one.layer for one in report.layers] == list(range(len(report.network.layers)))
    assert [one.neurons for one in report.layers] == [one.neurons for one in report.network.layers]
    assert {one.kind for one in report.layers} == {"monosemantic"}
    assert all(one.why for one in report.layers)
    assert report.passed
    assert report.confirmation is not None
    # Right by construction, so confirmed on no more samples than the interval takes.
    assert (report.confirmation.samples, report.confirmation.wrong) == (4000, 0)


@pytest.mark.parametrize(
    ("circuit", "options"),
    [
        (PAIRS, SEARCHED),
        (PAIRS, {"neurons": 192, "seed": 3}),
        (PAIRS, {"neurons": 250, "construction": "three-channel", "error": 0.1}),
        (problems.pairwise_and(30, 30), {}),
        (problems.pairwise_and(60, 60), {"construction": "reed-solomon"}),
        (problems.pairwise_and(60, 60), {"construction": "monosemantic"}),
        (ADDER_LIKE, {"carry": "residual"}),
        (problems.layered(400, 2), {"neurons": 350}),
    ],
    ids=lambda value: value.name if isinstance(value, Circuit) else str(value),
)
def test_compile_is_the_network_of_the_report_to_the_byte(
    circuit: Circuit, options: dict[str, Any], tmp_path: Path
) -> None:
    folders = [tmp_path / "network", tmp_path / "report"]
    for folder in folders:
        folder.mkdir()
    network = ps.compile(circuit, **options)
    with warnings.catch_warnings():
        # Some of these sizes are too few.
        warnings.simplefilter("ignore", ps.PolysemeWarning)
        report = ps.compile_report(circuit, **options)
    # Not compared in an assertion: pytest would write out the difference of megabytes.
    equal = bytes_of(network, folders[0]) == bytes_of(report.network, folders[1])
    assert equal


def test_every_step_is_told() -> None:
    notes: list[str] = []
    ps.compile(PAIRS, note=notes.append, **SEARCHED)
    assert notes[0].startswith("tight-frames declares ")
    assert {note.split()[0] for note in notes[1:-1]} == {"probe", "confirm"}
    assert notes[-1].startswith("found ")


def test_the_promise_is_three_or_all_features_and_two_for_facts() -> None:
    one = build_circuit(["a"], [], [0])
    pair = build_circuit("ab", [(GateKind.AND, (0, 1))], [2])
    facts = problems.facts({"a": {"is": "b"}, "c": {"is": "d", "has": "b"}})
    for circuit, active in ((one, 1), (pair, 2), (PAIRS, 3), (facts, 2)):
        report = ps.compile_report(circuit, error=1e-2, epsilon=None)
        assert report.network.provenance.active == active
        assert report.promise
        assert f"promise: {active} on at once: {report.promise}" in str(report)
        assert not ps.compile_report(circuit, active=1, construction="monosemantic").promise
    assert "a subject and a relation" in report.promise
    for call in (ps.compile, ps.compile_report, ps.bounds):
        with pytest.raises(ps.OptionError, match="active is 3; it must be 1 to the 2 features"):
            call(pair, active=3)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"neurons": 0}, "neurons is 0; it must be at least 1"),
        ({"neurons": -3}, "neurons is -3; it must be at least 1"),
        ({"neurons": 12.0}, "neurons is 12.0; it must be a whole number"),
        ({"neurons": "auto"}, "neurons is 'auto'; it must be a whole number"),
        ({"neurons": True}, "neurons is True; it must be a whole number"),
        (
            {"construction": "four-channel"},
            "no construction named 'four-channel'; there are auto and those",
        ),
        ({"construction": None}, "no construction named None; there are auto and"),
        ({"construction": "deep"}, "deep does not serve this task: the circuit needs only one"),
        ({"error": 0}, "error is 0; it must be at least 1e-6 and less than 1"),
        ({"error": 9e-7}, "error is 9e-07; it must be at least 1e-6 and less than 1"),
        ({"active": 401}, "active is 401; it must be 1 to the 400 features there are"),
        ({"seed": -1}, "seed is -1"),
        ({"encoder": "one-hot"}, "encoder is 'one-hot'; it must be one of"),
        ({"carry": "skip"}, "carry is 'skip'; it must be one of"),
        ({"carry": "gates"}, "carry 'gates' can only be chosen"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_refused_alike_by_both(arguments: dict[str, Any], says: str) -> None:
    for make in (ps.compile, ps.compile_report):
        with pytest.raises(OptionError) as refused:
            make(PAIRS, **arguments)
        assert says in str(refused.value)
        assert "\n" not in str(refused.value)


def test_what_is_no_circuit_is_refused_in_a_line() -> None:
    with pytest.raises(
        OptionError, match="circuit is 'and2:features=20,gates=20'; it must be a circuit"
    ):
        ps.compile("and2:features=20,gates=20")  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore:the network falls short")
def test_at_a_size_a_construction_that_declares_many_times_it_comes_last():
    """Codes of heavy features fit into few neurons, where they decide almost nothing."""
    circuit = ps.problems.pairwise_and(400, 400, influence="zipf")
    network = ps.compile(circuit, neurons=390)
    named = ps.compile(circuit, neurons=390, construction="least-noise")
    assert network.provenance.construction != "least-noise"
    wrong = [ps.verify(one, circuit, samples=2000).wrong for one in (network, named)]
    assert 4 * wrong[0] < wrong[1]
