"""The search of the smallest refined network: its steps with made-up errors, and real networks."""

from __future__ import annotations

from inspect import signature
from types import SimpleNamespace

import pytest

import polyseme as ps
from polyseme.cli.main import main
from polyseme.errors import OptionError
from polyseme.learning.smallest_refined import Grid, smallest_refined

DECLARED = 1000
GRID = Grid(first=0.88, step=1.04, least=0.6, power=0.5)


def searched(error_at, most=2 * DECLARED, passes=lambda neurons, error: error < 0.25):
    """Search with networks whose reading error is given; return what was tried, found and said."""
    tried, said = [], []

    def at(neurons, attempt):
        tried.append(neurons)
        assert attempt == 2 * (len(tried) - 1)
        error = error_at(neurons)
        network = SimpleNamespace(neurons=neurons)
        return SimpleNamespace(
            network=network,
            task=task,
            passed=passes(neurons, error),
            reading_error=SimpleNamespace(epsilon=error),
            reported=lambda declared, decisions: (neurons, declared),
        )

    task = SimpleNamespace(epsilon=0.25, one_layer=True)
    candidate = SimpleNamespace(
        declared=SimpleNamespace(neurons=DECLARED),
        task=task,
        construction=SimpleNamespace(name="least-noise"),
        decisions=lambda network: (),
    )
    refining = SimpleNamespace(candidate=candidate, tell=said.append, at=at)
    return tried, smallest_refined(refining, GRID, most), said


@pytest.mark.parametrize("least", range(700, 1150, 15))
def test_the_smallest_size_of_the_grid_is_found_in_five_trials(least):
    """Against every size of the grid, if errors fall with neurons as they were measured to."""
    tried, found, said = searched(lambda neurons: 0.2499 * (least / neurons) ** 0.5)
    grid = (round(880 * 1.04**place) for place in range(-10, 11))
    assert found == (min(size for size in grid if size >= least), DECLARED)
    assert len(tried) <= 5
    assert len(set(tried)) == len(tried)
    assert all(f"{size:,} (" in said[-2] for size in tried)


def test_other_laws_of_errors_end_with_a_size_that_passes():
    for power in (0.05, 0.2, 1.2, 4):
        for least in (640, 800, 1000):
            tried, found, _ = searched(
                lambda neurons, least=least, power=power: 0.2499 * (least / neurons) ** power
            )
            assert len(tried) <= 5
            assert found is None or found[0] >= least


def test_a_size_that_fails_though_its_readings_err_little_is_left_by_one_step():
    tried, found, _ = searched(lambda neurons: 0.2, passes=lambda neurons, _: neurons > 900)
    assert tried == [880, 915]
    assert found == (915, DECLARED)


def test_nothing_is_found_where_nothing_small_enough_passes():
    tried, found, _ = searched(lambda neurons: 0.3, most=950)
    assert found is None
    assert tried[-1] == 950
    # So far below the declared size nothing is tried at all.
    assert searched(lambda neurons: 0.1, most=500)[:2] == ([], None)


def test_too_few_neurons_are_a_size_that_fails():
    def error_at(neurons):
        if neurons < 900:
            raise ps.TooFewNeuronsError("too few")
        return 0.2

    tried, found, said = searched(error_at)
    assert found == (915, DECLARED)
    assert tried[0] == 880
    assert "880 (too few)" in said[-2]


@pytest.fixture
def few_inputs(monkeypatch):
    monkeypatch.setattr("polyseme.learning.refinement.readings.refined_readings._READ", 3000)
    monkeypatch.setattr("polyseme.learning.refinement.held_out._SAMPLES", 2000)


# Few passes and few samples of a small network: what it falls short of is not the matter here.
SHORT = pytest.mark.filterwarnings("ignore:the network falls short")


@SHORT
def test_at_a_size_the_refined_network_is_returned_with_what_was_measured(few_inputs):
    lines = []
    circuit = ps.problems.pairwise_and(300, 300)
    report = ps.compile_refined(circuit, passes=5, neurons=250, note=lines.append)
    assert report.network.neurons <= 250
    assert report.network.key.belongs_to(report.network)
    assert report.network.provenance.note.startswith("refined by descent on readings, 5 passes")
    assert report.confirmation.samples >= 4_000
    found = ps.reading_error(report.network, samples=10_000, seed=4)
    assert report.reading.epsilon == pytest.approx(found.epsilon, abs=0.04)
    assert report.predicted is None
    assert any(line.startswith("refined 5 of 5 passes") for line in lines)


@SHORT
def test_other_constructions_are_compiled_and_then_refined():
    pytest.importorskip("torch")
    circuit = ps.problems.pairwise_and(200, 200)
    report = ps.compile_refined(circuit, passes=1, neurons=96, construction="tight-frames")
    assert report.network.provenance.construction == "tight-frames"
    assert "1 passes" in report.network.provenance.note


@SHORT
def test_a_deep_network_of_a_size_is_refined_layer_by_layer(few_inputs, monkeypatch):
    monkeypatch.setattr("polyseme.learning.refinement.held_out._ALONE_DEEP", 1000)
    circuit = ps.problems.layered(300, 2, active=1)
    report = ps.compile_refined(
        circuit, active=1, passes=20, neurons=200, carry="gates", epsilon=None, error=0.1
    )
    assert report.network.provenance.note.startswith("refined by descent, 20 passes")
    assert report.network.neurons <= 200
    assert report.exact.neurons_total > 0
    assert [layer.kind for layer in report.layers] == ["superposed"] * 2
    assert report.passed


@pytest.mark.slow
def test_of_deep_networks_the_smallest_refined_size_is_searched(few_inputs):
    circuit, lines = ps.problems.layered(1000, 2, active=1), []
    report = ps.compile_refined(
        circuit, active=1, passes=60, carry="gates", epsilon=None, note=lines.append
    )
    assert report.passed
    assert report.network.neurons < 0.75 * report.predicted
    assert lines[-2].startswith("refined sizes and their errors: ")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"active": 4}, "refined for 3 features on at once, not 4"),
        ({"state": "state"}, "name its neurons too"),
        ({"construction": "no such"}, "no construction named"),
        ({"passes": 0}, "passes"),
        ({"neurons": 0}, "neurons"),
        ({"note": "aloud"}, "note"),
    ],
)
def test_what_cannot_be_refined_is_refused_in_one_line(options, says):
    with pytest.raises(OptionError, match=says) as refused:
        ps.compile_refined(ps.problems.pairwise_and(1000, 1000), **({"passes": 1} | options))
    assert "\n" not in str(refused.value)


def test_the_command_line_refines_readings(few_inputs, tmp_path, capsys):
    net, state = tmp_path / "net.safetensors", tmp_path / "state"
    options = ["--neurons", "250", "--refine", "5", "--refine-state", str(state), "-o", str(net)]
    assert main(["compile", "and2:features=300,gates=300", *options]) in (0, 1)
    shown = capsys.readouterr()
    assert "refined by descent on readings" in shown.out
    assert state.exists()
    loaded = ps.load(net, key=tmp_path / "net.key.safetensors")
    assert loaded.key.belongs_to(loaded)


def test_options_are_those_of_compile_in_the_same_order_and_its_own_behind_them():
    asked = {name: one.default for name, one in signature(ps.compile).parameters.items()}
    refined = {name: one.default for name, one in signature(ps.compile_refined).parameters.items()}
    # A network that is refined on samples has no other guarantee than theirs.
    guaranteed = asked.pop("guarantee")
    assert guaranteed == "average"
    assert list(refined) == [*list(asked)[:-2], "passes", "state", "note", "progress"]
    assert {name: refined[name] for name in asked} == asked
    report = list(signature(ps.compile_report).parameters)
    assert report == list(signature(ps.compile).parameters)
