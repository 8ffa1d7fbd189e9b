"""Dressings: module and truth go to other coordinates together."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import polyseme as ps  # noqa: E402
from polyseme.interpret.benchmark.subject import Subject  # noqa: E402
from polyseme.interpret.benchmark.suite.dressing import dressed, dressings  # noqa: E402

NAMES = ("and2-64-load1", "layered-100-mono", "adder-8-mono")
CASES = [(name, dressing) for name in NAMES for dressing in ("permuted", "rotated", "noise")]
CASES = [case for case in CASES if case[1] != "rotated" or case[0] == "and2-64-load1"]


def run(subject: Subject, samples: int = 1500) -> tuple[np.ndarray, dict, object]:
    on = subject.draw_on(samples, np.random.default_rng(3))
    with torch.no_grad():
        found, cache = subject.module.run_with_cache(
            torch.from_numpy(on.astype(np.float32) @ subject.code)
        )
    return found.numpy(), {site: numbers.numpy() for site, numbers in cache.items()}, on


def agreement(subject: Subject) -> dict[str, float]:
    """The mean cosine of directions and differences of means, at every site."""
    _, cache, on = run(subject)
    found = {}
    for site, held in subject.truth.sites.items():
        labels = subject.truth.labels(on, site).toarray()
        cosines = []
        for thing in np.flatnonzero(held.scored):
            with_it = labels[:, thing]
            if 5 < with_it.sum() < len(with_it) - 5:
                numbers = cache[site]
                moved = numbers[with_it].mean(axis=0) - numbers[~with_it].mean(axis=0)
                length = np.linalg.norm(moved)
                cosines.append(float(moved @ held.directions[thing] / length))
        found[site] = float(np.mean(cosines))
    return found


@pytest.mark.parametrize(("name", "dressing"), CASES)
def test_decisions_stay_and_the_truth_is_still_true(name, dressing):
    raw = ps.suite.subject(name)
    worn = dressed(raw, dressing)
    assert worn.name == f"{name}+{dressing}"
    before, after = run(raw)[0], run(worn)[0]
    assert ((before >= 0) == (after >= 0)).mean() > (0.99 if dressing == "noise" else 0.9999)
    raw_agreement, worn_agreement = agreement(raw), agreement(worn)
    for site, cosine in raw_agreement.items():
        assert worn_agreement[site] > cosine - 0.15
        lengths = np.linalg.norm(worn.truth.sites[site].directions, axis=1)
        assert (np.isclose(lengths, 1, atol=1e-5) | (lengths == 0)).all()


@pytest.mark.parametrize(("name", "dressing"), CASES)
def test_weights_are_others_and_the_raw_network_is_left_alone(name, dressing):
    raw = ps.suite.subject(name)
    kept = {key: value.clone() for key, value in raw.module.state_dict().items()}
    worn = dressed(raw, dressing)
    weights = worn.module.get_submodule("layers.0.linear").weight
    assert not torch.equal(weights, kept["layers.0.linear.weight"])
    assert all(torch.equal(value, kept[key]) for key, value in raw.module.state_dict().items())


def test_a_rotation_turns_vectors_and_keeps_their_products():
    raw = ps.suite.subject("and2-64-load1")
    worn = dressed(raw, "rotated")
    assert np.allclose(raw.code @ raw.code.T, worn.code @ worn.code.T, atol=1e-4)
    assert not np.allclose(raw.code, worn.code)


def test_a_dressing_is_the_same_every_time():
    first, second = (ps.suite.subject("and2-64-load1+rotated") for _ in range(2))
    for key, value in first.module.state_dict().items():
        assert torch.equal(value, second.module.state_dict()[key])


def test_shuffled_weights_compute_nothing():
    subject = dressed(ps.suite.subject("and2-64-load1"), "shuffled")
    raw = ps.suite.subject("and2-64-load1").module.state_dict()["layers.0.linear.weight"]
    weights = subject.module.state_dict()["layers.0.linear.weight"]
    assert torch.equal(raw.flatten().sort().values, weights.flatten().sort().values)
    assert abs(agreement(subject)["layers.0.hook_post"]) < 0.2


def test_vectors_that_pass_the_first_layer_cannot_be_turned():
    with pytest.raises(ps.OptionError, match="cannot be turned"):
        ps.suite.subject("layered-100-mono+rotated")


def test_other_dressings_are_refused():
    assert dressings() == ("raw", "permuted", "rotated", "noise", "shuffled")
    with pytest.raises(ps.OptionError, match="did you mean 'rotated'"):
        ps.suite.subject("and2-64-load1+rotate")


def test_raw_is_the_network_itself():
    assert ps.suite.subject("and2-64-load1+raw").name == "and2-64-load1"
