"""Components beside columns, where the answer is known, and a small run."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyseme.interpret.benchmark.methods.parameters.masked import Components  # noqa: E402
from studies.toy_decompositions.decomposed import (  # noqa: E402
    beside_columns,
    decomposed,
    flipped,
)
from studies.toy_decompositions.study import QUICK_CASES, ToyDecompositions  # noqa: E402

WEIGHTS = torch.tensor([[3.0, 0.0, 1.0], [4.0, 2.0, 0.0]])


def test_components_that_are_the_columns_are_found() -> None:
    components = Components(torch.eye(3), WEIGHTS.T.clone())
    found = beside_columns(WEIGHTS, components)
    assert found["cosines"] == pytest.approx([1, 1, 1])
    assert found["ratios"] == pytest.approx([1, 1, 1])
    of_rows = beside_columns(WEIGHTS, flipped(Components(WEIGHTS.T.clone(), torch.eye(3))))
    assert of_rows == found


def test_half_a_column_has_its_cosine_and_half_its_norm() -> None:
    found = beside_columns(WEIGHTS, Components(torch.eye(3), 0.5 * WEIGHTS.T))
    assert found["cosines"] == pytest.approx([1, 1, 1])
    assert found["ratios"] == pytest.approx([0.5, 0.5, 0.5])


def test_cosines_are_those_of_whole_matrices() -> None:
    generator = torch.Generator().manual_seed(0)
    components = Components(
        torch.randn(4, 3, generator=generator), torch.randn(4, 2, generator=generator)
    )
    found = beside_columns(WEIGHTS, components)
    for column in range(3):
        alone = np.zeros((2, 3))
        alone[:, column] = WEIGHTS[:, column]
        cosines = []
        for reads, writes in zip(components.reads, components.writes, strict=True):
            one = np.outer(writes, reads)
            cosines.append((one * alone).sum() / np.linalg.norm(one) / np.linalg.norm(alone))
        assert found["cosines"][column] == pytest.approx(max(cosines), rel=1e-5)


@pytest.mark.slow
def test_a_small_run_has_a_row_per_map() -> None:
    case = {name: value for name, value in vars(QUICK_CASES[0]).items() if name != "seeds"}
    run = decomposed(**case, seed=0)
    assert len(run["W"]["cosines"]) == len(run["Wᵀ"]["ratios"]) == 5
    results = {"toy_decompositions": {"cases": [{**case, "runs": [run]}]}}
    page = "\n".join(ToyDecompositions().section(results))
    assert page.count("| 5 in 2 |") == 2
    assert "5 features in 2" in ToyDecompositions().finding(results)
