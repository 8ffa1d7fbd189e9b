"""The study of the largest deep networks, on a small one."""

from __future__ import annotations

import polyseme as ps
from studies.layered import Layered, built


def test_a_network_is_told_beside_the_exact_one_and_without_its_identities() -> None:
    row = built(width=400, depth=2, neurons=300, samples=50)
    exact = ps.compile(
        ps.problems.layered(400, 2, active=3), construction="monosemantic", carry="residual"
    )
    assert row["computed"] == 300
    assert row["exact"]["neurons_total"] == exact.neurons_total
    assert (row["size"]["neurons_total"], row["size"]["state"]) == (600, 150)
    text = "\n".join(Layered().section({"layered": {"cases": [row]}}))
    assert "| 400 | 2 | 300 | 1.00 |" in text
    assert f"| 400 | 2 | exact | {exact.neurons_total:,} |" in text
