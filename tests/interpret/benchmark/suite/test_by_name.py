"""Networks of the suite: had by name, kept, and the published ones to the last byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import polyseme as ps
from polyseme.interpret.benchmark.suite import hashes
from polyseme.interpret.benchmark.suite.building import hash_of
from polyseme.interpret.benchmark.suite.by_name import spec_of
from polyseme.interpret.benchmark.suite.networks import LEAST, SPECS, SUITES


def test_every_name_of_a_suite_is_that_of_a_network_with_a_published_hash():
    assert set(SPECS) == set(hashes.HASHES)
    for suite, members in SUITES.items():
        assert ps.suite.names(suite) == members
        assert {name.partition("+")[0] for name in members} <= set(ps.suite.names())


def test_the_core_suite_is_what_the_design_asks_for():
    specs = {name: spec_of(name.partition("+")[0]) for name in ps.suite.names("core")}
    plain = [name for name, spec in specs.items() if "+" not in name and not spec.shuffled]
    assert len(plain) == 12
    features = {name: len(spec.circuit(name).features) for name, spec in specs.items()}
    assert max(features.values()) <= 2000
    # Parameter decompositions run on networks of at most 100 features.
    assert sum(count <= 100 for count in features.values()) >= 2
    draws = {spec.draw.partition(" ")[0] for spec in specs.values()}
    assert draws == {"any", "gates", "never", "queries", "uniform"}
    assert {spec.active for spec in specs.values() if spec.draw == "uniform"} == {1, 3, 8}
    assert any(spec.shuffled for spec in specs.values())
    assert any(spec.passes for spec in specs.values())


def test_a_network_is_the_published_one_and_computes_its_circuit():
    network = ps.suite.load("and2-64-load1")
    assert hash_of(network) == hashes.HASHES["and2-64-load1"]
    # Fewer neurons than features and yet gates are computed.
    assert network.neurons < len(network.encoder.features)
    assert network.key.belongs_to(network)
    assert ps.verify(network).error_interval[1] < 1e-3
    assert ps.reading_error(network).worst.computed


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SPECS if "random" not in name])
def test_every_network_is_the_published_one_and_right(name):
    network, spec = ps.suite.load(name), spec_of(name)
    assert network.neurons <= spec.neurons
    assert ps.verify(network).error_interval[1] < 1e-3
    reading = ps.reading_error(network)
    assert all(layer.computed for layer in reading.layers) == spec.computed


def test_a_damaged_or_foreign_file_of_the_cache_is_made_again(cache_folder: Path):
    whole = hash_of(ps.suite.load("permutation-64-load1"))
    (place,) = (cache_folder / "suite").glob("permutation-64-load1-????????????????.safetensors")
    good = place.read_bytes()
    other = ps.suite.load("and2-64-load1")
    for spoil in (
        lambda: place.write_bytes(good[: len(good) // 2]),
        lambda: place.write_bytes(b""),
        lambda: other.save(place, key=True),
        place.with_name(place.name.replace(".safetensors", ".key.safetensors")).unlink,
    ):
        spoil()
        assert hash_of(ps.suite.load("permutation-64-load1")) == whole
        assert place.read_bytes()[:200] == good[:200]


def test_a_network_of_another_hash_is_refused_in_one_line(monkeypatch):
    monkeypatch.setitem(hashes.HASHES, "threshold-60-mono", "0" * 64)
    with pytest.raises(ps.PolysemeError, match="0000000000000000 was published") as told:
        ps.suite.load("threshold-60-mono")
    assert "\n" not in str(told.value)


def test_a_folder_that_cannot_be_written_is_done_without(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("POLYSEME_CACHE", str(tmp_path / "file"))
    assert ps.suite.load("threshold-60-mono").neurons == 80


def test_the_folder_is_under_that_of_caches(monkeypatch, tmp_path):
    monkeypatch.delenv("POLYSEME_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    ps.suite.load("adder-8-mono")
    assert len(list((tmp_path / "polyseme" / "suite").glob("adder-8-mono-*"))) == 2


@pytest.mark.parametrize(
    "name",
    ["", "and2-64", "../and2-64-load1", "and2-64-load3", "a\nb", None, 3, "and2-64-load1+", "\0"],
)
def test_other_names_are_refused(name):
    with pytest.raises(ps.OptionError) as told:
        ps.suite.load(name)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["and2-64-load1+", "and2-64-load1+plain", "x+rotated", "+", 5])
def test_other_subjects_are_refused(name):
    pytest.importorskip("torch")
    with pytest.raises(ps.OptionError):
        ps.suite.subject(name)


def test_a_name_that_is_nearly_right_is_suggested():
    with pytest.raises(ps.OptionError, match="did you mean 'and2-64-load"):
        ps.suite.load("and2-64-load")


@pytest.mark.slow
@pytest.mark.parametrize("circuit", ["and2-64", "permutation-64"])
def test_least_widths_are_those_of_the_search(circuit):
    from polyseme.interpret.benchmark.suite.least_width import least_width

    name = f"{circuit}-load1"
    assert least_width(name, SPECS[name]) == LEAST[circuit].neurons


def test_loads_are_multiples_of_the_least_width():
    neurons = {load: SPECS[f"and2-200-load{load}"].neurons for load in ("1", "1.5", "2", "4")}
    assert neurons == {"1": 134, "1.5": 201, "2": 268, "4": 536}


def test_truths_of_core_networks_are_true_of_their_modules():
    torch = pytest.importorskip("torch")
    for name in ("and2-64-load1", "threshold-60-mono", "permutation-64-load1"):
        subject = ps.suite.subject(name)
        on = subject.draw_on(500, np.random.default_rng(1))
        vectors = torch.from_numpy(on.astype(np.float32) @ subject.code)
        with torch.no_grad():
            decided = subject.module(vectors).numpy() >= 0
        assert (decided == subject.truth.outputs(on).toarray()).all()
