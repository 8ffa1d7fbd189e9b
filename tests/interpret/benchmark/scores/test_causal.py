"""Interventions: doing nothing gets 0, the truth 1, and breaking everything shows off target."""

import numpy as np
import pytest

from polyseme.interpret.benchmark.claims import Batch, Claims, Readings
from polyseme.interpret.benchmark.controls.oracle import oracle
from polyseme.interpret.benchmark.scores.causal import causal_scores, share_allowed
from polyseme.interpret.benchmark.scores.contributions import lengths
from polyseme.interpret.benchmark.scores.interventions import interchanges, run_changed
from polyseme.interpret.benchmark.scores.trial import draw_trial, run
from polyseme.interpret.benchmark.scores.tried import put_on_trial
from support.bench_subjects import GATES, deep, superposed


@pytest.mark.parametrize("subject", [superposed(), deep()], ids=["superposed", "deep"])
def test_pairs_differ_in_one_thing_and_in_the_outputs(subject: object) -> None:
    trial = draw_trial(subject, 0)
    for site, held in subject.truth.sites.items():
        if held.kind == "outputs":
            continue
        pairs = interchanges(subject, trial, site)
        assert len(pairs) > 20
        base, source = (
            subject.truth.labels(on, site).toarray() for on in (pairs.base, pairs.source)
        )
        for row, thing in enumerate(pairs.thing.tolist()):
            differ = np.flatnonzero(base[row] != source[row])
            assert len(differ)
            assert (held.same[differ] == thing).all()
        assert (pairs.before != pairs.after).any(axis=1).all()
        assert (subject.truth.outputs(pairs.base).toarray() == pairs.before).all()


def scores_of(activity_factor: float, direction: object = None) -> dict[str, float]:
    subject = superposed()
    true = oracle(subject).at(GATES)
    directions = true.directions if direction is None else direction

    def activity(batch: Batch) -> np.ndarray:
        return np.float32(activity_factor) * true.activity(batch)

    claims = Claims((Readings(GATES, directions, activity),))
    return {name: one.raw for name, one in causal_scores(put_on_trial(claims, subject, 0)).items()}


def test_the_truth_gets_1_and_doing_nothing_0() -> None:
    assert scores_of(1) == {"interchange-on-gates": 1, "interchange-off-gates": 1}
    assert scores_of(1e-6) == {"interchange-on-gates": 0, "interchange-off-gates": 0}


def test_breaking_everything_reaches_the_target_and_more() -> None:
    found = scores_of(60)
    assert found["interchange-on-gates"] > 0.4
    assert found["interchange-off-gates"] < 0.5


def test_most_pairs_are_allowed() -> None:
    shares = share_allowed(superposed(), draw_trial(superposed(), 0))
    assert shares["hook_embed"] > 0.9
    assert shares[GATES] > 0.9


def test_a_site_that_is_replaced_by_itself_changes_nothing() -> None:
    subject = superposed()
    trial = draw_trial(subject, 0)
    _, numbers = run(subject, trial.on)
    outputs = run_changed(subject, trial.on, GATES, numbers[GATES])
    assert (outputs == (numbers["hook_readout"] >= 0)).all()
    # The hook is gone afterwards.
    assert (run(subject, trial.on)[1][GATES] == numbers[GATES]).all()


def test_lengths_are_those_of_the_features_at_the_embedding() -> None:
    subject = superposed()
    assert lengths(subject)["hook_embed"] == pytest.approx(np.linalg.norm(subject.code, axis=1))
    assert (lengths(subject)[GATES] > 0).all()
