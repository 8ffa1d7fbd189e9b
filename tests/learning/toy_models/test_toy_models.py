"""Toy models: slopes, draws, measures and theory beside slow and obvious ones; the figures."""

from __future__ import annotations

import json

import numpy as np
import pytest

import polyseme as ps
from polyseme.errors import OptionError
from polyseme.learning.toy_models import figures, intro, phase_diagram, scaling
from polyseme.learning.toy_models.autoencoder import Autoencoder, reconstruct
from polyseme.learning.toy_models.correlated import share_of_models
from polyseme.learning.toy_models.measures import (
    dimensionality,
    dimensions_per_feature,
    near_clusters,
)
from polyseme.learning.toy_models.phase_theory import (
    CODES,
    away_from_boundaries,
    losses_of_codes,
)
from polyseme.learning.toy_models.sparse_values import SparseValues

torch = pytest.importorskip("torch")

# Steps with which every figure ends at once.
FEW = 3


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("relu", [True, False])
def test_slopes_are_those_of_torch(tied, relu):
    generator = np.random.default_rng(1)
    values = SparseValues(7, np.array([0.3, 0.9], np.float32))
    importance = (0.8 ** np.arange(7)).astype(np.float32)
    task = Autoencoder("a", 3, importance, values, 20, tied=tied, relu=relu)
    numbers = {
        name: torch.from_numpy(numbers).requires_grad_()
        for name, numbers in task.begin(generator).items()
    }
    samples = torch.from_numpy(values.draw(20, generator))
    found = reconstruct(numbers, samples, torch.from_numpy(importance), relu)
    slopes = {name: one.grad.clone() for name, one in numbers.items()}
    for one in numbers.values():
        one.grad = None
    decoder = numbers["encoder" if tied else "decoder"]
    outputs = samples @ numbers["encoder"].mT @ decoder + numbers["bias"]
    outputs = outputs.relu() if relu else outputs
    losses = (torch.from_numpy(importance) * (samples - outputs) ** 2).mean((1, 2))
    losses.sum().backward()
    torch.testing.assert_close(found, losses)
    for name, one in numbers.items():
        torch.testing.assert_close(slopes[name], one.grad)


@pytest.mark.parametrize("relation", ["independent", "correlated", "anti-correlated"])
@pytest.mark.parametrize("signed", [False, True])
def test_values_are_on_as_often_as_asked_and_uniform_then(relation, signed):
    density = np.array([0.25, 1.0], np.float32)
    values = SparseValues(4, density, signed, relation)
    drawn = values.draw(20_000, np.random.default_rng(2))
    assert drawn.shape == (2, 20_000, 4)
    assert drawn.dtype == np.float32
    on = drawn != 0
    share = density / 2 if relation == "anti-correlated" else density
    assert on.mean(axis=(1, 2)) == pytest.approx(share, abs=0.01)
    assert abs(drawn[on]).mean() == pytest.approx(0.5, abs=0.01)
    assert drawn[on].mean() == pytest.approx(0.0 if signed else 0.5, abs=0.01)
    together = (on[:, :, ::2] & on[:, :, 1::2]).mean(axis=(1, 2))
    expected = {"independent": density**2, "correlated": density, "anti-correlated": 0 * density}
    assert together == pytest.approx(expected[relation], abs=0.01)


@pytest.mark.parametrize(
    ("features", "density", "relation", "named"),
    [
        (4, 0.0, "independent", "density"),
        (4, 1.5, "independent", "density"),
        (3, 0.5, "correlated", "3 features do not come in pairs"),
        (4, 0.5, "friends", "relation is 'friends'"),
    ],
)
def test_values_check_themselves(features, density, relation, named):
    with pytest.raises(OptionError, match=named):
        SparseValues(features, np.array([density], np.float32), relation=relation)


def test_a_toy_model_checks_its_sizes():
    values = SparseValues(4, np.ones(1, np.float32))
    with pytest.raises(OptionError, match="3 importances for 4 features"):
        Autoencoder("a", 2, np.ones(3, np.float32), values, 5)
    with pytest.raises(OptionError, match="0 hidden numbers"):
        Autoencoder("a", 0, np.ones(4, np.float32), values, 5)


def _polygon(corners: int) -> np.ndarray:
    turns = 2 * np.pi * np.arange(corners) / corners
    return np.stack((np.cos(turns), np.sin(turns)))


SHAPES = {
    "1": np.eye(2),
    "1/2": np.array([[1.0, -1.0]]),
    "2/3": _polygon(3),
    "2/5": _polygon(5),
    "3/4": np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]).T,
}


@pytest.mark.parametrize("share", SHAPES)
def test_regular_shapes_have_their_dimensionality(share):
    code = SHAPES[share][None].astype(np.float32)
    found = dimensionality(code)
    over, _, under = share.partition("/")
    assert found == pytest.approx(int(over) / int(under or 1))
    assert near_clusters(found)[share] == near_clusters(found)["any"] == 1
    unit = code / np.linalg.norm(code, axis=1, keepdims=True)
    assert dimensions_per_feature(unit) == pytest.approx(code.shape[1] / code.shape[2])


def test_weights_that_decay_away_from_zero_get_columns_of_length_one():
    values = SparseValues(5, np.full((1, 5), 0.2, np.float32))
    task = scaling._Decayed("a", 3, np.ones(5, np.float32), values, 4, shrinks=-1.0)
    columns = torch.from_numpy(task.begin(np.random.default_rng(1))["encoder"])
    before = columns.norm(dim=1)
    task.decay({"encoder": columns}, 0.5)
    torch.testing.assert_close(columns.norm(dim=1) - 1, (before - 1) / 2)


def test_readouts_of_orthogonal_codes_are_never_wrong():
    unit = np.eye(6, dtype=np.float32)
    assert (scaling._overlap(unit), scaling._misread(unit, 0)) == (0, 0)
    unit[:, 0] = unit[:, 1]
    assert scaling._overlap(unit) == pytest.approx(2 / 30)
    assert scaling._misread(unit, 0) > 0.3


def test_welchs_floor_is_below_the_overlap_of_random_codes():
    drawn = np.random.default_rng(1).standard_normal((10, 400)).astype(np.float32)
    found = scaling._overlap(drawn / np.linalg.norm(drawn, axis=0))
    floor = scaling._welch(scaling.Settings())[0]
    assert floor < found < 1.1 * floor


def test_chances_may_differ_between_features():
    density = np.array([[0.1, 0.9]], np.float32)
    drawn = SparseValues(2, density).draw(5000, np.random.default_rng(4))
    assert (drawn > 0).mean(axis=1)[0] == pytest.approx(density[0], abs=0.02)
    with pytest.raises(OptionError, match="densities of shape"):
        SparseValues(3, density)


def test_a_feature_that_is_not_represented_has_no_dimension():
    code = np.array([[[1.0, 0.0], [0.0, 0.0]]], np.float32)
    assert dimensionality(code).tolist() == [[1.0, 0.0]]
    assert near_clusters(np.array([0.5, 0.2]))["any"] == 0.5


def test_losses_in_closed_form_are_those_of_samples():
    generator, count = np.random.default_rng(3), 400_000
    density, importance = 0.4, 0.7
    values = SparseValues(2, np.array([density], np.float32)).draw(count, generator)[0]
    weight = np.array([1, importance])
    expected = losses_of_codes(np.array(density), np.array(importance))
    for code, loss in zip(np.array(CODES), expected, strict=True):
        # A feature without a code is answered by its mean.
        bias = np.where(code == 0, density / 2, 0)
        outputs = np.maximum(np.outer(values @ code, code) + bias, 0)
        assert (weight * (values - outputs) ** 2).sum(1).mean() == pytest.approx(loss, rel=0.02)


def test_points_away_from_boundaries_have_neighbours_of_their_kind():
    regions = np.zeros((5, 6), int)
    regions[:, 3:] = 1
    expected = np.ones((5, 6), bool)
    expected[:, 2:4] = False
    assert (away_from_boundaries(regions) == expected).all()


@pytest.mark.parametrize(
    ("corners", "shape"), [(5, "a pentagon"), (4, "two digons"), (3, "a triangle"), (2, "a digon")]
)
def test_shapes_are_named(corners, shape):
    code = np.concatenate((_polygon(corners), np.zeros((2, 2))), axis=1).astype(np.float32)
    assert intro.shape_of(code) == shape


def test_shapes_that_are_none_are_counted():
    assert intro.shape_of(np.eye(2, dtype=np.float32)) == "two orthogonal"
    assert intro.shape_of(np.array([[1, 0.9], [0, 0.4]], np.float32)) == "2 features"
    assert intro.shape_of(np.array([[1.0], [0]], np.float32)) == "one feature"
    assert intro.shape_of(np.zeros((2, 3), np.float32)) == "nothing"


def test_a_code_is_in_a_region_by_its_larger_numbers():
    codes = np.array([[1, 0.1], [0.1, -1], [1, -0.9], [0, 0]], np.float32)
    assert phase_diagram.region_of(codes).tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize("name", ["intro", "correlated", "phase-diagram", "relu-output"])
def test_a_figure_is_trained_drawn_and_written(name, tmp_path):
    pytest.importorskip("matplotlib")
    found = ps.learning.toy_models.figure(name, steps=FEW, seed=1)
    assert any("steps" in line for line in found.reduced)
    paths = found.save(tmp_path / "drawn.png")
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")
    data = json.loads((tmp_path / "drawn.json").read_text())
    assert (data["figure"], data["seed"]) == (name, 1)
    assert data["data"].keys() == found.data.keys()
    assert [str(tmp_path / "drawn.png"), str(tmp_path / "drawn.json")] == list(paths)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["geometry", "absolute-value", "scaling"])
def test_a_large_figure_is_trained_and_drawn(name, tmp_path):
    pytest.importorskip("matplotlib")
    ps.learning.toy_models.figure(name, steps=FEW).save(tmp_path / "drawn.svg")


def test_equal_arguments_give_equal_files(tmp_path):
    pytest.importorskip("matplotlib")
    for name in ("a", "b"):
        found = ps.learning.toy_models.figure("intro", steps=FEW, state=tmp_path / f"{name}.state")
        found.save(tmp_path / f"{name}.png")
    for ending in ("png", "json", "state"):
        one, other = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("a", "b"))
        assert one == other


@pytest.mark.parametrize("path", ["drawn", "drawn.jpg", 5])
def test_a_picture_needs_a_name_that_can_be_drawn(path):
    found = ps.learning.toy_models.figure("intro", steps=1)
    with pytest.raises(OptionError):
        found.save(path)


@pytest.mark.parametrize(
    "wrong", [{"name": "introduction"}, {"steps": 0}, {"seed": -1}, {"state": 5}, {"device": 5}]
)
def test_figures_refuse_wrong_arguments(wrong):
    with pytest.raises(OptionError):
        figures.figure(**{"name": "intro", "steps": 1, **wrong})


@pytest.mark.slow
def test_intro_finds_the_shapes_of_the_publication():
    found = ps.learning.toy_models.figure("intro").findings
    assert found["shapes"][0] == "two orthogonal"
    assert "two digons" in found["shapes"]
    assert found["shapes"][-1] == "a pentagon"


@pytest.mark.slow
def test_the_phase_diagram_is_that_of_the_theory():
    found = ps.learning.toy_models.figure("phase-diagram", steps=1500).findings
    assert found["agreement"] > 0.95


def test_a_model_counts_if_all_of_its_pairs_do():
    found = share_of_models(np.array([[True, True], [True, False], [False, False], [True, True]]))
    assert found["share"] == 0.5
    assert found["interval"][0] < 0.07
    assert found["interval"][1] > 0.93
    assert share_of_models(np.ones((16, 2), bool))["interval"] == pytest.approx(
        [0.794, 1], abs=1e-3
    )
