"""The one entry: claims of a method about a network, scored."""

from __future__ import annotations

from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.scores.calibration import calibration_scores
from polyseme.interpret.benchmark.scores.causal import causal_scores
from polyseme.interpret.benchmark.scores.computations import (
    edge_scores,
    exact_scores,
    operator_scores,
)
from polyseme.interpret.benchmark.scores.decompositions import decomposition_scores
from polyseme.interpret.benchmark.scores.features import feature_scores, firing_scores
from polyseme.interpret.benchmark.scores.scored import NAMES, Scored
from polyseme.interpret.benchmark.scores.tried import Tried, put_on_trial
from polyseme.interpret.benchmark.subject import Subject

_FAMILIES = (
    feature_scores,
    firing_scores,
    edge_scores,
    exact_scores,
    operator_scores,
    causal_scores,
    decomposition_scores,
    calibration_scores,
)


def score(claims: Claims, subject: Subject, seed: int) -> dict[str, Scored]:
    """Return the scores of claims, in the order of `NAMES`.

    A score that the claims say nothing of is absent. The same seed gives the same inputs.

    Args:
        claims: What a method says of the network.
        subject: The network, with its truth.
        seed: The seed of the inputs and of chance, at least 0.

    Raises:
        OptionError: Readings do not fit their site, or activity is no float32 (samples, readings).
    """
    return scores_of(put_on_trial(claims, subject, seed))


def scores_of(tried: Tried) -> dict[str, Scored]:
    """Return the scores of claims on trial, in the order of `NAMES`."""
    found = {name: one for family in _FAMILIES for name, one in family(tried).items()}
    return {name: found[name] for name in NAMES if name in found}
