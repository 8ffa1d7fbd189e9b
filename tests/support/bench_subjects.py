"""Small networks for tests of the benchmark, compiled once for all of them."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

pytest.importorskip("torch")

import polyseme as ps
from polyseme.interpret.benchmark.claims import Claims, Edges, Readings
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.subject import Subject, subject_of, uniform
from polyseme.interpret.benchmark.truth import SiteTruth, Truth

GATES = "layers.0.hook_post"


@cache
def superposed() -> Subject:
    """Return 100 ANDs of two of 100 features, on 77 units of which seven serve each gate."""
    return _subject(ps.problems.pairwise_and(100, 100), neurons=80, construction="least-noise")


@cache
def roomy() -> Subject:
    """Return 100 ANDs on more units: every set of features but those of the gates is silent."""
    return _subject(ps.problems.pairwise_and(100, 100), neurons=200, construction="least-noise")


@cache
def deep() -> Subject:
    """Return a layered circuit of three levels, a unit or a number that is carried per wire."""
    return _subject(ps.problems.layered(40, 3, 3))


def _subject(circuit: ps.Circuit, **options: Any) -> Subject:
    with warnings.catch_warnings():
        # That superposition does not pay at such sizes is no news here.
        warnings.simplefilter("ignore", ps.PolysemeWarning)
        network = ps.compile(circuit, **options)
    return subject_of("small", network, uniform(len(circuit.features), 3))


def budget(subject: Subject, share: float = 1.0, seed: int = 0) -> Budget:
    """Return a budget of so many readings per thing of every site."""
    sites = subject.truth.sites.items()
    return Budget(1024, 256, {site: max(1, int(share * len(held))) for site, held in sites}, seed)


def site_truth(
    directions: Any, same: Any = None, scored: Any = None, site: str = "hook_embed"
) -> SiteTruth:
    """Return a site whose things are not computed from others."""
    rows = np.asarray(directions, np.float32)
    count = len(rows)
    return SiteTruth(
        site,
        "inputs",
        rows,
        "",
        sp.csr_array((count, 0), dtype=bool),
        ("",) * count,
        np.arange(count) if same is None else np.asarray(same, np.int64),
        np.ones(count, bool) if scored is None else np.asarray(scored, bool),
    )


def only(claims: Claims, *sites: str) -> Claims:
    """Return the readings of some sites alone."""
    return Claims(tuple(found for found in claims.readings if found.site in sites))


def changed_truth(subject: Subject, site: str, held: SiteTruth) -> Subject:
    """Return a network with another truth of one site."""
    truth = subject.truth
    sites = {**truth.sites, site: held}
    return Subject(
        subject.name,
        subject.module,
        subject.code,
        subject.draw_on,
        Truth(sites, truth.labels, truth.outputs),
    )


__all__ = [
    "GATES",
    "Edges",
    "Readings",
    "budget",
    "changed_truth",
    "deep",
    "only",
    "roomy",
    "site_truth",
    "superposed",
]
