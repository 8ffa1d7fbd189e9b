"""Universal AND, trained: the loss, the two values and the classes beside slow ones."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import polyseme as ps
from polyseme.learning.toy_models import figures
from polyseme.learning.toy_models.published import universal_and as universal
from polyseme.reproduce.trained_universal_and import TABLES

torch = pytest.importorskip("torch")


def test_the_loss_and_its_slopes_are_those_of_the_model_written_out():
    task = universal.UniversalAnd(6, 5, 40)
    numbers = {
        name: torch.from_numpy(values).requires_grad_()
        for name, values in task.begin(np.random.default_rng(1)).items()
    }
    found = float(task.descend(numbers, np.random.default_rng(2))[0])
    on = np.random.default_rng(2).random((40, 6), np.float32) < task.chance
    hidden = (torch.from_numpy(on.astype(np.float32)) @ numbers["reads"] + numbers["bias"]).relu()
    readings = hidden @ numbers["writes"] + numbers["offset"]
    share, expected = task.chance**2, torch.zeros(())
    for column, (one, other) in enumerate(combinations(range(6), 2)):
        for row in range(40):
            both = bool(on[row, one] and on[row, other])
            weight = 1 / (2 * (share if both else 1 - share))
            expected = expected + weight * (readings[row, column] - float(both)) ** 2 / (40 * 15)
    assert found == pytest.approx(float(expected.detach()), rel=1e-4)
    slopes = torch.autograd.grad(expected, list(numbers.values()))
    for values, slope in zip(numbers.values(), slopes, strict=True):
        assert values.grad.numpy() == pytest.approx(slope.numpy(), rel=1e-3, abs=1e-6)


@given(arrays.arrays(np.float32, st.integers(2, 12), elements=st.integers(-50, 50)))
def test_two_values_leave_the_least_squares(weights):
    larger, smaller = universal.two_values(weights)
    ordered = np.sort(weights)
    best = min(
        sum(((part - part.mean()) ** 2).sum() for part in (ordered[:place], ordered[place:]))
        for place in range(1, len(ordered))
    )
    ours = np.minimum((weights - larger) ** 2, (weights - smaller) ** 2).sum()
    assert ours <= best + 1e-3
    assert larger >= smaller


def test_the_published_neurons_have_the_published_tables():
    is_large = np.array([[True, False], [True, True], [False, False]])
    pairs = np.array([[0, 0, 1], [1, 2, 2]])
    kinds = universal.classes(is_large, pairs)
    assert [[universal.CLASSES[kind] for kind in row] for row in kinds.tolist()] == [
        ["A", "B1", "B1"],
        ["B2", "C", "B1"],
    ]
    reads = np.where(is_large, 0.1, -0.15).astype(np.float32)
    bias = np.full(2, 0.05, np.float32)
    found = universal.class_tables(reads, bias, pairs, kinds)
    for name, row in zip(universal.CLASSES, found, strict=True):
        assert row.tolist() == pytest.approx(TABLES[name], abs=1e-6)


def test_the_figure_is_drawn(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    kind = figures.FIGURES["universal-and"]
    small = universal.Settings(features=6, neurons=8, steps=30)
    monkeypatch.setattr(
        figures, "FIGURES", {"universal-and": figures._Kind("", small, kind.run, kind.draw)}
    )
    found = ps.learning.toy_models.figure("universal-and", state=tmp_path / "state")
    again = ps.learning.toy_models.figure("universal-and", state=tmp_path / "state")
    assert found.findings == again.findings
    assert sum(found.findings["share_of_classes"].values()) == pytest.approx(1)
    found.save(tmp_path / "drawn.png")


@pytest.mark.slow
def test_classes_are_read_with_the_signs_of_the_publication():
    found = ps.learning.toy_models.figure("universal-and", steps=5000).findings["mean_readout"]
    assert found["A"] > 0 > max(found["B1"], found["B2"])
