"""Two checkouts side by side, without measuring them."""

from __future__ import annotations

from pathlib import Path

import pytest

import compare
from support.places import ROOT


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    """CPU seconds to be handed out, by checkout."""
    given: dict[str, list[float]] = {}
    monkeypatch.setattr(compare, "seconds_in", lambda path, job: given[path.name].pop(0))
    return given


def test_the_median_counts_but_for_the_first_turn(seconds: dict[str, list[float]]) -> None:
    seconds["a"], seconds["b"] = [99, 1, 5, 2], [99, 4, 3, 9]
    assert compare.compared((Path("a"), Path("b")), "load", 3) == (2, 4)


def test_more_than_a_tenth_slower_is_a_failure(
    seconds: dict[str, list[float]], capsys: pytest.CaptureFixture[str]
) -> None:
    seconds["a"], seconds["b"] = [0, 1.2, 0, 1.05], [0, 1.0, 0, 1.0]
    assert compare.report(("load", "read"), (Path("a"), Path("b")), 1) == ["load"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["load", "1.200", "1.000", "1.20", "slower"]
    assert lines[2].split() == ["read", "1.050", "1.000", "1.05"]


def test_a_job_runs_on_the_checkout_it_is_given() -> None:
    assert compare.seconds_in(ROOT, "import_polyseme") > 0


def test_another_polyseme_than_that_of_the_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="not what is in"):
        compare.seconds_in(tmp_path, "import_polyseme")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere has no src/polyseme"),
        ([str(ROOT), "--repeats", "0"], "--repeats is 0; it must be at least 1"),
        ([str(ROOT), "flying"], "no job 'flying'; there are import_polyseme"),
    ],
)
def test_arguments_out_of_range_are_named(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        compare.main(arguments)
    assert message in capsys.readouterr().err
