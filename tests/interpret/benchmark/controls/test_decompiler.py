"""The decompiler as a control: exact on weights as they were compiled, silent on others."""

from dataclasses import replace

import pytest
import torch

from polyseme.interpret.benchmark.controls.decompiler import fit
from polyseme.interpret.benchmark.scores.score import score
from support.bench_subjects import budget, deep, roomy


def test_every_gate_is_read_from_weights() -> None:
    subject = roomy()
    claims = fit(subject, budget(subject))
    found = score(claims, subject, 0)
    for name in ("edges-gates", "edges-outputs", "exact-gates", "operators-gates", "firing-gates"):
        assert found[name].raw == 1, name
    assert found["interchange-on-gates"].raw > 0.9
    assert "adversarial" not in found


def test_of_a_deep_network_features_and_outputs_are_claimed() -> None:
    found = score(fit(deep(), budget(deep())), deep(), 0)
    assert found["firing-outputs"].raw == 1
    assert "features-gates" not in found


def test_weights_that_were_changed_are_refused() -> None:
    subject = roomy()
    dressed = replace(subject, network=None)
    assert not fit(dressed, budget(subject)).readings
    parameter = next(subject.module.parameters())
    before = parameter.detach().clone()
    try:
        with torch.no_grad():
            parameter += 1
        claims = fit(subject, budget(subject))
    finally:
        with torch.no_grad():
            parameter.copy_(before)
    assert claims.notes == {"refused": "the weights are not those of a compiled network"}
    assert score(claims, subject, 0) == {}


@pytest.mark.parametrize("share", [0.5, 2])
def test_what_is_read_does_not_depend_on_the_budget(share: float) -> None:
    subject = roomy()
    assert len(fit(subject, budget(subject, share)).readings[1]) == 100
