"""Circuits and options that tests of `compile` share."""

from __future__ import annotations

from polyseme import problems

PAIRS = problems.pairwise_and(400, 400)
SEARCHED = {"epsilon": None, "active": 2, "error": 5e-2}
