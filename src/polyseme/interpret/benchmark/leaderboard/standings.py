"""Standings: every method's place in every score, and who is not ranked and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyseme.interpret.benchmark.leaderboard import bootstrap
from polyseme.interpret.benchmark.leaderboard.convergence import not_converged
from polyseme.interpret.benchmark.leaderboard.measured import Measured, Result, measured
from polyseme.interpret.benchmark.scores.scored import NAMES
from polyseme.interpret.benchmark.suite.networks import SPECS

# What methods are told; controls are told the truth and never ranked.
CLASSES = ("nothing", "features", "labels", "truth")


@dataclass(frozen=True)
class Standing:
    """One method in one score.

    Attributes:
        score: The score.
        told: What the method is told.
        dressing: How the networks are dressed.
        method: The method.
        networks: Number of networks that the mean is over.
        fits: Number of fits, networks x seeds.
        raw: Mean of the score.
        corrected: Mean of the score corrected for chance.
        low: The lower end of the 95 % interval of the corrected score.
        high: The upper end.
        group: The letter of the tie group; "" for methods that are not ranked.
        resolution: The smallest difference that can be resolved between methods of the table.
        remark: Why the method is not ranked, "" if it is.
        names: The networks, with spaces between: only methods on the same ones are compared.
    """

    score: str
    told: str
    dressing: str
    method: str
    networks: int
    fits: int
    raw: float
    corrected: float
    low: float
    high: float
    group: str
    resolution: float | None
    remark: str
    names: str


def standings(results: list[Result]) -> list[Standing]:
    """Return the standings of all results but those on negative controls.

    Scores are in their order, classes and dressings apart, the best first, the unranked last.
    """
    counted = [one for one in results if not is_negative_control(one["network"])]
    dressings = sorted({one["dressing"] for one in counted}, key=lambda name: (name != "raw", name))
    return [
        standing
        for score in NAMES
        for dressing in dressings
        for told in CLASSES
        for standing in _of_class(
            [one for one in counted if (one["told"], one["dressing"]) == (told, dressing)], score
        )
    ]


def standings_by_network(results: list[Result]) -> list[Standing]:
    """Return the standings on every network alone, among the methods that had converged there."""
    networks = sorted({one["network"] for one in results})
    return [
        standing
        for network in networks
        for standing in standings([one for one in results if one["network"] == network])
    ]


def is_negative_control(network: str) -> bool:
    """Return whether a network is one in which there is nothing to find."""
    spec = SPECS.get(network.partition("+")[0])
    return spec is not None and spec.shuffled


def _of_class(results: list[Result], score: str) -> Iterator[Standing]:
    remarks = {
        name: _remark([one for one in results if one["method"] == name], score)
        for name in {one["method"] for one in results}
    }
    for found in measured(results, score):
        yield from _together(found, results[0], score, remarks)


def _together(
    found: Measured, example: Result, score: str, remarks: dict[str, str]
) -> Iterator[Standing]:
    """Yield the standings of methods that have a score on the same networks."""
    draws, mean, raw = bootstrap.drawn(found), found.mean, found.mean_raw
    low, high = bootstrap.interval(draws)
    ranked = np.array([not remarks[name] for name in found.methods])
    letters = dict(
        zip(
            np.flatnonzero(ranked).tolist(),
            bootstrap.tie_groups(mean[ranked], draws[:, ranked]),
            strict=True,
        )
    )
    resolution = bootstrap.resolution(draws[:, ranked])
    for place in np.lexsort((np.arange(len(mean)), -mean, ~ranked)).tolist():
        yield Standing(
            score,
            example["told"],
            example["dressing"],
            found.methods[place],
            len(found.networks),
            len(found.networks) * len(found.seeds),
            float(raw[place]),
            float(mean[place]),
            float(low[place]),
            float(high[place]),
            letters.get(place, ""),
            resolution if ranked[place] else None,
            remarks[found.methods[place]],
            " ".join(found.networks),
        )


def _remark(fits: list[Result], score: str) -> str:
    """Return why a method is not ranked: it is a control, drew too much or had not converged."""
    if fits[0]["family"] == "control":
        return "control"
    over = sum(one["drawn"] > one["budget"]["samples"] for one in fits)
    open_ = sum(not_converged(one, score) for one in fits)
    told = [f"{over} of {len(fits)} fits drew more than allowed"] if over else []
    told += [f"{open_} of {len(fits)} fits not converged"] if open_ else []
    return "; ".join(told)
