"""One score of many methods on the same networks, as arrays for the bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Result = dict[str, Any]
Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OnNetwork:
    """One score on one network.

    Attributes:
        corrected: By method and seed, float64 (methods, seeds).
        raw: The same, not corrected for chance.
        gates: The parts of gates, NaN where not scored, float64 (methods, seeds, gates).
    """

    corrected: Reals
    raw: Reals
    gates: Reals

    @property
    def slope(self) -> Reals:
        """The change of the corrected score per change of the raw one, (methods, seeds)."""
        below = 1 - self.raw
        share = np.divide(1 - self.corrected, below, out=np.ones_like(below), where=below > 1e-9)
        return np.clip(share, 1, None)


@dataclass(frozen=True, eq=False)
class Measured:
    """One score of methods that have it on the same networks and seeds."""

    methods: tuple[str, ...]
    networks: tuple[str, ...]
    seeds: tuple[int, ...]
    on: tuple[OnNetwork, ...]

    @property
    def mean(self) -> Reals:
        """The corrected score of every method, the mean over networks and seeds."""
        return np.asarray(np.mean([one.corrected.mean(axis=1) for one in self.on], axis=0))

    @property
    def mean_raw(self) -> Reals:
        """The raw score of every method, the mean over networks and seeds."""
        return np.asarray(np.mean([one.raw.mean(axis=1) for one in self.on], axis=0))


def measured(results: list[Result], score: str) -> list[Measured]:
    """Return a score of all methods, those that have it on the same networks and seeds together.

    Those with most fits come first.
    """
    has = [one for one in results if score in one["scores"]]
    of_method: dict[str, dict[tuple[str, int], Result]] = {}
    for one in has:
        of_method.setdefault(one["method"], {})[one["network"], one["seed"]] = one
    together: dict[tuple[tuple[str, ...], tuple[int, ...]], list[str]] = {}
    for method, fits in of_method.items():
        # Only seeds that every network has can be resampled as one.
        networks = tuple(sorted({network for network, _ in fits}))
        seeds = tuple(
            seed
            for seed in sorted({seed for _, seed in fits})
            if all((network, seed) in fits for network in networks)
        )
        if seeds:
            together.setdefault((networks, seeds), []).append(method)
    groups = [
        Measured(
            tuple(sorted(methods)),
            networks,
            seeds,
            tuple(
                _on([[of_method[m][network, s] for s in seeds] for m in sorted(methods)], score)
                for network in networks
            ),
        )
        for (networks, seeds), methods in together.items()
    ]
    return sorted(groups, key=lambda one: (-len(one.networks) * len(one.seeds), one.methods))


def _on(fits: list[list[Result]], score: str) -> OnNetwork:
    found = [[one["scores"][score] for one in row] for row in fits]

    def number(kind: str) -> Reals:
        return np.array([[one[kind] for one in row] for row in found], np.float64)

    gates = np.array([[one["per_gate"] for one in row] for row in found], np.float64)
    return OnNetwork(number("corrected"), number("raw"), gates)


def methods_and_controls(results: list[Result], *, controls: bool = True) -> list[str]:
    """Return methods and then, unless they are not asked for, controls, by name."""
    found = {one["method"]: one["family"] == "control" for one in results}
    names = [name for name, control in found.items() if controls or not control]
    return sorted(names, key=lambda name: (found[name], name))
