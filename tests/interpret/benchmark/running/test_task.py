"""One task: what its files hold, the same every time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import polyseme as ps
from polyseme.interpret.benchmark.running.task import plain, run_task
from polyseme.interpret.benchmark.suite.hashes import HASHES

OWN = Path(__file__).parents[1] / "own_method.py"


def result(method: str, network: str = "and2-64-load1") -> dict:
    return run_task(method, network, 0, "small")["result"]


def test_a_result_says_what_was_run_on_what_with_what():
    found = result(f"{OWN}:axes", "and2-64-load1+rotated")
    assert found["method"] == "axes"
    assert found["network"] == "and2-64-load1+rotated"
    assert found["dressing"] == "rotated"
    assert found["network_sha256"] == HASHES["and2-64-load1"]
    assert len(found["method_file_sha256"]) == 64
    assert found["drawn"] == found["budget"]["batch"] == 256
    assert found["budget"]["readings"]["layers.0.hook_post"] == 32
    assert found["notes"] == {"converged": True, "loss": 0.5}
    assert set(found["packages"]) == {
        "numpy",
        "polyseme",
        "python",
        "scikit-learn",
        "scipy",
        "torch",
    }
    assert len(found["scores"]["features-gates"]["per_gate"]) == 32
    json.dumps(found, allow_nan=False)


def test_the_same_task_gives_the_same_bytes():
    first, second = (json.dumps(result("random-directions"), sort_keys=True) for _ in range(2))
    assert first == second


def test_the_oracle_gets_one_in_every_score_and_nothing_says_how_long_it_took():
    found = run_task("oracle", "and2-64-load1", 0, "small")
    assert all(one["corrected"] == pytest.approx(1) for one in found["result"]["scores"].values())
    assert found["result"]["composition"] == {
        "layers.0.hook_post": {"gates": 32, "inputs": 0, "units": 0, "none": 0},
        # The true components of the weights are the units.
        "layers.0.linear": {"gates": 0, "inputs": 0, "units": 42, "none": 0},
    }
    assert set(found["seconds"]) == {"fit", "peak_megabytes_of_process", "score"}
    assert "seconds" not in json.dumps(found["result"])


@pytest.mark.parametrize(
    ("method", "told"),
    [("wrong", "returned str, no claims"), ("curious", "told nothing, and asks for features")],
)
def test_methods_that_break_a_rule_fail(method, told):
    with pytest.raises(ps.PolysemeError, match=told):
        result(f"{OWN}:{method}")


def test_what_is_drawn_is_counted_and_batches_drawn_again_once():
    found = result(f"{OWN}:greedy")
    assert found["drawn"] == found["budget"]["samples"] + found["budget"]["batch"]


def test_notes_become_what_json_can_hold():
    notes = {"a": np.float32(0.5), "b": float("nan"), "c": (np.int64(1), None), 4: object}
    assert plain(notes) == {"a": 0.5, "b": "nan", "c": [1, None], "4": "<class 'object'>"}
    assert plain(np.arange(2)) == [0, 1]
