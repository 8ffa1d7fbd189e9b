"""Directions and firing: what is missed, what is too much, and what is never punished."""

import numpy as np
import pytest

from polyseme.interpret.benchmark.claims import Batch, Claims, Readings
from polyseme.interpret.benchmark.controls.oracle import oracle
from polyseme.interpret.benchmark.scores.features import jaccard, matched_mass
from polyseme.interpret.benchmark.scores.matching import cosines
from polyseme.interpret.benchmark.scores.score import score
from support.bench_subjects import GATES, site_truth, superposed


def j_of(directions: object, held: object, counted: object = None) -> float:
    counts = held.scored if counted is None else np.asarray(counted)
    rows = np.asarray(directions, np.float32)
    claimed = np.count_nonzero(rows.any(axis=1))
    masses, readings = matched_mass(cosines(rows, held), held, counts, claimed)
    return jaccard(masses[counts].sum(), readings, int(counts.sum()))


def test_j_is_1_for_a_bijection_alone() -> None:
    eye = np.eye(8)
    held = site_truth(eye)
    assert j_of(eye[::-1] * -3, held) == 1
    assert j_of(eye[:4], held) == 0.5
    assert j_of(np.concatenate((eye, eye)), held) == 0.5
    assert j_of(np.concatenate((eye,) * 4), held) == 0.25
    assert j_of(eye[:, [1, 0, 2, 3, 4, 5, 6, 7]] + np.eye(8, k=1), held) < 1


def test_one_perfect_latent_is_worth_one_thing() -> None:
    """SynthSAEBench's mean over matched pairs gives it 1."""
    held = site_truth(np.eye(1000))
    assert j_of(np.eye(1, 1000), held) == pytest.approx(0.001)


def test_rows_of_zeros_are_no_readings() -> None:
    eye = np.eye(4)
    assert j_of(np.concatenate((eye, np.zeros((9, 4)))), site_truth(eye)) == 1


def test_readings_that_are_like_nothing_count_all_the_same() -> None:
    eye = np.eye(4)
    assert j_of(eye, site_truth(eye[:2])) == 0.5
    assert j_of(eye[2:], site_truth(eye[:2])) == 0


def test_readings_of_things_that_are_not_scored_do_not_count() -> None:
    eye = np.eye(4)
    held = site_truth(eye, scored=[True, True, True, False])
    assert j_of(eye, held) == j_of(eye[:3], held) == 1
    assert j_of(eye[1:], held) == pytest.approx(2 / 3)


def test_one_reading_may_stand_for_things_that_no_input_tells_apart() -> None:
    eye = np.eye(4)
    held = site_truth(eye, same=[0, 0, 2, 3])
    assert j_of(eye, held) == 1
    assert j_of(eye[1:], held) == 1
    assert j_of(np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), held) == 1
    # Where inputs tell them apart it may not.
    assert j_of(eye[1:], site_truth(eye)) == 0.75


@pytest.mark.parametrize("share", [0.5, 1, 2, 4])
def test_any_number_of_readings_is_scored(share: float) -> None:
    """Random ones get 0 after correction, whatever their number."""
    subject = superposed()
    generator = np.random.default_rng(5)
    directions = generator.standard_normal((int(share * 100), 77)).astype(np.float32)
    claims = Claims((Readings(GATES, directions, lambda batch: batch.activations @ directions.T),))
    found = score(claims, subject, 0)
    assert set(found) <= {"features-gates", "firing-gates", "interchange-on-gates"} | {
        "interchange-off-gates"
    }
    assert abs(found["features-gates"].corrected) < 0.01


def test_the_one_latent_cheat_gets_under_a_hundredth() -> None:
    subject = superposed()
    true = oracle(subject).at(GATES)
    one = Readings(GATES, true.directions[:1], lambda batch: true.activity(batch)[:, :1])
    for name, value in score(Claims((one,)), subject, 0).items():
        assert value.raw <= 0.0101, name
        assert value.corrected < 0.0101, name
    copies = Readings(
        GATES,
        np.repeat(true.directions[:1], 100, axis=0),
        lambda batch: np.repeat(true.activity(batch)[:, :1], 100, axis=1),
    )
    for name, value in score(Claims((copies,)), subject, 0).items():
        assert value.corrected < 0.0101, name


def test_a_reading_that_always_fires_gets_nothing() -> None:
    subject = superposed()
    true = oracle(subject).at(GATES)

    def always(batch: Batch) -> np.ndarray:
        return np.ones((len(batch.vectors), 100), np.float32)

    found = score(Claims((Readings(GATES, true.directions, always),)), subject, 0)
    assert found["features-gates"].raw == 1
    assert found["firing-gates"].raw == 0
