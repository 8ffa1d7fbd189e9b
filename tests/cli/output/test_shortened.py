"""Long lists cut to a screen."""

from __future__ import annotations

import pytest

from polyseme.cli.output.shortened import not_shown, shown_rows


def test_the_first_and_the_worst_rows_are_shown_in_their_order() -> None:
    badness = [0.0] * 4000
    for place, value in ((70, 3.0), (3999, 9.0), (2500, 1.0)):
        badness[place] = value
    shown = shown_rows(badness, everything=False)
    assert shown[:6] == [0, 1, 2, 3, 4, 5]
    assert shown == sorted(shown)
    assert {70, 2500, 3999} <= set(shown)
    assert len(shown) == 12
    (line,) = not_shown(4000, len(shown), "widest")
    assert line == "the first 6 and the 6 widest; 3,988 more with --all, or --json"


@pytest.mark.parametrize(("rows", "everything"), [(1, False), (14, False), (15, True), (300, True)])
def test_few_rows_are_all_shown_and_so_are_many_if_asked_for(rows: int, everything: bool) -> None:
    shown = shown_rows([0.0] * rows, everything)
    assert shown == list(range(rows))
    assert not_shown(rows, len(shown), "widest") == []


def test_a_row_more_than_fits_is_cut() -> None:
    assert len(shown_rows([0.0] * 15, everything=False)) == 12
