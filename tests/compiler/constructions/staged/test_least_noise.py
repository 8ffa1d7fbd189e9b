"""Least noisy weights: own reads as wanted, everything else as quiet as an exact solution."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.codes.code import SparseCode
from polyseme.compiler.constructions.staged.build import WEIGHT
from polyseme.compiler.constructions.staged.carrier import Carrier, basis_carrier
from polyseme.compiler.constructions.staged.layer_weights import LayerWeights, layer_weights
from polyseme.compiler.constructions.staged.least_noise import least_noise
from polyseme.compiler.constructions.staged.placing import Placed, place_stage
from polyseme.compiler.constructions.staged.plan import make_staged_plan
from polyseme.compiler.schedule.stages import Stage
from polyseme.compiler.task import Task


def drawn_code(columns: int, units: int, weight: int, seed: int) -> SparseCode:
    generator = np.random.default_rng(seed)
    positions = np.array([generator.permutation(units)[:weight] for _ in range(columns)], np.int32)
    signs = generator.choice(np.array([-1, 1], np.int8), positions.shape)
    return SparseCode(units, positions, signs)


def drawn_reads(rows: int, columns: int, reads: int, seed: int) -> sp.csr_array:
    """Every row reads so many columns at +1 or -1, one of them at 0."""
    generator = np.random.default_rng(seed)
    places = np.array([np.sort(generator.permutation(columns)[:reads]) for _ in range(rows)])
    values = generator.choice(np.array([-1, 1], np.float32), places.shape)
    values[:, 0] = 0
    offsets = np.arange(rows + 1) * reads
    return sp.csr_array((values.ravel(), places.ravel(), offsets), shape=(rows, columns))


def means(code: SparseCode) -> np.ndarray:
    """The mean of every column's units, written out, (columns, units)."""
    rows = np.zeros((code.features, code.neurons))
    for column in range(code.features):
        for unit, sign in zip(code.positions[column], code.signs[column], strict=True):
            rows[column, unit] = sign / code.weight
    return rows


def exact_row(wanted: np.ndarray, own: np.ndarray, every: np.ndarray) -> np.ndarray:
    """The least noisy row: any with the reads wanted, and the best of what those do not see."""
    some = np.linalg.lstsq(every[own], wanted, rcond=None)[0]
    _, values, directions = np.linalg.svd(every[own])
    free = directions[int((values > 1e-9).sum()) :].T
    best = np.linalg.lstsq(every @ free, -every @ some, rcond=None)[0]
    return some + free @ best


def noise(weights: np.ndarray, wanted: sp.csr_array, every: np.ndarray) -> float:
    """The mean square of what the columns without an entry are read with."""
    reads = weights @ every.T
    foreign = np.ones(reads.shape, bool)
    row = np.repeat(np.arange(wanted.shape[0]), np.diff(wanted.indptr))
    foreign[row, wanted.indices] = False
    return float(np.square(reads[foreign]).mean())


@pytest.mark.parametrize(("columns", "units", "weight"), [(240, 60, 4), (150, 90, 6), (40, 60, 3)])
def test_rows_are_those_of_an_exact_solution(columns: int, units: int, weight: int) -> None:
    code, wanted = drawn_code(columns, units, weight, 1), drawn_reads(25, columns, 7, 2)
    every = means(code)
    exact = np.array(
        [
            exact_row(wanted.data[begin:end], wanted.indices[begin:end], every)
            for begin, end in zip(wanted.indptr[:-1], wanted.indptr[1:], strict=True)
        ]
    )
    least = noise(exact, wanted, every)
    settled = noise(least_noise(wanted, code, 60), wanted, every)
    assert settled == pytest.approx(least, rel=0.01, abs=1e-6)


def test_a_few_steps_go_most_of_the_way_and_none_do_not() -> None:
    code, wanted = drawn_code(400, 100, 5, 3), drawn_reads(40, 400, 8, 4)
    every = means(code)
    equalised, few, settled = (
        noise(rows, wanted, every)
        for rows in (
            least_noise(wanted, code, 0),
            least_noise(wanted, code),
            least_noise(wanted, code, 60),
        )
    )
    assert few < 1.03 * settled
    assert equalised > 1.2 * settled


@settings(max_examples=30, deadline=None)
@given(st.integers(12, 80), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**31))
def test_own_columns_read_as_wanted(units: int, weight: int, reads: int, seed: int) -> None:
    code, wanted = (
        drawn_code(3 * units, units, weight, seed),
        drawn_reads(9, 3 * units, reads, seed),
    )
    every = means(code)
    # Codes may coincide: only what some row reads of them can be wanted.
    possible = np.random.default_rng(seed).standard_normal((9, units)) @ every.T
    row = np.repeat(np.arange(9), reads)
    wanted.data[:] = possible[row, wanted.indices]
    rows = least_noise(wanted, code)
    assert np.allclose((rows @ every.T)[row, wanted.indices], wanted.data, atol=2e-3)


def test_reads_that_no_row_has_break_nothing() -> None:
    code = SparseCode(3, np.array([[0], [0], [1]]), np.ones((3, 1)))
    wanted = sp.csr_array(np.array([[1, -1, 1]], np.float32))
    assert np.isfinite(least_noise(wanted, code)).all()


def placed_stage(shared: int) -> tuple[Stage, Carrier, Placed]:
    """A stage over a carrier in superposition that hands its codes on."""
    task = Task(ps.problems.layered(1200, 2, active=2), 2, 1e-2)
    stage = make_staged_plan(task).schedule.stages[0]
    generator = np.random.default_rng(0)
    rows = np.array([generator.permutation(shared)[:WEIGHT] for _ in range(1200)], np.int32)
    below = Carrier(shared, rows, np.zeros(1200, bool), shared, False)
    return stage, below, place_stage(stage, below, shared + 80, shared, WEIGHT, generator)


def test_a_stage_reads_what_it_names_and_hears_little_else() -> None:
    stage, below, placed = placed_stage(400)
    assert placed.inherits
    built = layer_weights(stage, below, placed)
    assert built.weights.dtype == np.int8
    reads = built.weights.astype(int) @ below.code.matrix().toarray().T.astype(int)
    wanted, read = reads_wanted(stage, placed, reads.shape)
    named = np.zeros(reads.shape, bool)
    for unit in range(len(reads)):
        named[unit, built.reads.indices[slice(*built.reads.indptr[unit : unit + 2])]] = True
    hosted = np.zeros(reads.shape, bool)
    hosted[below.positions, np.arange(1200)[:, None]] = True
    assert np.array_equal(named, hosted | read)
    assert np.array_equal(built.reads.toarray()[named], reads[named])
    # Rounding moves each of a column's units by half a step at most.
    assert np.abs(reads - built.resolution * wanted)[named].max() <= WEIGHT / 2 + 0.05
    others = np.where(named, 0, reads)
    assert np.allclose(built.drift, others.sum(axis=1) / 1200)
    assert (reads[~named] / built.resolution).std() < 0.9 * of_equalised_rows(built, below, named)


def reads_wanted(
    stage: Stage, placed: Placed, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """What every unit should read of every column, and which columns are asked for at all."""
    wanted, read = np.zeros(shape), np.zeros(shape, bool)
    for column, (begin, end) in enumerate(zip(stage.offsets[:-1], stage.offsets[1:], strict=True)):
        for literal, sign in zip(stage.literals[begin:end], stage.signs[begin:end], strict=True):
            wanted[placed.carrier.positions[column], literal] += sign
            read[placed.carrier.positions[column], literal] = True
    return np.sign(wanted), read


def of_equalised_rows(built: LayerWeights, below: Carrier, named: np.ndarray) -> float:
    """The spread of what equalised rows hear of the columns not named, codes handed on alike."""
    left = built.reads.astype(np.float32) / np.float32(built.resolution)
    base = np.zeros((left.shape[0], below.units), np.float32)
    base[np.arange(below.shared), np.arange(below.shared)] = WEIGHT
    every = below.code.matrix().toarray() / WEIGHT
    row = np.repeat(np.arange(left.shape[0]), np.diff(left.indptr))
    left.data -= (base @ every.T)[row, left.indices].astype(np.float32)
    rows = base + least_noise(left, below.code, 0)
    return float((rows @ every.T)[~named].std())


def test_over_a_basis_weights_are_the_reads() -> None:
    task = Task(ps.problems.layered(300, 2, active=2), 2, 1e-2)
    stage = make_staged_plan(task).schedule.stages[0]
    resting = np.arange(300) % 3 == 0
    below = basis_carrier(300, resting)
    placed = place_stage(stage, below, 100, 80, WEIGHT, np.random.default_rng(0))
    built = layer_weights(stage, below, placed)
    signs = np.where(resting, -1, 1)
    assert np.array_equal(built.weights, built.reads.toarray() * signs)
    wanted, _ = reads_wanted(stage, placed, built.weights.shape)
    assert np.array_equal(built.reads.toarray(), built.resolution * wanted)
    assert np.array_equal(built.offset, -built.weights[:, resting].astype(int).sum(axis=1))
    assert not built.drift.any()


BUILD_AND_HASH = """
import hashlib
import polyseme as ps
from polyseme.compiler.constructions.staged.build import build_stages
from polyseme.compiler.constructions.staged.plan import make_staged_plan
from polyseme.compiler.task import Task
for width, neurons in ((700, 500), (1500, 1300)):
    task = Task(ps.problems.layered(width, 3, active=2), 2, 1e-2, carry="gates")
    plan = make_staged_plan(task)
    for layer in build_stages(plan, neurons).layers:
        print(hashlib.sha256(layer.weights.tobytes() + layer.bias.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_weights_are_the_same_for_any_number_of_threads() -> None:
    printed = []
    for threads in ("1", "2", "3"):
        counts = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        path = str(Path(ps.__file__).parent.parent)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", BUILD_AND_HASH],
            capture_output=True,
            check=True,
            encoding="utf-8",
            env={**os.environ, **counts, "PYTHONPATH": path},
        )
        printed.append(done.stdout.split())
    assert len(printed[0]) == 6
    assert printed[0] == printed[1] == printed[2]
