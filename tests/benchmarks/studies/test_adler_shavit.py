"""The study of adler-shavit, on circuits that take no time."""

from __future__ import annotations

import pytest

from harness.results import read_results
from studies import adler_shavit
from studies.adler_shavit import PLAIN, TUNED, AdlerShavit, exponent, given
from support.places import ROOT


def test_of_sizes_given_the_first_that_passes_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adler_shavit, "ERROR", 0.05)
    monkeypatch.setattr(adler_shavit, "SAMPLES", 2000)
    row = given(PLAIN, 300, [200, 700, 900])
    assert [neurons for neurons, _ in row["tried"]] == [200, 700]
    assert (row["neurons"], row["reached"]) == (700, True)
    assert not given(PLAIN, 300, [200])["reached"]


def test_an_exponent_is_that_of_a_power_law() -> None:
    rows = [{"gates": gates, "neurons": 3 * gates**0.5} for gates in (64, 256, 1024)]
    assert exponent(rows) == 0.5


def test_what_was_measured_does_not_grow_over_the_law_of_the_paper() -> None:
    part = AdlerShavit()
    results = read_results(ROOT / "benchmarks" / "results", [part])
    rows = results[part.name]["found"][PLAIN]
    assert [row["gates"] for row in rows] == [2**power for power in (10, 12, 14, 16, 18)]
    ratios = [adler_shavit._ratio(row) for row in rows]
    assert ratios == sorted(ratios, reverse=True)
    assert len(results[part.name]["found"][TUNED]) == len(rows)
