"""Rows of declared sizes: one for every construction that serves."""

from __future__ import annotations

from dataclasses import replace

import pytest

import polyseme as ps
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Construction, Inputs, Task
from polyseme.errors import CompileError
from polyseme.limits.declared import declared_rows
from polyseme.limits.table import bounds

SMALL = "and2:features=120,gates=150"

WHOLE_CATALOGUE = dict(CATALOGUE)


@pytest.fixture(autouse=True)
def _only_quick_constructions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some declare their size only after a search of seconds, and have tests of their own."""
    for name in set(CATALOGUE) - {"monosemantic", "three-channel"}:
        monkeypatch.delitem(CATALOGUE, name)


def fake(
    name: str, inputs: Inputs, neurons: int, parameters: int, why: str | None = None
) -> Construction:
    return replace(
        CATALOGUE["monosemantic"],
        name=name,
        inputs=inputs,
        sources=("welch1974lower", "polyseme"),
        refuses=lambda task: why,
        neurons=lambda task: neurons,
        parameters=lambda task, neurons: parameters,
    )


def test_a_row_for_every_construction_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(task: Task) -> int:
        raise CompileError("too small")

    made = (
        fake("wide", Inputs.EITHER, 70, 70 * 121),
        fake("narrow", Inputs.EITHER, 80, 80 * 119),
        fake("unwilling", Inputs.BASIS, 5, 5, "it does not feel like it"),
        replace(fake("failing", Inputs.BASIS, 5, 5), neurons=fail),
        fake("small", Inputs.BASIS, 60, 6),
    )
    for construction in made:
        monkeypatch.setitem(CATALOGUE, construction.name, construction)
    possible = bounds(ps.read(SMALL))
    rows = {row.name: row for row in possible.constructions}
    assert set(rows) == {"wide", "narrow", "small", "three-channel", "monosemantic"}
    assert (rows["wide"].neurons, rows["wide"].parameters) == (70, 70 * 121)
    assert rows["wide"].source == "Welch 1974; polyseme"
    # A number for every feature and neuron can only be a dimension a feature.
    assert (rows["wide"].inputs, rows["narrow"].inputs) == ("basis", "superposed")
    assert possible.constructions[-1].name == "monosemantic"
    # Smaller ones have basis inputs, of which the bound for n x n weights says nothing.
    assert possible.capacity is not None
    assert possible.capacity.neurons == min(80, rows["three-channel"].neurons)


@pytest.mark.parametrize("source", ["and2:features=40,gates=45", "permutation:features=30"])
def test_every_construction_there_is_can_be_asked(source: str) -> None:
    circuit = ps.read(source)
    with pytest.MonkeyPatch.context() as patch:
        for name, construction in WHOLE_CATALOGUE.items():
            patch.setitem(CATALOGUE, name, construction)
        rows, layers = declared_rows(circuit, 3, 1e-2)
    assert layers == 1
    assert {row.name for row in rows} <= {"three-channel", *WHOLE_CATALOGUE}
    assert all(row.neurons > 0 and row.source for row in rows)
    assert rows[-1].neurons == circuit.gates
