"""Convergence of a fit as far as a score depends on it."""

from __future__ import annotations

from polyseme.interpret.benchmark.leaderboard.measured import Result
from polyseme.networks import sites

# Scores of readings at sites of one kind, and how the names of these sites begin.
_OF_ONE_KIND = ("features", "firing", "interchange-on", "interchange-off")
_BEGIN = {"inputs": sites.EMBED, "gates": "layers", "outputs": sites.READOUT}


def not_converged(result: Result, score: str) -> bool:
    """Return True if a fit says that it had not converged, at a site that a score is about.

    A score of several sites, such as of edges, is about all of them; so is any score of a method
    that does not say at which sites it had converged.
    """
    notes = result["notes"]
    what, _, kind = score.rpartition("-")
    if what in _OF_ONE_KIND:
        begin = f"converged at {_BEGIN[kind]}"
        told = [value for name, value in notes.items() if name.startswith(begin)]
        if told:
            return not all(told)
    return notes.get("converged") is False
