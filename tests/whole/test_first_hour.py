"""The notebook of a new user's first hour: its cells run in order, and show what its text says.

A notebook is JSON, so its cells are run here without a server of notebooks.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

import polyseme as ps
from notebooks import shown

NOTEBOOK = Path(__file__).parents[2] / "examples" / "first_hour.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def ran() -> tuple[list[object], dict[str, Any], list[str]]:
    pytest.importorskip("torch")
    names: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ps.PolysemeWarning)
        values = [shown(cell, names) for cell in CODE]
    assert {one.category for one in warned} == {ps.PolysemeWarning}
    return values, names, [str(one.message) for one in warned]


def test_no_output_of_some_machine_is_kept():
    assert all(cell.get("outputs", []) == [] for cell in CELLS)
    assert all(cell.get("execution_count") is None for cell in CELLS)


def test_own_facts_are_answered_by_name(ran):
    values, names, warned = ran
    assert ["capital=Lima"] in values
    assert [["capital=Paris"], ["continent=Europe"], ["continent=Europe"]] in values
    [said] = warned
    assert said.startswith("superposition does not pay here: 5 ReLUs compute all 5 outputs")
    assert "such circuits side by side" in said
    assert names["small"].provenance.active == names["network"].provenance.active == 2


def test_the_numbers_of_the_text_are_those_found(ran):
    _, names, _ = ran
    text = "".join("".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "markdown")
    network = names["network"]
    assert f"{len(network.readout.outputs):,} different objects" in text
    assert network.provenance.monosemantic_neurons == len(network.readout.outputs)
    assert network.neurons <= 600
    [answer] = network.run(["person 7", "plays"])
    assert answer == "plays=" + names["people"]["person 7"]["plays"]
    assert len({fact.partition(" -> ")[2] for fact in names["served"]}) > 5


def test_torch_decides_as_the_network_and_facts_stand_out(ran):
    _, names, _ = ran
    assert (names["decisions"] == names["network"].run(names["inputs"])).all()
    along, truth = names["along"], names["truth"]
    assert along[truth].mean() > 10 * abs(along[~truth].mean())


def test_what_was_ablated_is_broken_and_what_was_restored_is_not(ran):
    _, names, _ = ran
    assert names["ablated"].wrong > 0
    assert names["restored"].wrong == 0
    assert names["halved"].samples == names["ablated"].samples == 4500
    network, module = names["network"], names["module"]
    module.layers[0].hook_post.register_forward_hook(names["silence"])
    _, cache = module.run_with_cache(names["torch"].zeros(1, len(network.encoder.features)))
    assert not cache["layers.0.hook_post"][0, names["units"].tolist()].any()
    row = names["torch"].from_numpy(names["row"]).float()
    assert module(row)[0, names["position"]] < 0
