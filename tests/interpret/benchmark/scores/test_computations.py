"""Edges, exact sets and operators against slow definitions."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.interpret.benchmark.claims import Claims, Edges
from polyseme.interpret.benchmark.controls.oracle import oracle
from polyseme.interpret.benchmark.scores.computations import (
    Pairs,
    _precisions,
    edge_scores,
    exact_scores,
    inputs_from,
    operator_scores,
)
from polyseme.interpret.benchmark.scores.tried import Tried, put_on_trial
from support.bench_subjects import GATES, deep, superposed


def tried(**changes: object) -> Tried:
    subject = superposed()
    return put_on_trial(replace(oracle(subject), **changes), subject, 0)


def edges_of(output: list[int], read: list[int], confidence: list[float]) -> Edges:
    return Edges(
        GATES,
        "hook_embed",
        np.array(output, np.int64),
        np.array(read, np.int64),
        np.array(confidence, np.float32),
    )


def true_edges() -> tuple[list[int], list[int]]:
    output, read = superposed().truth.sites[GATES].inputs.nonzero()
    return output.tolist(), read.tolist()


def slow_average_precision(right: list[bool], confidence: list[float], true: int) -> float:
    """Return the precision at each threshold, weighted by the true edges that it adds."""
    total = 0.0
    for level in sorted(set(confidence), reverse=True):
        taken = [found for found, one in zip(right, confidence, strict=True) if one >= level]
        added = sum(f for f, one in zip(right, confidence, strict=True) if one == level)
        total += added * sum(taken) / len(taken)
    return total / true


@pytest.mark.parametrize("seed", range(4))
def test_average_precision_is_that_of_thresholds(seed: int) -> None:
    generator = np.random.default_rng(seed)
    output, read = true_edges()
    some = generator.permutation(len(output))[:80]
    claimed = {(output[place], read[place]) for place in some.tolist()}
    true = set(claimed)
    claimed |= {tuple(pair) for pair in generator.integers(0, 100, (120, 2)).tolist()}
    pairs = sorted(claimed)
    confidence = (generator.integers(0, 8, len(pairs)) / 8).tolist()
    every = set(zip(output, read, strict=True))
    found = edge_scores(tried(edges=(edges_of(*map(list, zip(*pairs, strict=True)), confidence),)))[
        "edges-gates"
    ]
    right = [pair in every for pair in pairs]
    assert sum(right) >= len(true)
    assert found.raw == pytest.approx(slow_average_precision(right, confidence, len(output)))


def test_edges_of_one_confidence_stand_or_fall_together() -> None:
    pairs = Pairs(
        GATES,
        np.array([[0, 1], [2, 3]]),
        np.array([[0, 1], [5, 5], [2, 3], [6, 6]]),
        np.array([0.9, 0.9, 0.5, 0.5]),
        np.array([True, False, True, False]),
        (10, 10),
        1.0,
    )
    assert _precisions(pairs).tolist() == [0.5, 0.5]


def test_edges_that_are_not_claimed_are_missed() -> None:
    output, read = true_edges()
    half = len(output) // 2
    claims = edges_of(output[:half], read[:half], [1.0] * half)
    found = edge_scores(tried(edges=(claims,)))
    assert found["edges-gates"].raw == pytest.approx(half / len(output))
    # Nothing is said of the outputs, so nothing is scored.
    assert set(found) == {"edges-gates"}


def test_edges_of_readings_that_match_nothing_are_false() -> None:
    subject, true = superposed(), oracle(superposed())
    gates = true.at(GATES)
    wider = replace(
        gates,
        directions=np.concatenate((gates.directions, np.zeros((1, 77), np.float32))),
        activity=lambda batch: np.pad(gates.activity(batch), ((0, 0), (0, 1))),
    )
    output, read = true_edges()
    extra = edges_of([*output, 100, 100], [*read, 0, 1], [1.0] * (len(output) + 2))
    claims = Claims((true.readings[0], wider), (extra,))
    found = edge_scores(put_on_trial(claims, subject, 0))["edges-gates"]
    assert found.raw == pytest.approx(len(output) / (len(output) + 2))


def test_a_gate_is_exact_with_its_inputs_and_no_other() -> None:
    output, read = true_edges()
    assert output[:2] == [0, 0]
    short = edges_of(output[1:], read[1:], [1.0] * (len(output) - 1))
    assert exact_scores(tried(edges=(short,)))["exact-gates"].raw == 0.99
    doubted = edges_of(output, read, [0.4] + [1.0] * (len(output) - 1))
    assert exact_scores(tried(edges=(doubted,)))["exact-gates"].raw == 0.99
    other = next(one for one in range(100) if one not in read[:2])
    more = edges_of([*output, 0], [*read, other], [1.0] * (len(output) + 1))
    found = exact_scores(tried(edges=(more,)))["exact-gates"]
    assert found.raw == 0.99
    assert found.per_gate.tolist() == [0.0] + [1.0] * 99
    unsaid = edges_of([*output, 0], [*read, other], [1.0] * len(output) + [0.4])
    assert exact_scores(tried(edges=(unsaid,)))["exact-gates"].raw == 1


def test_operators_are_those_of_the_matched_readings() -> None:
    names = ("or",) * 25 + ("and",) * 75
    found = operator_scores(tried(operators={GATES: names}))
    assert set(found) == {"operators-gates"}
    assert found["operators-gates"].raw == 0.75
    assert found["operators-gates"].corrected == pytest.approx((0.75 - 1 / 6) / (5 / 6))


def test_edges_that_skip_a_site_go_through_it() -> None:
    truth = superposed().truth
    outputs = inputs_from(truth, "hook_readout", "hook_embed")
    assert outputs is not None
    by_gate, of_gate = truth.sites["hook_readout"].inputs, truth.sites[GATES].inputs
    expected = by_gate.toarray().astype(int) @ of_gate.toarray() > 0
    assert (outputs.toarray() == expected).all()
    assert inputs_from(truth, "hook_embed", GATES) is None
    assert inputs_from(truth, GATES, "nowhere") is None
    output, read = (some.astype(np.int64) for some in sp.csr_array(outputs).nonzero())
    skipping = Edges("hook_readout", "hook_embed", output, read, np.ones(len(read), np.float32))
    assert edge_scores(tried(edges=(skipping,)))["edges-outputs"].raw == 1


def test_layers_that_nothing_is_said_of_are_missed() -> None:
    subject = deep()
    true = oracle(subject)
    first = replace(true, edges=true.edges[:1])
    found = edge_scores(put_on_trial(first, subject, 0))["edges-gates"]
    counts = [len(one.output) for one in true.edges[:-1]]
    assert 0 < found.raw < 1
    assert found.raw == pytest.approx(counts[0] / sum(counts), abs=0.03)
