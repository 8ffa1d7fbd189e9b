"""The JavaScript runner decides as numpy does, in a real browser."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import scipy.sparse as sp

import polyseme as ps
from support.browser import STATIC, Watched, browser, serving

INPUTS = 10_000
LINKED = [["of", "parent", "colour"]] + [
    [f"n{i}", f"n{i // 3}", ("red", "green", "blue")[i % 3]] for i in range(1, 60)
]

RUN = """async ([file, rows]) => {
  const { Network } = await import("/runner.js");
  const network = new Network(await (await fetch(file)).arrayBuffer());
  return rows.map((row) => network.run(row).on);
}"""


def one_layer() -> ps.Network:
    return ps.compile(ps.read("and2:features=200,gates=200"), neurons=120, active=3, epsilon=None)


def facts() -> ps.Network:
    table = {f"s{i}": {"a": f"o{i % 7}", "b": f"p{i % 11}"} for i in range(150)}
    return ps.compile(ps.problems.facts(table), construction="three-channel", active=3)


def deep() -> ps.Network:
    circuit = ps.read("layered:width=48,depth=4")
    return ps.compile(circuit, neurons=600, active=3, construction="deep")


def exact() -> ps.Network:
    """A deep network with a residual stream, sparse layers and outputs that are on at rest."""
    return ps.compile(ps.read("y = ~(a & b) ^ (c | d & e); z = ~y & a"), active=5)


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [one_layer, facts, deep, exact])
@pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning")
def test_decisions_are_those_of_numpy(tmp_path, compiled):
    network = compiled()
    features = len(network.encoder.features)
    generator = np.random.default_rng(0)
    rows = [
        sorted(generator.choice(features, generator.integers(0, min(6, features)), replace=False))
        for _ in range(INPUTS)
    ]
    offsets = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate(rows)
    matrix = sp.csr_array((np.ones(len(columns), bool), columns, offsets), (INPUTS, features))
    expected = network.run(matrix)
    network.save(tmp_path / "net.safetensors")
    shutil.copy(STATIC / "runner.js", tmp_path)
    (tmp_path / "index.html").write_text("<!doctype html><link rel=icon href=data:,>", "utf-8")
    with serving(tmp_path) as address, browser() as opened:
        watched = Watched(opened.new_page())
        watched.page.goto(address)
        found = watched.page.evaluate(
            RUN, ["/net.safetensors", [list(map(int, row)) for row in rows]]
        )
        watched.check()
    counts = np.diff(expected.indptr)
    assert counts.sum() > INPUTS / 20
    for row, (begin, end) in enumerate(zip(expected.indptr[:-1], expected.indptr[1:], strict=True)):
        assert found[row] == sorted(expected.indices[begin:end].tolist())
