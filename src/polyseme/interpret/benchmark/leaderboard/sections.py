"""The content of the leaderboard's page, as sections of tables, for Markdown and HTML alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from polyseme.interpret.benchmark.leaderboard.compositions import compositions
from polyseme.interpret.benchmark.leaderboard.convergence import not_converged
from polyseme.interpret.benchmark.leaderboard.measured import Result, methods_and_controls
from polyseme.interpret.benchmark.leaderboard.standings import Standing, is_negative_control
from polyseme.interpret.benchmark.scores.composition import LIKE
from polyseme.interpret.benchmark.scores.scored import NAMES

_TOLD = {
    "nothing": "methods that are told nothing",
    "features": "methods that are told which features are on",
    "labels": "methods that are told which gates are on",
    "truth": "controls, which are given the truth",
}


@dataclass(frozen=True)
class Table:
    """A heading, a text, and rows of cells, the first of which are the column's names."""

    title: str
    text: str
    rows: Sequence[tuple[str, ...]] = ()


def sections(results: list[Result], found: list[Standing], alone: list[Standing]) -> list[Table]:
    """Return the tables of the page: an introduction, standings, and what they are made from.

    Args:
        results: The results.
        found: Standings on all networks.
        alone: Standings on every network alone.
    """
    tables = [_introduction(results)]
    # The order of standings is that of the page.
    apart = groupby(found, lambda one: (one.score, one.dressing, one.told, one.names, one.fits))
    tables += [_ranking(list(some)) for _, some in apart]
    tables += _by_network(results, alone)
    tables += _compositions(results)
    tables += [_fits(results), _budgets(results)]
    return tables


def _introduction(results: list[Result]) -> Table:
    suites = ", ".join(sorted({f"{one['suite']} {one['suite_version']}" for one in results}))
    methods = {one["method"] for one in results if one["family"] != "control"}
    networks = {one["network"] for one in results}
    return Table(
        "Do interpretability methods find what a network computes?",
        f"Suite {suites}: {len(methods)} methods and "
        f"{len({one['method'] for one in results}) - len(methods)} controls on {len(networks)} "
        f"networks, {len(results)} fits. Scores are corrected for chance: random claims get 0 and "
        "the truth 1. Intervals (95 %) and groups are of a paired bootstrap over gates and seeds. "
        "Methods of one group cannot be told from the best of it. A method of which a fit had not "
        "converged, or drew more than it was allowed, is marked and not ranked. A dash: the method "
        "claims nothing that the score is about.",
    )


def _ranking(some: list[Standing]) -> Table:
    first = some[0]
    resolutions = [one.resolution for one in some if one.resolution is not None]
    resolved = (
        f"The smallest difference that can be resolved is {resolutions[0]:.3f}. "
        if resolutions
        else ""
    )
    dressed = "networks as compiled" if first.dressing == "raw" else f"networks {first.dressing}"
    rows = [("group", "method", "score", "95 % interval", "raw", "networks", "fits", "remark")]
    rows += [
        (
            one.group or "-",
            one.method,
            f"{one.corrected:.3f}",
            f"{one.low:.3f} to {one.high:.3f}",
            f"{one.raw:.3f}",
            str(one.networks),
            str(one.fits),
            one.remark,
        )
        for one in some
    ]
    title = f"{first.score}: {_TOLD[first.told]}, {dressed}, on {first.networks} of them"
    return Table(title, f"{resolved}On {first.names.replace(' ', ', ')}.", rows)


def _by_network(results: list[Result], alone: list[Standing]) -> Iterator[Table]:
    """Yield for every score the mean of every method on every network, dressed and random ones."""
    groups = {(one.score, one.method, one.names): one.group for one in alone}
    networks = sorted({one["network"] for one in results})
    methods = methods_and_controls(results)
    for score in NAMES:
        values: dict[tuple[str, str], list[float]] = {}
        starred = set()
        for one in results:
            place = one["method"], one["network"]
            if score in one["scores"]:
                values.setdefault(place, []).append(one["scores"][score]["corrected"])
            if not_converged(one, score):
                starred.add(place)
        if not values:
            continue
        rows = [("method", *networks)]
        for method in methods:
            cells = []
            for network in networks:
                got = values.get((method, network))
                star = "*" if (method, network) in starred else ""
                group = groups.get((score, method, network))
                letter = f" {group}" if group else ""
                cells.append(f"{sum(got) / len(got):.2f}{star}{letter}" if got else "-")
            if set(cells) != {"-"}:
                rows.append((method, *cells))
        random = [name for name in networks if is_negative_control(name)]
        of_random = (
            f" In {', '.join(random)} there is nothing to find but inputs." if random else ""
        )
        yield Table(
            f"{score} by network",
            "Means over seeds; * not every fit had converged. Letters are groups on that network, "
            f"among methods that are told as much and had converged there.{of_random}",
            rows,
        )


def _compositions(results: list[Result]) -> Iterator[Table]:
    """Yield what readings at layers of gates, and components of weights, are like, if any are."""
    for title, found in compositions(results, methods_and_controls(results)).items():
        rows = [(name, *(f"{share:.2f}" for share in each)) for name, each in found.items()]
        yield Table(
            f"{title}: what they are like",
            "Shares, means over layers, networks and seeds. One is like the gate, input or unit "
            "with which it correlates most, or like none if no correlation is 1/2 or more. "
            "Components are those that are alive.",
            [("method", *LIKE), *rows],
        )


def _fits(results: list[Result]) -> Table:
    """Return what methods are and how they are set."""
    rows = [("method", "family", "told", "fits", "converged", "settings")]
    for method in methods_and_controls(results):
        own = [one for one in results if one["method"] == method]
        said = [one["notes"]["converged"] for one in own if "converged" in one["notes"]]
        settings = ", ".join(f"{name} {value}" for name, value in own[0]["settings"].items())
        rows.append(
            (
                method,
                own[0]["family"],
                own[0]["told"],
                str(len(own)),
                f"{sum(map(bool, said))} of {len(said)}" if said else "-",
                settings,
            )
        )
    return Table("Methods and their settings", "", rows)


def _budgets(results: list[Result]) -> Table:
    rows = [("network", "inputs allowed", "inputs of a batch", "readings allowed, K")]
    for network in sorted({one["network"] for one in results}):
        budget = next(one["budget"] for one in results if one["network"] == network)
        readings = ", ".join(f"{site} {count}" for site, count in budget["readings"].items())
        rows.append((network, f"{budget['samples']:,}", str(budget["batch"]), readings))
    return Table("Budgets", "What a fit may spend; nothing is tuned on the networks.", rows)
