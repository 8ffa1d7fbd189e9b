"""The report of a compilation: one row per layer, but not too many."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

import polyseme as ps
from polyseme.circuits import problems
from polyseme.cli.output.compile_report import emit_compiled
from polyseme.cli.output.compiled import Compiled
from polyseme.compiler.report import Compilation, LayerDecision
from polyseme.limits.counting import counting_bits


@pytest.mark.parametrize(("layers", "rows"), [(3, 3), (12, 12), (13, 12), (48, 12)])
def test_compile_shows_a_row_a_layer_but_not_too_many(
    capsys: pytest.CaptureFixture[str], layers: int, rows: int
) -> None:
    network = ps.compile(problems.permutation(9))
    per_layer = tuple(
        LayerDecision(
            layer=number,
            columns=1000 + number,
            computed_features=750,
            neurons=500,
            carried=0,
            kind="superposed",
            share_on=0.0031,
            mean_on=3.1,
            predicted_superposed=490,
            why=f"[reason {number}]",
        )
        for number in range(layers)
    )
    circuit = problems.permutation(9)
    measured, count = ps.verify(network, samples=10), counting_bits(circuit)
    report = Compilation(network, 0.1, measured, layers=per_layer)
    compiled = Compiled(report, circuit, count, 1.0)
    emit_compiled(compiled, None, as_json=False)
    table = capsys.readouterr().out.partition("layer by layer")[2]
    shown = [row for row in table.splitlines()[4:] if row.startswith("│")]
    assert len(shown) == rows
    assert "[reason 0]" in shown[0]
    assert f"[reason {layers - 1}]" in shown[-1]
    assert (f"{layers - 11} layers not shown" in table) == (layers > 12)
    emit_compiled(compiled, None, as_json=True)
    assert json.loads(capsys.readouterr().out)["per_layer"] == list(map(asdict, per_layer))
