"""The ceiling figure: its points, its rows, and files of rows that are of another run."""

from __future__ import annotations

import json
import math

import pytest

import polyseme as ps
from polyseme.errors import FileFormatError, OptionError
from polyseme.learning.toy_models import ceiling, figures
from polyseme.learning.toy_models.ceiling import points, rows

pytest.importorskip("torch")
SMALL = ceiling.Settings(
    active=(2,), compiled=(12,), computed=(12,), refined=(), trained=(12,), steps=30
)


def test_there_are_at_least_forty_points():
    every = points.points(ceiling.Settings(), 0)
    assert len(every) == len(set(every)) >= 40
    assert {one.family for one in every} == set(points.FAMILIES)
    assert {one.active for one in every} == {2, 3, 5}
    assert {one.kind for one in every} == set(points.KINDS)


def test_a_row_is_what_its_command_makes():
    asked = points.Asked("permutation", 128, 2, points.COMPILED, 0, 0)
    row = rows.found_of(asked)
    assert row["command"] == (
        "polyseme compile permutation:features=128,seed=0 --epsilon none --active 2 --seed 0"
    )
    network = ps.compile(ps.read("permutation:features=128,seed=0"), active=2, epsilon=None)
    assert (row["neurons"], row["parameters"]) == (network.neurons, network.parameters)
    assert row["bits"] == pytest.approx(math.lgamma(129) / math.log(2))
    assert row["bits_per_parameter"] == row["bits"] / network.parameters
    assert row["bound_neurons"] <= row["declared_neurons"]
    assert (row["channels"], row["bent"], row["kappa"]) == ("own", 0, 0)


def test_facts_are_of_three_relations_and_the_same_for_one_seed():
    circuit = ceiling.random_facts(16)
    assert len(circuit.features) == 19
    assert len(circuit.outputs) <= 12
    again, other = ceiling.random_facts(16), ceiling.random_facts(16, seed=1)
    assert (circuit.fan_in == again.fan_in).all()
    assert circuit.fan_in.tolist() != other.fan_in.tolist()
    with pytest.raises(OptionError, match="3 subjects: at least 4"):
        ceiling.random_facts(3)


@pytest.fixture
def small(monkeypatch):
    kind = figures.FIGURES["ceiling"]
    monkeypatch.setattr(
        figures, "FIGURES", {"ceiling": figures._Kind("", SMALL, kind.run, kind.draw)}
    )


@pytest.mark.slow
def test_the_figure_is_kept_drawn_and_refused_for_another_seed(small, tmp_path):
    pytest.importorskip("matplotlib")
    state = tmp_path / "rows"
    found = ps.learning.toy_models.figure("ceiling", state=state)
    assert found.findings["points"] == 8
    assert found.findings["compiled"]["points"] == 3
    files = sorted(tmp_path.glob("rows.*.json"))
    assert len(files) == 8
    files[3].write_text(json.dumps(json.loads(files[3].read_text()) | {"neurons": 77}))
    again = ps.learning.toy_models.figure("ceiling", state=state)
    assert 77 in again.data["neurons"]
    assert again.data["bits"].tolist() == found.data["bits"].tolist()
    again.save(tmp_path / "drawn.png")
    with pytest.raises(FileFormatError, match=r"\.json: is a row of another run"):
        ps.learning.toy_models.figure("ceiling", state=state, seed=1)
    (tmp_path / "rows.compiled.and.12.2.json").write_text("{")
    with pytest.raises(FileFormatError, match="is no row of the ceiling"):
        ps.learning.toy_models.figure("ceiling", state=state)
