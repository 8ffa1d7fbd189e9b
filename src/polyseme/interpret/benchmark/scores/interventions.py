"""Pairs of inputs that differ in one thing of a site, and a network run on with changed numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from polyseme.interpret.benchmark.sampler import encoded
from polyseme.interpret.benchmark.scores.trial import Trial
from polyseme.interpret.benchmark.subject import Subject
from polyseme.networks import sites

# Inputs of the trial that are looked at for every thing, half of them with as many outputs on as
# there are, and pairs that are kept of those found.
LOOKED_AT, KEPT = 8, 2


@dataclass(frozen=True, eq=False)
class Interchanges:
    """Pairs of inputs of which a site holds the same but for one thing.

    The first half of the pairs switches things off, the second half, with the inputs of each pair
    exchanged, on.

    Attributes:
        site: The site.
        thing: The thing in which the inputs differ, int64 (pairs,): the first of those that no
            input tells apart.
        base: The features on in the input that is changed, Boolean (pairs, features).
        source: The same of the input that the change is taken from.
        before: Outputs that are on for the base, by the circuit, bool (pairs, outputs).
        after: Outputs that are on for the source; all outputs depend on what the site holds, so
            these are right when the thing alone is changed.
    """

    site: str
    thing: NDArray[np.int64]
    base: sp.csr_array
    source: sp.csr_array
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.thing)

    def only(self, kept: NDArray[np.bool_]) -> Interchanges:
        """Return some of the pairs."""
        return Interchanges(
            self.site,
            self.thing[kept],
            self.base[kept],
            self.source[kept],
            self.before[kept],
            self.after[kept],
        )


def interchanges(subject: Subject, trial: Trial, site: str) -> Interchanges:
    """Return pairs of inputs that differ in one thing of a site, and in at least one output.

    The first inputs are of the trial, with the thing on. In the second one feature is off, with all
    features that no input tells from it: as the circuit says, the thing is then off and all others
    of the site are as they were.
    """
    truth = subject.truth
    same = truth.sites[site].same
    thing, rows = _with_things_on(trial, site, same)
    thing, first, second = _without_each_feature(subject, trial.on, thing, rows)
    before, after = (truth.outputs(on).toarray().astype(bool) for on in (first, second))
    changed = sp.csr_array(truth.labels(first, site) != truth.labels(second, site))
    kept = _changes_only(changed, thing, same) & (before != after).any(axis=1)
    kept[kept] = _first_of_each(thing[kept])
    off = Interchanges(site, thing, first, second, before, after).only(kept)
    return Interchanges(
        site,
        np.concatenate((off.thing, off.thing)),
        sp.csr_array(sp.vstack((off.base, off.source))),
        sp.csr_array(sp.vstack((off.source, off.base))),
        np.concatenate((off.before, off.after)),
        np.concatenate((off.after, off.before)),
    )


def _with_things_on(
    trial: Trial, site: str, same: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return things that are scored and inputs on which they are on: some of each."""
    outputs = np.asarray(trial.labels[sites.READOUT].sum(axis=1)).ravel()
    orders = np.argsort(-outputs, kind="stable"), np.arange(len(outputs))
    by_thing = [sp.csc_array(trial.labels[site][order]) for order in orders]
    things, rows = [], []
    for thing in np.flatnonzero(trial.scored[site] & (same == np.arange(len(same)))):
        some = np.concatenate(
            [
                order[np.sort(held.indices[held.indptr[thing] : held.indptr[thing + 1]])][
                    : LOOKED_AT // 2
                ]
                for order, held in zip(orders, by_thing, strict=True)
            ]
        )
        some = np.unique(some)
        things.append(np.full(len(some), thing))
        rows.append(some)
    empty = [np.zeros(0, np.int64)]
    return (
        np.concatenate(things or empty).astype(np.int64),
        np.concatenate(rows or empty).astype(np.int64),
    )


def _without_each_feature(
    subject: Subject, on: sp.csr_array, thing: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], sp.csr_array, sp.csr_array]:
    """Return for each thing and input as many as the input has features, one off in each."""
    inputs = next(held for held in subject.truth.sites.values() if held.kind == "inputs")
    chosen = sp.csr_array(on[rows])
    counts = np.diff(chosen.indptr)
    first = sp.csr_array(chosen[np.repeat(np.arange(len(rows)), counts)])
    removed = inputs.same[chosen.indices]
    kept = inputs.same[first.indices] != np.repeat(removed, np.diff(first.indptr))
    offsets = np.concatenate(([0], np.cumsum(kept)))[first.indptr]
    second = sp.csr_array(
        (np.ones(offsets[-1], bool), first.indices[kept], offsets), shape=first.shape
    )
    return np.repeat(thing, counts), first, second


def _changes_only(
    changed: sp.csr_array, thing: NDArray[np.int64], same: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return of which pairs the thing changes, and nothing that inputs tell from it."""
    row, column = changed.nonzero()
    other = np.zeros(len(thing), bool)
    other[row[same[column] != thing[row]]] = True
    found = np.zeros(len(thing), bool)
    found[row] = True
    return found & ~other


def _first_of_each(thing: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which are among the first `KEPT` of their thing; those of a thing follow another."""
    begins = np.searchsorted(thing, thing)
    result: NDArray[np.bool_] = np.arange(len(thing)) - begins < KEPT
    return result


def run_changed(
    subject: Subject, on: sp.csr_array, site: str, numbers: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return which outputs are on when the numbers at a site are replaced.

    Args:
        subject: The network.
        on: The features that are on, Boolean (samples, features).
        site: The site.
        numbers: What it then holds, float32 (samples, width).

    Returns:
        bool (samples, outputs).
    """
    replaced = torch.from_numpy(np.ascontiguousarray(numbers, np.float32))
    replace: Callable[..., Any] = lambda module, given, value: replaced  # noqa: E731
    handle = subject.module.get_submodule(site).register_forward_hook(replace)
    try:
        with torch.no_grad():
            outputs = subject.module(torch.from_numpy(encoded(on, subject.code)))
    finally:
        handle.remove()
    found: NDArray[np.bool_] = outputs.numpy() >= 0
    return found
