"""The whole: what changes nothing, and claims that cannot be scored."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.errors import OptionError
from polyseme.interpret.benchmark.claims import Batch, Claims, Edges, Readings
from polyseme.interpret.benchmark.controls.degraded_oracle import fit as degraded
from polyseme.interpret.benchmark.scores.score import score
from polyseme.interpret.benchmark.scores.scored import NAMES
from polyseme.interpret.benchmark.scores.trial import draw_trial
from support.bench_subjects import GATES, budget, superposed


def said_otherwise(claims: Claims, order: np.ndarray, factor: np.ndarray) -> Claims:
    """Return claims whose readings are in another order, of other signs and scales."""
    place = np.argsort(order)

    def changed(found: Readings) -> Readings:
        def activity(batch: Batch) -> np.ndarray:
            return (found.activity(batch) / factor)[:, order].astype(np.float32)

        return Readings(found.site, (found.directions * factor[:, None])[order], activity)

    return replace(
        claims,
        readings=tuple(map(changed, claims.readings)),
        edges=tuple(
            Edges(e.site, e.below, place[e.output], place[e.input], e.confidence)
            for e in claims.edges
        ),
        operators={
            site: tuple(names[place] for place in order)
            for site, names in (claims.operators or {}).items()
        },
    )


@given(st.integers(0, 1000))
@settings(max_examples=1, deadline=None)
def test_order_sign_and_scale_of_readings_change_nothing(seed: int) -> None:
    subject = superposed()
    claims = degraded(subject, budget(subject), 0.3)
    generator = np.random.default_rng(seed)
    # Powers of two, so that products are exact.
    factor = np.exp2(generator.integers(-3, 4, 100)) * generator.choice([-1, 1], 100)
    other = said_otherwise(claims, generator.permutation(100), factor.astype(np.float32))
    first, second = score(claims, subject, 0), score(other, subject, 0)
    assert list(first) == list(second)
    for name in first:
        assert second[name].raw == pytest.approx(first[name].raw, abs=2e-3), name


def test_the_same_seed_gives_the_same_bytes() -> None:
    subject = superposed()
    claims = degraded(subject, budget(subject), 0.3)
    first, again = score(claims, subject, 3), score(claims, subject, 3)
    assert list(first) == list(NAMES)
    for name in first:
        assert first[name].raw == again[name].raw
        assert first[name].corrected == again[name].corrected
        assert first[name].per_gate.tobytes() == again[name].per_gate.tobytes()


def test_a_method_that_says_nothing_has_no_scores() -> None:
    assert score(Claims(), superposed(), 0) == {}
    assert (
        score(Claims((Readings("elsewhere", np.eye(3, dtype=np.float32), None),)), superposed(), 0)
        == {}
    )


def test_readings_that_do_not_fit_are_refused() -> None:
    subject = superposed()

    def claimed(width: int, activity: object) -> Claims:
        return Claims((Readings(GATES, np.eye(4, width, dtype=np.float32), activity),))

    def numbers(batch: Batch) -> np.ndarray:
        return np.zeros((len(batch.vectors), 4), np.float32)

    assert score(claimed(77, numbers), subject, 0)
    for wrong, message in (
        (claimed(5, numbers), "have 5 numbers; the site has 77"),
        (claimed(77, lambda batch: numbers(batch)[:, :3]), "must be float32 of shape"),
        (claimed(77, lambda batch: numbers(batch).astype(float)), "must be float32 of shape"),
        (claimed(77, lambda batch: numbers(batch) + np.float32(np.nan)), "must be finite"),
    ):
        with pytest.raises(OptionError, match=message):
            score(wrong, subject, 0)


def test_inputs_for_scores_have_every_gate_on_in_both_halves() -> None:
    trial = draw_trial(superposed(), 0)
    for labels in trial.labels.values():
        for half in (trial.matching, ~trial.matching):
            assert (np.asarray(labels[half].sum(axis=0)) >= 2).all()
    assert len(np.unique(np.flatnonzero(trial.matching))) + (~trial.matching).sum() == len(
        trial.vectors
    )
