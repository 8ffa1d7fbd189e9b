"""Claims on trial: what they say of the inputs for scores, beside the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import OptionError
from polyseme.interpret.benchmark.claims import Batch, Claims, Readings
from polyseme.interpret.benchmark.scores.matching import Firing, cosines, firing, likeness, match
from polyseme.interpret.benchmark.scores.trial import Trial, draw_trial
from polyseme.interpret.benchmark.subject import Subject
from polyseme.interpret.benchmark.truth import Truth


@dataclass(frozen=True, eq=False)
class Tried:
    """Claims on trial. The mappings are by site, for sites where something is claimed.

    Attributes:
        claims: What is claimed.
        subject: Of which network.
        trial: The inputs.
        cosines: |cosine| of readings and things, float64 (readings, things).
        firing: Which readings fire for which input.
        reading_of: The reading of every thing, int64 (things,), -1 for none: matched on cosine plus
            |phi| of the half of the inputs that is for matching. It is what edges, operators and
            interventions are translated by.
        seed: The seed of the inputs and of chance.
    """

    claims: Claims
    subject: Subject
    trial: Trial
    cosines: Mapping[str, NDArray[np.float64]]
    firing: Mapping[str, Firing]
    reading_of: Mapping[str, NDArray[np.int64]]
    seed: int

    @property
    def truth(self) -> Truth:
        """The truth that the claims are scored against."""
        return self.subject.truth

    def sites(self, kind: str, *, claimed: bool = False) -> tuple[str, ...]:
        """Return the sites that hold things of a kind; with `claimed` those spoken of."""
        return tuple(
            site
            for site, held in self.truth.sites.items()
            if held.kind == kind and (not claimed or site in self.cosines)
        )

    def claimed(self, site: str) -> int:
        """Return the number of readings with a direction that are claimed at a site."""
        readings = self.claims.at(site)
        return 0 if readings is None else int(np.count_nonzero(readings.directions.any(axis=1)))

    def class_of(self, site: str) -> NDArray[np.int64]:
        """Return for each reading the first thing that no input tells from its own, or -1."""
        found = np.full(len(self.cosines[site]), -1, np.int64)
        reading = self.reading_of[site]
        things = np.flatnonzero(reading >= 0)
        found[reading[things]] = self.truth.sites[site].same[things]
        return found


def put_on_trial(claims: Claims, subject: Subject, seed: int) -> Tried:
    """Draw inputs and match what is claimed with what is true.

    Raises OptionError for readings that do not fit the site or return no numbers.
    """
    trial = draw_trial(subject, seed)
    similar, fires, reading_of = {}, {}, {}
    for site, held in subject.truth.sites.items():
        readings = claims.at(site)
        if readings is None:
            continue
        if readings.directions.shape[1] != held.directions.shape[1]:
            raise OptionError(
                f"directions at {site} have {readings.directions.shape[1]} numbers; "
                f"the site has {held.directions.shape[1]}"
            )
        similar[site] = cosines(readings.directions, held)
        fires[site] = firing(activity_of(readings, trial.batch(site)))
        half = trial.matching
        half_fires = Firing(fires[site].above[half], fires[site].below[half])
        reading_of[site] = match(similar[site] + likeness(half_fires, trial.labels[site][half]))
    return Tried(claims, subject, trial, similar, fires, reading_of, seed)


def activity_of(readings: Readings, batch: Batch) -> NDArray[np.float32]:
    """Return how far readings are on, float32 (samples, readings).

    Raises OptionError where they return anything else.
    """
    found = readings.activity(batch)
    shape = len(batch.vectors), len(readings)
    if not (isinstance(found, np.ndarray) and found.dtype == np.float32 and found.shape == shape):
        raise OptionError(f"activity at {readings.site} must be float32 of shape {shape}")
    if not np.isfinite(found).all():
        raise OptionError(f"activity at {readings.site} must be finite")
    return found
