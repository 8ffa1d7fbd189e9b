"""Encoders and readouts: what they may be made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.networks.ends import Encoder
from support.network_parts import readout


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"outputs": Names(["a"])}, "2 thresholds for 1 outputs"),
        ({"offsets": np.array([0, 1])}, "readout offsets must be 3 numbers, not 2"),
        ({"offsets": np.array([1, 1, 3])}, "rise from 0 to 3"),
        ({"offsets": np.array([0, 2, 2])}, "rise from 0 to 3"),
        ({"offsets": np.array([0, 4, 3])}, "rise from 0 to 3"),
        ({"offsets": np.array([0, 1, 3], np.int32)}, "must be int64"),
        ({"neurons": np.array([[0, 1, 0]], np.int32)}, "must be int32 of 1 dimensions"),
        ({"neurons": np.array([0.0, 1.0, 0.0])}, "must be int32"),
        ({"weights": np.ones(2, np.int16)}, "2 readout weights for 3 neurons"),
        ({"thresholds": np.array([1, np.nan], np.float32)}, "not a number"),
        ({"thresholds": np.array([1, -np.inf], np.float32)}, "minus infinity"),
    ],
)
def test_readouts_that_break_a_rule_are_refused(change, rule):
    with pytest.raises(ValueError, match=rule):
        replace(readout(), **change)


def test_offsets_whose_differences_wrap_around_are_refused():
    # Each step up is below 2^63 when computed modulo 2^64, though the third number is negative.
    offsets = np.array([0, 2**63 - 1, -(2**63), -1, 3])
    with np.errstate(over="ignore"):
        assert (np.diff(offsets) >= 0).all()
    four = Names(prefix="y", count=4)
    with pytest.raises(ValueError, match="rise from 0 to 3"):
        replace(readout(), outputs=four, offsets=offsets, thresholds=np.ones(4, np.float32))


def test_encoders_that_break_a_rule_are_refused():
    with pytest.raises(ValueError, match="1 names for 2 codes"):
        Encoder(Names(["a"]), SparseCode(3, np.array([[0], [1]]), np.array([[1], [1]])))
    with pytest.raises(ValueError, match="must have a feature"):
        Encoder(Names(["a"]), SparseCode(3, np.zeros((1, 0)), np.zeros((1, 0))))
