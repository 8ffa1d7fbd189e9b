"""Rows of declared sizes: one for every construction that serves."""

from __future__ import annotations

from typing import Any

import pytest

import polyseme as ps
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Inputs, Size
from polyseme.compiler.constructions.monosemantic import Monosemantic
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError
from polyseme.limits.declared import declared_rows
from polyseme.limits.table import bounds

SMALL = "and2:features=120,gates=150"

WHOLE_CATALOGUE = dict(CATALOGUE)


@pytest.fixture(autouse=True)
def _only_quick_constructions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some declare their size only after a search of seconds, and have tests of their own."""
    for name in set(CATALOGUE) - {"monosemantic", "three-channel", "deep"}:
        monkeypatch.delitem(CATALOGUE, name)


class Fake(Monosemantic):
    """A construction that declares what it is told to; without a size no neurons are enough."""

    sources = ("welch1974lower", "polyseme")

    def __init__(
        self, name: str, inputs: Inputs, size: Size | None, why: str | None = None
    ) -> None:
        self.name, self.inputs, self._size, self._why = name, inputs, size, why
        super().__init__()

    def refusal(self, task: Task) -> str | None:
        return self._why

    def neurons(self, plan: Any, error: float) -> int:
        if self._size is None:
            raise CapacityError("no number is enough")
        return self._size.neurons

    def parameters(self, plan: Any, neurons: int) -> int:
        assert self._size is not None
        return self._size.parameters


def test_a_row_for_every_construction_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    made = (
        Fake("wide", Inputs.EITHER, Size(70, 70 * 121)),
        Fake("narrow", Inputs.EITHER, Size(80, 80 * 119)),
        Fake("unwilling", Inputs.BASIS, Size(5, 5), "it does not feel like it"),
        Fake("failing", Inputs.BASIS, None),
        Fake("small", Inputs.BASIS, Size(60, 6)),
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
        rows, layers = declared_rows(Task(circuit, 3, 1e-2))
    assert layers == 1
    assert {row.name for row in rows} <= {"three-channel", *WHOLE_CATALOGUE}
    assert all(row.neurons > 0 and row.source for row in rows)
    assert rows[-1].neurons == circuit.gates
