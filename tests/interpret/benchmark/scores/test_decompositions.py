"""Decompositions of weights: the sum, the attack, and how many are in use."""

from dataclasses import replace

import numpy as np
import pytest

from polyseme.errors import OptionError
from polyseme.interpret.benchmark.claims import Claims, Decomposition
from polyseme.interpret.benchmark.scores.components import by_units, weights_of
from polyseme.interpret.benchmark.scores.decompositions import faithful
from polyseme.interpret.benchmark.scores.score import score
from support.bench_subjects import deep, superposed


def raw(found: Decomposition, subject: object = None) -> dict[str, float]:
    subject = subject or superposed()
    return {k: v.raw for k, v in score(Claims(decomposition=found), subject, 0).items()}


def test_units_get_1_in_any_layer() -> None:
    every = {"faithful": 1, "adversarial": 1, "components-active": 1}
    assert raw(by_units(superposed(), 0)) == every
    assert raw(by_units(deep(), 1), deep()) == every


def test_components_that_are_always_in_use_are_robust_and_many() -> None:
    true = by_units(superposed(), 0)
    found = raw(replace(true, importance=lambda batch: np.ones_like(true.importance(batch))))
    assert found["faithful"] == found["adversarial"] == 1
    assert found["components-active"] < 0.6


def test_the_attack_finds_what_is_needed_and_not_in_use() -> None:
    true = by_units(superposed(), 0)
    found = raw(replace(true, importance=lambda batch: np.zeros_like(true.importance(batch))))
    assert found["faithful"] == 1
    assert found["adversarial"] == found["components-active"] == 0


def test_faithful_is_the_distance_over_the_lengths() -> None:
    weights = weights_of(superposed(), 0)
    true = by_units(superposed(), 0)

    def near(factor: float) -> float:
        return faithful(replace(true, writes=np.float32(factor) * true.writes), weights)[0]

    assert [near(factor) for factor in (1, 3, 0, -1)] == [1, 0.5, 0, 0]
    drawn = np.random.default_rng(0).standard_normal(true.reads.shape).astype(np.float32)
    raw, chance = faithful(replace(true, reads=drawn), weights)
    assert raw == pytest.approx(chance, abs=0.02)


def test_components_that_do_not_fit_are_refused() -> None:
    true = by_units(superposed(), 0)
    with pytest.raises(OptionError, match="layer 7"):
        raw(replace(true, layer=7))
    with pytest.raises(OptionError, match="must read 75 numbers and write 77"):
        raw(replace(true, reads=true.reads[:, :5]))
    with pytest.raises(OptionError, match="importance must be float32"):
        raw(replace(true, importance=lambda batch: true.importance(batch)[:, :3]))
