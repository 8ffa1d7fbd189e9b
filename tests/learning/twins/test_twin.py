"""Trained twins: losses and readings beside obvious ones, files, seeds, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits.terms import terms_of
from polyseme.errors import CapacityError, FileFormatError, OptionError
from polyseme.learning.twins.layer_task import LayerTask, encoded_rows
from polyseme.learning.twins.losses import LOSSES, losses_and_slopes
from polyseme.learning.twins.twin import Twin, _task, train_twin

torch = pytest.importorskip("torch")

CIRCUIT = ps.problems.pairwise_and(12, 12)
EASY = {"steps": 250, "samples": 1000, "batch": 128, "rate": 0.02}


def task_of(
    encoder: str, readout: str, loss: str = "squared", hard: int = 1, start: str = "normal"
) -> LayerTask:
    return _task(CIRCUIT, 8, 3, encoder, readout, start, loss, 30, hard, seed=0)


def tensors(task: LayerTask) -> dict:
    begun = task.begin(np.random.default_rng(1))
    return {name: torch.from_numpy(one).requires_grad_() for name, one in begun.items()}


def trained(**settings) -> Twin:
    return train_twin(CIRCUIT, 12, **{**EASY, **settings})


@pytest.mark.parametrize("encoder", ["fixed", "learned"])
@pytest.mark.parametrize("readout", ["free", "fixed"])
def test_readings_are_those_of_the_network_that_is_made(encoder, readout):
    found = trained(encoder=encoder, readout=readout, steps=3)
    network, task = (
        found.network,
        _task(CIRCUIT, 12, 3, encoder, readout, "normal", "band", 9, 1, 0),
    )
    weight = 1 if task.readout is None else task.readout.weight
    rows = np.array([[0, 1, 2], [3, -1, -1], [-1, -1, -1], [4, 9, -1]], np.int32)
    on = [[f"x{i}" for i in row if i >= 0] for row in rows]
    numbers = {
        "weights": network.layers[0].weights.T,
        "bias": network.layers[0].bias,
        "offset": np.zeros(12, np.float32),
    }
    if task.readout is None:
        numbers["readout"] = network.readout.weights.reshape(12, -1).T
    own = {name: torch.from_numpy(np.ascontiguousarray(one)) for name, one in numbers.items()}
    ours = weight * task._readings(own, rows).numpy()
    seen = network.activations(on)["hook_readout"] + network.readout.thresholds
    np.testing.assert_allclose(ours, seen, atol=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_are_what_they_say(loss):
    task, rows = task_of("fixed", "free", loss), np.array([[0, 1, 5], [7, -1, -1]], np.int32)
    numbers = tensors(task)
    truth = np.zeros((2, 12))
    for row, on in enumerate(rows.tolist()):
        for gate, literals in enumerate(terms_of(CIRCUIT).literals.reshape(12, 2).tolist()):
            truth[row, gate] = set(literals) <= set(on)
    expected = [0.0, 0.0]
    for row, readings in enumerate(task._readings(numbers, rows).detach().numpy()):
        for reading, on in zip(readings.tolist(), truth[row].tolist(), strict=True):
            error = abs(reading - on)
            expected[row] += {
                "squared": error**2,
                "l4": error**4,
                "band": max(error - 0.2, 0) ** 2,
                "hinge": max(0.75 - reading if on else reading - 0.25, 0) ** 2,
            }[loss]
    readings = task._readings(numbers, rows).detach()
    assert task._losses(readings, rows)[0].numpy() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_slopes_are_those_of_differences(loss):
    readings = 1.5 * torch.randn((3, 7), generator=torch.Generator().manual_seed(4))
    readings, on = readings.double(), torch.tensor([0, 9, 20])
    _, slopes = losses_and_slopes(loss, readings.clone(), on)
    for place in range(21):
        lower, upper = readings.clone(), readings.clone()
        lower.view(-1)[place] -= 1e-6
        upper.view(-1)[place] += 1e-6
        ends = [float(losses_and_slopes(loss, one, on)[0].sum()) for one in (lower, upper)]
        slope = (ends[1] - ends[0]) / 2e-6
        assert float(slopes.view(-1)[place]) == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_the_step_leaves_the_slopes_of_the_mean_loss():
    task = task_of("learned", "free", "band")
    numbers = tensors(task)
    loss = task.descend(numbers, np.random.default_rng(2))
    rows = task._draw(np.random.default_rng(2))
    slope = float(numbers["weights"].grad[rows[0, 0], 3])

    def shifted(by: float) -> float:
        moved = {name: one.detach().clone() for name, one in numbers.items()}
        moved["weights"][rows[0, 0], 3] += by
        return float(task._losses(task._readings(moved, rows), rows)[0].mean())

    assert float(loss[0]) == pytest.approx(shifted(0), rel=1e-5)
    assert slope == pytest.approx((shifted(1e-2) - shifted(-1e-2)) / 2e-2, rel=0.02, abs=1e-3)


def test_encoded_rows_are_the_product_with_the_code():
    task = task_of("fixed", "free")
    rows = task._draw(np.random.default_rng(5))
    rows[3:6, 1] = -1
    on = np.zeros((len(rows), 13), np.float32)
    on[np.arange(len(rows))[:, None], rows] = 1
    expected = on[:, :12] @ task.encoder.matrix().toarray()
    assert encoded_rows(task.encoder, rows).tolist() == expected.tolist()


def test_a_sparse_start_reads_few_features_and_bends():
    task = task_of("learned", "free", start="sparse")
    begun = task.begin(np.random.default_rng(1))
    assert set(np.unique(begun["weights"])) == {0, 1}
    assert begun["weights"].mean() == pytest.approx(0.1, abs=0.1)
    assert set(begun["bias"]) == {-1}
    behind = task_of("fixed", "free", start="sparse").begin(np.random.default_rng(1))
    code = task_of("fixed", "free").encoder
    expected = code.matrix().toarray().T @ begun["weights"] / code.weight
    np.testing.assert_allclose(behind["weights"], expected, atol=1e-6)


@pytest.mark.slow
def test_a_sparse_start_comes_nearer_to_computing():
    circuit = ps.problems.pairwise_and(300, 300)
    settings = {"encoder": "learned", "rate": 1e-2, "steps": 1500, "samples": 3000}
    sparse, normal = (train_twin(circuit, 250, start=s, **settings) for s in ("sparse", "normal"))
    assert sparse.reading.epsilon < 0.4 < normal.reading.epsilon


def test_hard_inputs_have_larger_losses():
    def loss(hard: int) -> float:
        task = task_of("fixed", "free", hard=hard)
        return float(task.descend(tensors(task), np.random.default_rng(2))[0])

    assert loss(6) > loss(1)


def test_a_step_has_inputs_of_every_kind():
    rows = task_of("fixed", "free", hard=2)._draw(np.random.default_rng(3))
    assert rows.shape == (60, 3)
    assert ((rows >= 0).sum(axis=1) > 0).all()
    alone, gates = np.sort(rows[45:], axis=1), terms_of(CIRCUIT).literals.reshape(12, 2)
    assert (alone[:, 0] == -1).all()
    assert {tuple(row) for row in alone[:, 1:].tolist()} <= {
        tuple(sorted(g)) for g in gates.tolist()
    }


def test_training_learns_and_is_measured():
    found = trained(loss="hinge", encoder="learned")
    assert found.history[0] > 10 * found.loss
    assert found.measured.error < 0.05
    assert found.measured.samples == 1000
    assert found.reading.worst.kappa_mean is not None
    made = found.network.provenance
    assert (made.construction, made.active, made.gates) == ("trained", 3, 12)
    assert found.network.parameters == 12 * 13 + 12 * 13


def test_it_comes_back_from_its_files_and_verifies_alike(tmp_path):
    found = trained()
    found.network.save(tmp_path / "net.safetensors", key=True)
    again = ps.load(tmp_path / "net.safetensors")
    assert ps.verify(again, samples=1000, seed=1).wrong == found.measured.wrong
    assert again.key is not None
    assert again.key.belongs_to(found.network)


def test_facts_of_several_terms_per_output_are_learnt():
    table = {"France": {"capital": "Paris"}, "Peru": {"capital": "Lima"}, "Chad": {"is": "Paris"}}
    found = train_twin(ps.problems.facts(table), 6, **{**EASY, "steps": 400, "readout": "free"})
    assert found.measured.error < 0.1


def test_the_same_seed_gives_the_same_bytes_and_a_state_goes_on(tmp_path):
    one, two = trained(steps=20), trained(steps=20, state=tmp_path / "state")
    assert one.network.layers[0].weights.tobytes() == two.network.layers[0].weights.tobytes()
    again = trained(steps=20, state=tmp_path / "state")
    assert again.network.readout.weights.tobytes() == one.network.readout.weights.tobytes()
    with pytest.raises(FileFormatError, match="its loss is 'band', not 'l4'"):
        trained(steps=20, state=tmp_path / "state", loss="l4")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"loss": "l2"}, "loss is 'l2'"),
        ({"encoder": "basis"}, "encoder is 'basis'"),
        ({"readout": "dense"}, "readout is 'dense'"),
        ({"start": "zero"}, "start is 'zero'"),
        ({"steps": 0}, "steps is 0"),
        ({"rate": -1.0}, "rate is -1.0"),
        ({"batch": 0}, "batch is 0"),
        ({"hard": 0}, "hard is 0"),
        ({"samples": 10}, "samples is 10"),
        ({"seed": -1}, "seed is -1"),
        ({"active": 40}, "active"),
    ],
)
def test_wrong_arguments_are_refused(wrong, named):
    with pytest.raises(OptionError, match=named):
        trained(**wrong)


def test_what_cannot_be_trained_is_refused():
    with pytest.raises(OptionError, match="neurons is 0"):
        train_twin(CIRCUIT, 0)
    with pytest.raises(OptionError, match="only one hidden layer is trained"):
        train_twin(ps.problems.layered(12, 3, 2), 9)
    with pytest.raises(CapacityError, match="at most 1,000,000,000 are trained"):
        train_twin(CIRCUIT, 10**6)


def test_a_task_keeps_its_seed_apart_from_its_description():
    task = task_of("fixed", "fixed")
    assert replace(task, hard=2).described != task.described
