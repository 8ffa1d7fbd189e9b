"""Distinct numbers are those of a set, rising."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from polyseme.common.distinct import distinct


@given(st.lists(st.integers(-9, 9)))
def test_distinct_numbers_are_those_of_a_set(numbers):
    assert distinct(np.array(numbers, np.int64)).tolist() == sorted(set(numbers))
