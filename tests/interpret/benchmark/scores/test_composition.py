"""Composition: readings that are gates, inputs, units or nothing, on a layer of gates."""

import numpy as np

from polyseme.interpret.benchmark.claims import Batch, Claims, Decomposition, Readings
from polyseme.interpret.benchmark.controls.oracle import oracle
from polyseme.interpret.benchmark.scores.components import by_units
from polyseme.interpret.benchmark.scores.composition import LIKE, composition
from polyseme.interpret.benchmark.scores.tried import put_on_trial
from support.bench_subjects import GATES, superposed


def composed(activity, count: int) -> dict[str, int]:
    subject = superposed()
    width = subject.truth.sites[GATES].directions.shape[1]
    readings = Readings(GATES, np.ones((count, width), np.float32), activity)
    return composition(put_on_trial(Claims((readings,)), subject, 0))[GATES]


def test_the_oracle_reads_gates_alone_and_takes_weights_apart_by_units() -> None:
    subject = superposed()
    found = composition(put_on_trial(oracle(subject), subject, 0))
    assert list(found) == [GATES, "layers.0.linear"]
    assert found[GATES]["gates"] == sum(found[GATES].values()) > 0
    assert found["layers.0.linear"]["units"] > 0


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


def test_components_of_weights_are_like_what_their_importance_is_like() -> None:
    subject = superposed()
    units = by_units(subject, 0)

    def of_inputs(batch: Batch) -> np.ndarray:
        return batch.on.toarray().astype(np.float32)

    def taken_apart(importance, count: int) -> dict[str, int]:
        reads = np.ones((count, units.reads.shape[1]), np.float32)
        writes = np.ones((count, units.writes.shape[1]), np.float32)
        apart = Decomposition(0, reads, writes, importance)
        found = composition(put_on_trial(Claims(decomposition=apart), subject, 0))
        assert list(found) == ["layers.0.linear"]
        return found["layers.0.linear"]

    count = subject.code.shape[0]
    found = taken_apart(of_inputs, count)
    assert found["inputs"] >= 0.9 * sum(found.values()) > 0
    # Components that matter for no input are not counted.
    assert taken_apart(lambda batch: 0.05 * of_inputs(batch), count) == dict.fromkeys(LIKE, 0)
    found = taken_apart(units.importance, len(units.reads))
    assert found["units"] > 0.5 * sum(found.values())
    assert found["gates"] == 0
