"""Composition: readings that are gates, inputs, units or nothing, on a layer of gates."""

import numpy as np

from polyseme.interpret.benchmark.claims import Batch, Claims, Readings
from polyseme.interpret.benchmark.controls.oracle import oracle
from polyseme.interpret.benchmark.scores.composition import composition
from polyseme.interpret.benchmark.scores.tried import put_on_trial
from support.bench_subjects import GATES, superposed


def composed(activity, count: int) -> dict[str, int]:
    subject = superposed()
    width = subject.truth.sites[GATES].directions.shape[1]
    readings = Readings(GATES, np.ones((count, width), np.float32), activity)
    return composition(put_on_trial(Claims((readings,)), subject, 0))[GATES]


def test_the_oracle_has_gates_alone() -> None:
    subject = superposed()
    found = composition(put_on_trial(oracle(subject), subject, 0))
    assert list(found) == [GATES]
    assert found[GATES]["gates"] == sum(found[GATES].values()) > 0


def test_readings_of_inputs_are_inputs() -> None:
    def activity(batch: Batch) -> np.ndarray:
        return batch.on.toarray().astype(np.float32)

    subject = superposed()
    count = len(next(iter(subject.truth.sites.values())))
    found = composed(activity, count)
    assert found["inputs"] >= 0.9 * count
    # Turned round they are the same.
    assert composed(lambda batch: 0.5 - activity(batch), count) == found


def test_units_are_units_and_what_never_fires_or_by_chance_is_nothing() -> None:
    def units(batch: Batch) -> np.ndarray:
        return batch.activations - np.median(batch.activations, axis=0)

    width = superposed().truth.sites[GATES].directions.shape[1]
    found = composed(units, width)
    assert found["units"] >= 0.9 * width

    def nothing(batch: Batch) -> np.ndarray:
        drawn = np.random.default_rng(0).random((len(batch.on.toarray()), 7), np.float32)
        drawn[:, 0] = 0
        return drawn - np.float32(0.5) * (drawn > 0)

    assert composed(nothing, 7) == {"gates": 0, "inputs": 0, "units": 0, "none": 7}
