"""The smallest network from which the gates come back."""

from __future__ import annotations

from typing import Any

import pytest

import polyseme as ps
from polyseme.circuits import Circuit, problems
from polyseme.counting_argument import round_trips
from polyseme.counting_argument.run import run_counting_argument
from polyseme.networks.network import Network


def test_a_network_too_small_grows_until_the_gates_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sizes at which the compiler makes the same network again are not counted twice."""

    def started_small(circuit: Circuit, *, neurons: int | None, **rest: Any) -> Network:
        return ps.compile(circuit, neurons=neurons or 64, **rest)

    monkeypatch.setattr(round_trips, "compile", started_small)
    run = run_counting_argument(problems.pairwise_and(300, 300))
    sizes = [one.neurons for one in run.tried]
    assert len(sizes) == len(set(sizes)) > 1
    assert run.tried[0].wrong > run.wrong == 0
    assert run.neurons == min(one.neurons for one in run.tried if not one.wrong)
