"""Controls get what they are worth, in every score and on every kind of network."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from polyseme.interpret.benchmark.controls.listing import CONTROLS
from polyseme.interpret.benchmark.scores.score import score
from polyseme.interpret.benchmark.scores.scored import NAMES, Scored
from polyseme.interpret.benchmark.subject import Subject
from support.bench_subjects import GATES, budget, deep, superposed

SUBJECTS = pytest.mark.parametrize(
    "subject",
    [
        pytest.param(superposed(), id="superposed"),
        pytest.param(deep(), id="deep", marks=pytest.mark.slow),
    ],
)


@cache
def scores_of(name: str, subject: Subject, seed: int = 0) -> dict[str, Scored]:
    claims = CONTROLS[name].fit(subject, budget(subject, seed=seed))
    return score(claims, subject, seed)


@SUBJECTS
def test_the_oracle_gets_exactly_1_in_every_score(subject: Subject) -> None:
    found = scores_of("oracle", subject)
    assert list(found) == list(NAMES)
    for name, value in found.items():
        assert value.raw == value.corrected == 1, name
        assert (value.per_gate[~np.isnan(value.per_gate)] == 1).all(), name


@pytest.mark.slow
@SUBJECTS
def test_degraded_oracles_rank_in_order_in_every_score(subject: Subject) -> None:
    names = ("oracle", "oracle-10", "oracle-30", "oracle-50", "shuffled-key")
    found = [scores_of(name, subject) for name in names]
    for name in NAMES:
        values = [scores[name].corrected for scores in found]
        assert all(more > less for more, less in pairwise(values)), name


@pytest.mark.slow
@SUBJECTS
def test_the_shuffled_key_gets_0_within_its_interval(subject: Subject) -> None:
    seeds = [scores_of("shuffled-key", subject, seed) for seed in range(3)]
    for name in NAMES:
        values = np.array([scores[name].corrected for scores in seeds])
        # The t quantile of 2 degrees of freedom at .995; no interval is narrower than 1 %.
        half = 9.925 * values.std(ddof=1) / np.sqrt(len(values))
        assert abs(values.mean()) < max(half, 0.01), name


def test_random_directions_find_no_directions() -> None:
    subject = superposed()
    found = scores_of("random-directions", subject)
    for name in ("features-inputs", "features-gates", "features-outputs"):
        assert abs(found[name].corrected) < 0.01
    assert "edges-gates" not in found


def test_neurons_are_gates_where_each_gate_has_its_own() -> None:
    alone = scores_of("neurons", deep())
    assert alone["features-gates"].raw > 0.99
    assert alone["firing-gates"].raw > 0.99
    shared = scores_of("neurons", superposed())
    assert shared["features-gates"].corrected < 0.5


def test_controls_keep_to_the_budget_of_readings() -> None:
    subject = superposed()
    for name in ("random-directions", "neurons"):
        claims = CONTROLS[name].fit(subject, budget(subject, 0.5))
        assert len(claims.at(GATES)) == 50 if name == "random-directions" else 50


def test_names_are_those_of_the_controls() -> None:
    assert all(name == control.name for name, control in CONTROLS.items())
    assert {"oracle", "oracle-10", "shuffled-key", "random-directions", "neurons"} <= set(CONTROLS)
