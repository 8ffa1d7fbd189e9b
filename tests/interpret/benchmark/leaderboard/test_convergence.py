"""Convergence as far as a score depends on it."""

from __future__ import annotations

import pytest

from polyseme.interpret.benchmark.leaderboard.convergence import not_converged

AT_SITES = {
    "converged": False,
    "converged at hook_embed": False,
    "converged at layers.0.hook_post": True,
    "converged at layers.1.hook_post": True,
}


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("features-inputs", True),
        ("interchange-off-inputs", True),
        ("features-gates", False),
        ("firing-gates", False),
        ("interchange-on-gates", False),
        # Edges are about both ends, and outputs have no site of their own here.
        ("edges-gates", True),
        ("calibration", True),
        ("features-outputs", True),
    ],
)
def test_a_score_depends_on_the_sites_that_it_is_about(score: str, expected: bool) -> None:
    assert not_converged({"notes": AT_SITES}, score) is expected


def test_one_site_of_a_kind_that_is_open_is_enough() -> None:
    notes = {**AT_SITES, "converged at layers.1.hook_post": False}
    assert not_converged({"notes": notes}, "features-gates")


@pytest.mark.parametrize(
    ("notes", "expected"), [({}, False), ({"converged": True}, False), ({"converged": False}, True)]
)
def test_a_method_that_names_no_sites_is_asked_as_a_whole(notes, expected) -> None:
    assert not_converged({"notes": notes}, "features-gates") is expected
