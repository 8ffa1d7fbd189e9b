"""Gates found by autoencoders, where the answer is known, and a small run."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from studies.target_l0.study import KINDS, TargetL0
from studies.target_l0.trained import LOOKS, found, layer, overlap, trained
from support.bench_subjects import GATES, site_truth, superposed

NETWORK = "and2-64-load1"


def test_the_gates_themselves_are_found_and_others_are_not() -> None:
    held = superposed().truth.sites[GATES]
    assert found(held.directions, held) == pytest.approx(1)
    half = held.directions.copy()
    half[::2] = np.random.default_rng(0).standard_normal(half[::2].shape)
    assert found(half, held) < 0.7
    # One latent that is a gate is one of a hundred.
    assert found(held.directions[:1], held) == pytest.approx(1 / len(held))


def test_overlap_is_the_mean_of_all_pairs() -> None:
    directions = np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32)
    pairs = [
        abs(directions[one] @ directions[two])
        / np.linalg.norm(directions[one])
        / np.linalg.norm(directions[two])
        for one in range(5)
        for two in range(5)
        if one != two
    ]
    assert overlap(directions) == pytest.approx(np.mean(pairs), rel=1e-5)
    assert overlap(np.eye(4, dtype=np.float32)) == 0
    assert found(np.eye(4, dtype=np.float32), site_truth(np.eye(4))) == pytest.approx(1)


@pytest.mark.slow
def test_a_small_run_has_a_page() -> None:
    case = {"network": NETWORK, "seeds": 1, "steps": 64, "batch": 64, "targets": (2,)}
    rows = [
        {
            "network": NETWORK,
            "kind": kind,
            "target": 2,
            "steps": 64,
            "batch": 64,
            "runs": [trained(NETWORK, kind, 2, 64, 64, 0)],
        }
        for kind in KINDS
    ]
    assert [look["step"] for look in rows[0]["runs"][0]["looks"]] == [64 * one for one in LOOKS]
    held = layer(NETWORK)
    assert held["explained_by_gates"] < held["explained_by_gates_and_inputs"] <= 1
    results = {"target_l0": {"cases": [case], "layers": [held], "rows": rows}}
    page = "\n".join(TargetL0().section(results))
    assert page.count(f"| {NETWORK} |") == 2
    assert NETWORK in TargetL0().finding(results)
