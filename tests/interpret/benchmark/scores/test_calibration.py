"""Confidences that mean what they say."""

from dataclasses import replace

import numpy as np
import pytest

from polyseme.interpret.benchmark.claims import Edges
from polyseme.interpret.benchmark.controls.oracle import oracle
from polyseme.interpret.benchmark.scores.calibration import calibration_scores
from polyseme.interpret.benchmark.scores.tried import put_on_trial
from support.bench_subjects import GATES, superposed


def calibrated(confidence: np.ndarray) -> float | None:
    """Return the score of all pairs of a gate and a feature, with given confidences."""
    subject = superposed()
    output, read = (part.ravel() for part in np.mgrid[0:100, 0:100])
    edges = Edges(GATES, "hook_embed", output, read, confidence.astype(np.float32).ravel())
    claims = replace(oracle(subject), edges=(edges,))
    found = calibration_scores(put_on_trial(claims, subject, 0))
    return found["calibration"].corrected if found else None


def test_the_truth_gets_1_the_base_rate_0_and_overconfidence_less() -> None:
    true = superposed().truth.sites[GATES].inputs.toarray()
    assert calibrated(true) == 1
    rate = np.full((100, 100), true.mean())
    assert calibrated(rate) == pytest.approx(0, abs=1e-6)
    assert 0 < calibrated(0.5 * true + 0.5 * rate) < 1
    generator = np.random.default_rng(0)
    assert abs(calibrated(generator.permutation(true.ravel()))) < 0.05


def test_no_edges_no_calibration() -> None:
    subject = superposed()
    assert not calibration_scores(put_on_trial(replace(oracle(subject), edges=()), subject, 0))
