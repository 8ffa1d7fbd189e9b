"""Recompute the four kinds of neuron that gradient descent finds for universal AND."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.common.progress import Note
from polyseme.errors import OptionError
from polyseme.reproduce.row import Row, equal, fitted

ABOUT = """\
The four kinds of neuron that gradient descent finds for universal AND.

Newgas 2025, *Compressed Computation: Dense Circuits in a Toy Model of the Universal-AND Problem*:
to each pair of inputs a trained neuron is of one of four classes, with these values at inputs 00,
01, 10, 11 of the pair (about), and the readout of AND takes A - B1 - B2 + C = AND / 4:

    A .05 .15 .15 .25    B1 .05 0 .15 0    B2 .05 .15 0 0    C .05 0 0 0

Trained weights are of two values only, so that a neuron is of some class to every pair at once: A
where both inputs have the larger value, C where both have the smaller, B1 and B2 between. A linear
program finds the two values and the common bias that give all four tables, with the least negative
weight; we run those ReLUs and combine what they put out. So the rows are a fit: they show that
three numbers give the printed table, and not what training finds."""

SOURCE = "newgas2025compressed"
LOCATOR = 'table "Approximate truth table for each neuron class", before section 1'
TABLES = {
    "A": (0.05, 0.15, 0.15, 0.25),
    "B1": (0.05, 0.0, 0.15, 0.0),
    "B2": (0.05, 0.15, 0.0, 0.0),
    "C": (0.05, 0.0, 0.0, 0.0),
}
# 1 for an input with the larger weight, 0 for one with the smaller.
LARGER = {"A": (1, 1), "B1": (1, 0), "B2": (0, 1), "C": (0, 0)}
SIGNS = {"A": 1, "B1": -1, "B2": -1, "C": 1}
INPUTS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])


@dataclass(frozen=True)
class BinaryNeurons:
    """Neurons ReLU(u x + v y + bias) whose weights u, v are `larger` or `smaller`."""

    larger: float
    smaller: float
    bias: float

    def outputs(self, kind: str) -> NDArray[np.float64]:
        """Return the output of a neuron of a class at inputs 00, 01, 10, 11."""
        weights = np.where(LARGER[kind], self.larger, self.smaller)
        return np.maximum(INPUTS @ weights + self.bias, 0)


def fit(tables: Mapping[str, tuple[float, ...]]) -> BinaryNeurons:
    """Find the two weights and the bias whose neurons have the values of the tables.

    Raises OptionError if no such neurons exist.
    """
    design, values = [], []
    for kind, table in tables.items():
        large = INPUTS @ np.array(LARGER[kind])
        design.append(np.column_stack([large, INPUTS.sum(axis=1) - large, np.ones(4)]))
        values.append(np.array(table))
    # scipy.optimize is imported here: its import is slow and the command line imports all figures.
    from scipy.optimize import linprog

    matrix, wanted = np.concatenate(design), np.concatenate(values)
    # A ReLU whose value is 0 may receive any number below 0. The objective is -smaller.
    on = wanted > 0
    solved = linprog(
        [0, -1, 0],
        A_ub=matrix[~on],
        b_ub=wanted[~on],
        A_eq=matrix[on],
        b_eq=wanted[on],
        bounds=(None, None),
    )
    if not solved.success:
        raise OptionError(f"no two weights and a bias have the values {dict(tables)}")
    return BinaryNeurons(*(float(value) for value in solved.x))


def rows(seed: int, note: Note) -> list[Row]:
    """Compare the tables of the neurons found, and their combination."""
    note("trained universal AND: four classes of neuron")
    neurons = fit(TABLES)
    how = (
        f"weights {neurons.larger:.3g} and {neurons.smaller:.3g}, bias {neurons.bias:.3g}, from a "
        "linear program, no sampling; tolerance for rounding"
    )
    found = [
        _fitted_row(f"class {kind} at input {x}{y}", value, ours, how)
        for kind, table in TABLES.items()
        for (x, y), value, ours in zip(INPUTS, table, neurons.outputs(kind), strict=True)
    ]
    combined = sum((sign * neurons.outputs(kind) for kind, sign in SIGNS.items()), np.zeros(4))
    return found + [
        _fitted_row(f"A - B1 - B2 + C = AND / 4 at input {x}{y}", (x & y) / 4, ours, how)
        for (x, y), ours in zip(INPUTS, combined, strict=True)
    ]


def _fitted_row(statement: str, published: float, ours: float, how: str) -> Row:
    return fitted(
        equal(SOURCE, statement, published, float(ours), locator=LOCATOR, tolerance=1e-9, note=how)
    )
