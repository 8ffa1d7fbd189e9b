"""Suggestions of names near one that nothing has."""

from __future__ import annotations

import pytest

from polyseme.common.suggestions import did_you_mean

KNOWN = ("satisfied", "one-short", "near-miss", "uniform", "Paris", "PARIS")


@pytest.mark.parametrize(
    ("word", "end"),
    [
        ("satisfide", "; did you mean 'satisfied'?"),
        ("Uniform", "; did you mean 'uniform'?"),
        ("paris", "; did you mean 'Paris', 'PARIS'?"),
        ("zzz", ""),
        ("", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_the_nearest_names_are_suggested(word, end):
    assert did_you_mean(word, KNOWN) == end
    assert did_you_mean(word, ()) == ""
