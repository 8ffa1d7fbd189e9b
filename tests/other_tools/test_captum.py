"""Integrated gradients of edge attribution are those of captum."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from polyseme.interpret.benchmark.methods.edge_attribution import STEPS, of_units
from polyseme.networks import sites
from support.bench_subjects import deep, superposed

captum = pytest.importorskip(
    "captum.attr", reason="captum is not installed; make test-tools installs it"
)


@pytest.mark.parametrize("subject", [superposed, deep])
def test_gradients_from_the_vectors_to_one_output_are_those_of_captum(subject):
    found = subject()
    network = found.module
    vectors = found.sampler(0).draw(64)
    clean, corrupt = vectors[:32], vectors[32:]
    outputs = np.arange(32) % len(found.truth.sites[sites.READOUT])
    ours = of_units(network, clean, sites.EMBED, clean, corrupt, outputs)

    def read(embedded):
        def replace(numbers, hook):
            return embedded

        return network.run_with_hooks(
            torch.zeros_like(embedded), fwd_hooks=[(sites.EMBED, replace)]
        )

    theirs = captum.IntegratedGradients(read).attribute(
        clean,
        baselines=corrupt,
        target=torch.from_numpy(outputs),
        n_steps=STEPS,
        method="riemann_middle",
    )
    assert float(theirs.abs().sum()) > 1
    torch.testing.assert_close(ours, theirs.float(), rtol=1e-4, atol=1e-4)
