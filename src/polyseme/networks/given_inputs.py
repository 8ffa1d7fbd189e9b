"""Inputs as users give them: names, sets of names, or a matrix; numbers between 0 and 1 too.

A matrix has one row per sample and one column per feature. Its numbers are what the encoder takes:
0 is off, 1 is on, and others scale the feature's code. They are read in float32, in which every
float16 and bfloat16 is exact. Where a truth is needed, a feature of a half or more counts as on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.names import Names
from polyseme.common.arguments import shown_value
from polyseme.errors import OptionError

# One set of names, several sets, or a matrix of numpy, scipy or torch.
Inputs: TypeAlias = Any
# From this number on a feature counts as on.
HALF = 0.5


@dataclass(frozen=True, eq=False)
class GivenInputs:
    """Inputs as float32 (samples, features) in sparse rows, and the form in which they came."""

    matrix: sp.csr_array
    form: Literal["names", "sets", "matrix", "sparse"]

    @property
    def on(self) -> sp.csr_array:
        """Features that count as on, Boolean (samples, features) in sparse rows."""
        kept = self.matrix.copy()
        kept.data = kept.data >= HALF
        kept.eliminate_zeros()
        return kept.astype(bool)

    @property
    def rows(self) -> NDArray[np.int32]:
        """Features that count as on, int32 (samples, most on), -1 pads."""
        on = self.on
        counts = np.diff(on.indptr)
        rows = np.full((len(counts), int(counts.max(initial=0))), -1, np.int32)
        rows[np.arange(rows.shape[1]) < counts[:, None]] = on.indices
        return rows


def read_inputs(features: Names, on: Inputs) -> GivenInputs:
    """Return inputs in one form, however they were given.

    Raises OptionError for what is no input, and SourceError for a name that is no feature.
    """
    if isinstance(on, str | bytes | Mapping):
        raise OptionError(f"on must be a list of feature names, not {shown_value(on)}")
    if sp.issparse(on):
        return GivenInputs(_checked(sp.csr_array(on), features), "sparse")
    array = _as_array(on)
    if array is not None:
        if array.ndim != 2:
            raise OptionError(
                f"on is an array of {array.ndim} dimensions; it must be (samples, features)"
            )
        return GivenInputs(_checked(array, features), "matrix")
    if not isinstance(on, Iterable):
        raise OptionError(f"on must be a list of feature names, not {shown_value(on)}")
    given = list(on)
    if given and all(_is_set(one) for one in given):
        return GivenInputs(_of_names(features, given), "sets")
    return GivenInputs(_of_names(features, [given]), "names")


def _as_array(on: Any) -> NDArray[Any] | None:
    """Return an array of numbers, or a tensor as one; None for anything else."""
    if hasattr(on, "detach") and hasattr(on, "cpu"):
        # A tensor of torch, which need not be imported here; numpy knows no bfloat16.
        on = on.detach().cpu()
        on = on.float().numpy()
    return on if isinstance(on, np.ndarray) and on.dtype.kind in "biuf" else None


def _checked(matrix: Any, features: Names) -> sp.csr_array:
    """Return a matrix as float32 in sparse rows; raise OptionError if it is none of inputs."""
    if matrix.shape[1] != len(features):
        raise OptionError(
            f"on has {matrix.shape[1]:,} columns; it must have one per feature, {len(features):,}"
        )
    if matrix.dtype.kind not in "biuf":
        raise OptionError(f"on is of {matrix.dtype}; it must hold real numbers")
    # Numbers beyond float32 become infinite, which is refused just below.
    with np.errstate(over="ignore"):
        found = sp.csr_array(matrix, dtype=np.float32)
    if not np.isfinite(found.data).all():
        raise OptionError("on holds a number that float32 does not: infinite, or none at all")
    found.sum_duplicates()
    found.eliminate_zeros()
    return found


def _is_set(given: Any) -> bool:
    return isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping)


def _of_names(features: Names, sets: list[Iterable[Any]]) -> sp.csr_array:
    offsets = [0]
    columns: list[int] = []
    for names in sets:
        checked = list(map(_checked_name, names))
        distinct = dict.fromkeys(map(features.position, checked))
        columns += distinct
        offsets.append(offsets[-1] + len(distinct))
    shape = (len(sets), len(features))
    ones = np.ones(len(columns), np.float32)
    matrix = sp.csr_array((ones, np.array(columns, np.int32), offsets), shape=shape)
    matrix.sort_indices()
    return matrix


def _checked_name(name: Any) -> str:
    if not isinstance(name, str):
        raise OptionError(f"on must be feature names, and {shown_value(name)} is none")
    return name
