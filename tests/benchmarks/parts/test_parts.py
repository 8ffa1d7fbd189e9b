"""Parts, on sizes that take no time and on made-up results."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import polyseme as ps
from harness.environment import environment
from harness.part import Size, Unavailable
from parts import circuits, refine_facts, stored_bits, throughput
from parts.capacity.part import Capacity, declare, slopes
from parts.depth.readings import transition, uncapped
from parts.time_to_error.part import TimeToError


def test_every_way_to_run_a_network_decides_alike() -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("torch")
    rows = [throughput.rate(way, 300, 256, 128) for way in throughput.WAYS]
    throughput.compare(rows)
    assert [row["compared"] for row in rows] == [128] * len(rows)
    assert all(row["rate"] > 0 for row in rows)


def test_a_way_that_decides_otherwise_is_caught() -> None:
    rows = [
        {"way": way, "inputs": 64, "decisions": ["b" if way == "PyTorch" else "a"]}
        for way in throughput.WAYS
    ]
    with pytest.raises(RuntimeError, match="PyTorch decides otherwise"):
        throughput.compare(rows)


def test_slopes_are_of_three_sizes_that_reached_the_error() -> None:
    common = {"construction": "some", "active": 3}
    rows = [
        common | {"gates": gates, "neurons": 5 * gates**0.5, "reached": True}
        for gates in (100, 400, 1600)
    ]
    rows.append(common | {"gates": 6400, "neurons": 1, "reached": False})
    (found,) = slopes(rows)
    assert (found["slope"], found["from"], found["to"]) == (0.5, 100, 1600)
    assert slopes(rows[1:]) == []


def test_stored_bits_of_a_network_are_those_of_its_arrays() -> None:
    row = stored_bits.superposed("and2:features=300,gates=300", "tight-frames", passes=0, neurons=0)
    neurons = row["neurons"]
    dimensions = (row["parameters"] - neurons - 1) // neurons
    assert row["stored"] == 8 * neurons * dimensions + 32 * neurons + 32
    assert row["factor"] < row["message"] < row["stored"]


def test_capacity_says_what_was_found_and_what_is_only_declared(tmp_path: Path) -> None:
    declared = declare(3, [300, 600])
    row = {"construction": "tight-frames", "active": 3, "gates": 300, "declared": 240}
    row |= {"neurons": 256, "parameters": 57857, "probes": 2, "wrong": 9, "samples": 20_000}
    row |= {"reached": True, "again": 8, "bits": declared["bits"]["300"], "seconds": 1.0}
    found = {
        "searched": [row, row | {"construction": "three-channel", "reached": False}],
        "declared": declared["rows"],
        "refused": declared["refused"],
        "bits": declared["bits"],
        "slopes": [],
        "environment": environment(),
    }
    results = json.loads(json.dumps({"capacity": found}))
    text = "\n".join(Capacity().section(results))
    assert "| 3 | 300 | tight-frames | 240 | **256** | 1.067 | 9 of 20,000 | 8 |" in text
    assert "| 3 | 300 | three-channel | 240 | not with 256 |" in text
    # Reed-Solomon codes take one dimension per feature.
    sizes = [x["neurons"] for x in declared["rows"] if x["construction"] == "reed-solomon"]
    assert f"| 3 | reed-solomon | {sizes[0]} basis | {sizes[1]} basis |" in text
    assert "- `permutation`: output 'g0' is no feature but an AND of 2" in text
    Capacity().draw(results, tmp_path)
    assert (tmp_path / "capacity.png").stat().st_size > 1000


def test_ways_that_never_reach_an_error_are_said_not_to() -> None:
    common = {"gates": 9, "target": 0.01, "neurons": 4, "wrong": 1, "reached": True}

    def tried(seconds: float, **more: object) -> dict[str, object]:
        return common | {"seconds": seconds} | more

    found = {
        "limits": [{"gates": 9, "seconds": 30.0}],
        "compiled": [tried(0.1)],
        "refined": [tried(2.0, passes=5, reached=False)],
        "scratch": [tried(30.0, passes=5, reached=False, wrong=None)],
        "adam": [
            tried(9.0, way="hinge", rate=0.1, batch=8, steps=7),
            tried(4.0, way="cross-entropy", rate=0.1, batch=8, steps=7),
            tried(3.0, way="dense readout", rate=0.1, batch=8, steps=7),
        ],
        "environment": environment(),
    }
    results = {"time_to_error": found}
    text = TimeToError().section(results)
    (row,) = [line for line in text if line.startswith("| 9 | 0.01 | 4 | **")]
    assert row.endswith(
        "| not in so many passes | not within 30 s (× 300) | 4.0 (× 40) | 3.0 (× 30) |"
    )
    assert "| 9 | 0.01 | 4 | descent |  |  | 30.0 | 5 passes | given up | no |" in text
    assert (
        TimeToError().finding(results) == "9 gates at error 0.01: compiled in 0.1 s, trained in 3 s"
    )


def test_depth_reads_every_layer_asked_for() -> None:
    rows = transition(400, 3, [390], [1, 3], 50)["readings"]
    assert [(row["layer"], row["neurons"], row["samples"]) for row in rows] == [
        (1, 390, 50),
        (3, 390, 50),
    ]
    kinds = [row["kind"] for row in uncapped(400, 199, 50)["readings"]]
    assert kinds == ["plain"] * 8 + ["clipped"] * 16


def test_circuits_that_are_not_there_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circuits, "FOLDER", tmp_path)
    with pytest.raises(Unavailable, match=r"c17\.bench: there is no such file"):
        circuits.Circuits().measure(Size.QUICK, print)


def test_a_circuit_is_compiled_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circuits, "FOLDER", tmp_path)
    gates = "INPUT(a)\nINPUT(b)\nINPUT(c)\nOUTPUT(z)\ny = AND(a, b)\nz = XOR(y, c)\n"
    (tmp_path / "some.bench").write_text(gates)
    row = circuits.compiled("some.bench", 200)
    assert (row["inputs"], row["outputs"], row["wrong"], row["samples"]) == (3, 1, 0, 200)
    assert row["tried_on"] == "mixed"


def test_fact_queries_satisfy_one_fact_each() -> None:
    rows = {f"s{i}": dict.fromkeys(refine_facts.RELATIONS, f"v{i}") for i in range(5)}
    circuit = ps.problems.facts(rows)
    assert refine_facts.fact_queries(circuit).shape == (20, 2)
    pairs = refine_facts.pair_queries(circuit)
    assert pairs.shape == (refine_facts.SAMPLES, 3)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert np.isin(pairs[:, 2], np.arange(5, 9)).all()
