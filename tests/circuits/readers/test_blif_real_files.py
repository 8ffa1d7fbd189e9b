"""Published BLIF files: what they compute, and the same circuits in other formats."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from polyseme.circuits.readers.aiger import read_aiger
from polyseme.circuits.readers.bench import read_bench
from polyseme.circuits.readers.blif import read_blif
from support.blif import interpreted
from support.logic_files import (
    CIRCUITS,
    real_files,
    values_of,
)


def random_columns(names: list[str], samples: int = 500) -> dict[str, int]:
    source = random.Random(0)
    return {name: source.getrandbits(samples) for name in names}


@pytest.mark.parametrize("file", [*real_files("mcnc/*.blif"), *real_files("epfl/*.blif")])
def test_a_real_file_computes_what_its_text_says(file: Path) -> None:
    netlist, text = read_blif(file), file.read_text()
    columns = random_columns(list(netlist.inputs), 20)
    outputs = values_of(netlist, columns, 20)
    for sample in range(20):
        row = {name: value >> sample & 1 for name, value in columns.items()}
        assert interpreted(text, row) == {n: v >> sample & 1 for n, v in outputs.items()}


@pytest.mark.skipif(not CIRCUITS.exists(), reason="the circuits lie outside the project")
def test_c880_is_the_same_in_blif_and_bench() -> None:
    blif, bench = (
        read_blif(CIRCUITS / "mcnc/C880.blif"),
        read_bench(CIRCUITS / "iscas85/c880.bench"),
    )
    columns = random_columns(list(blif.inputs))
    # The same signals in the same order; BLIF calls "1GAT(0)" what BENCH calls "1".
    assert [name.partition("GAT")[0] for name in blif.inputs] == list(bench.inputs)
    renamed = {name.partition("GAT")[0]: value for name, value in columns.items()}
    outputs = values_of(blif, columns, 500)
    assert {name.partition("GAT")[0]: v for name, v in outputs.items()} == values_of(
        bench, renamed, 500
    )


@pytest.mark.parametrize("file", real_files("epfl/*.blif"))
def test_epfl_files_are_the_same_in_blif_and_aiger(file: Path) -> None:
    blif, aiger = read_blif(file), read_aiger(file.with_suffix(".aig"))
    columns = random_columns(list(blif.inputs))
    by_order = dict(zip(aiger.inputs, columns.values(), strict=True))
    assert list(values_of(blif, columns, 500).values()) == list(
        values_of(aiger, by_order, 500).values()
    )
