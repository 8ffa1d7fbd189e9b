"""`polyseme reproduce`: what the command prints, and its figures against slow, obvious versions."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace

import pytest

from polyseme.cli.commands import reproduce as command
from polyseme.cli.main import main
from polyseme.errors import OptionError
from polyseme.reproduce import (
    reed_solomon,
)
from polyseme.reproduce.catalogue import CATALOGUE, Figure
from polyseme.reproduce.report import markdown, summary
from polyseme.reproduce.row import Row, at_least, at_most, equal, explained, fitted

KEY = "adler2024complexity"


PLACE = "theorem 1"


FIELDS = {
    "source",
    "locator",
    "kind",
    "statement",
    "stated",
    "ours",
    "agrees",
    "samples",
    "tolerance",
    "note",
    "explanation",
    "explained",
}


def call(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["reproduce", *arguments])
    return status, out.getvalue(), err.getvalue()


def stated(value: float, ours: float, statement: str = "", key: str = KEY) -> Row:
    return equal(key, statement, value, ours, locator=PLACE)


def figure(rows: list[Row]) -> Figure:
    return Figure("linear-floors", "What is compared.", lambda seed, note: rows)


@pytest.mark.parametrize(
    ("compare", "ours", "agrees"),
    [
        (equal, 1.1, True),
        (equal, 0.9, True),
        (equal, 1.11, False),
        (equal, 0.8, False),
        (at_most, 1.1, True),
        (at_most, -5, True),
        (at_most, 1.2, False),
        (at_least, 0.9, True),
        (at_least, 7, True),
        (at_least, 0.8, False),
        (equal, float("nan"), False),
    ],
)
def test_rows_agree_within_their_tolerance(compare, ours, agrees) -> None:
    row = compare(KEY, "a statement", 1, ours, locator=PLACE, tolerance=0.1 + 1e-12)
    assert row.agrees == row.explained == agrees
    assert (row.source, row.locator) == ("Adler, Shavit 2024", PLACE)


@pytest.mark.parametrize("locator", ["", " ", "\n"])
def test_a_row_without_a_locator_is_refused(locator: str) -> None:
    for compare in (equal, at_most, at_least):
        with pytest.raises(OptionError, match="must name a place in Adler, Shavit 2024"):
            compare(KEY, "a statement", 1, 1, locator=locator)


def test_a_row_is_published_ours_or_a_fit() -> None:
    published, ours = stated(1, 1), equal("polyseme", "", 1, 1, locator="this section")
    assert [row.kind for row in (published, ours, fitted(published))] == [
        "published",
        "ours",
        "fit",
    ]
    with pytest.raises(OptionError, match="kind 'told' must be one of published, ours, fit"):
        replace(published, kind="told")


def test_only_a_disagreement_with_evidence_is_explained() -> None:
    wrong, right = stated(1, 2), stated(1, 1)
    assert explained(wrong, "why", evidence=True).explained
    assert not explained(wrong, "why", evidence=False).explained
    assert explained(right, "why", evidence=True).explanation == ""


def test_json_is_one_object_of_all_fields() -> None:
    status, out, _ = call("--only", "trained-universal-and", "--json")
    assert (status, out.count("\n")) == (0, 1)
    rows = json.loads(out, parse_constant=pytest.fail)["rows"]
    assert len(rows) == 20
    assert all(set(row) == FIELDS for row in rows)
    assert all(row["agrees"] and row["kind"] == "fit" for row in rows)


def test_the_same_seed_prints_the_same_and_another_one_does_not(monkeypatch) -> None:
    monkeypatch.setattr(reed_solomon, "SIZES", reed_solomon.SIZES[:1])
    monkeypatch.setattr(reed_solomon, "DRAWS", 100)
    arguments = ("--only", "reed-solomon", "--json", "--seed")
    one, again, other = (call(*arguments, seed)[1] for seed in ("3", "3", "4"))
    assert one == again != other


def test_tables_name_every_row_and_count_them(monkeypatch) -> None:
    rows = [
        stated(1, 1, "right [bold]"),
        explained(stated(1, 2, "off"), "the [red]reason", evidence=True),
    ]
    monkeypatch.setitem(CATALOGUE, "linear-floors", figure(rows))
    status, out, _ = call("--only", "linear-floors")
    assert status == 0
    assert "right [bold]" in out
    assert out.count(PLACE) == 2
    assert "disagrees: the [red]reason" in out
    assert out.endswith(
        "2 published values: 1 agree, 1 disagree and are explained, 0 disagree without "
        "explanation\n"
    )


def test_only_published_values_are_counted_among_those_that_agree() -> None:
    rows = [stated(1, 1), stated(1, 1, key="polyseme"), fitted(stated(1, 1)), fitted(stated(2, 2))]
    assert summary(rows) == (
        "1 published values: 1 agree, 0 disagree and are explained, 0 disagree without "
        "explanation; 1 statements of ours: all agree; 2 fits to a published table: all agree"
    )
    off = stated(1, 2, key="polyseme")
    assert "1 statements of ours: 0 agree, 0 disagree and are explained, 1" in summary([off])


def test_a_disagreement_without_explanation_fails(monkeypatch, tmp_path) -> None:
    rows = [stated(1, 1, "right"), stated(1, 2, "off | by far")]
    monkeypatch.setitem(CATALOGUE, "linear-floors", figure(rows))
    page = tmp_path / "page.md"
    status, out, _ = call("--only", "linear-floors", "--write", str(page), "--json")
    assert status == 1
    assert [row["explained"] for row in json.loads(out)["rows"]] == [True, False]
    assert "off \\| by far" in page.read_text()


def test_without_a_name_every_figure_is_computed(monkeypatch) -> None:
    seen = []
    for name in list(CATALOGUE):
        one = replace(
            figure([]), name=name, rows=lambda seed, note, name=name: seen.append(name) or []
        )
        monkeypatch.setitem(CATALOGUE, name, one)
    assert call("--json") == (0, '{"rows": []}\n', "")
    assert seen == list(CATALOGUE)


@pytest.mark.parametrize(
    "name",
    ["", "scalin", "SCALING", "scaling ", "../x", "a\nb", "[bold]", "x" * 5000, "\x1b[31m", "é"],
)
def test_an_unknown_name_is_refused_in_one_line(name) -> None:
    status, out, err = call("--only", name)
    assert (status, out) == (2, "")
    assert err.startswith("polyseme: ")
    assert err.count("\n") == 1
    assert err.rstrip("\n").isprintable()
    assert "must be one of linear-floors, threshold-recovery" in err
    assert len(err) < 500


@pytest.mark.parametrize("seed", ["-1", "x", "1.5", "9" * 30])
def test_a_bad_seed_is_refused(seed) -> None:
    assert call("--only", "scaling", f"--seed={seed}")[0] == 2


def test_a_page_that_cannot_be_written_is_refused(tmp_path) -> None:
    status, _, err = call("--only", "trained-universal-and", "--write", str(tmp_path / "no" / "x"))
    assert (status, err.count("polyseme: ")) == (2, 1)
    assert "cannot be written" in err


def test_a_page_has_every_row_once_and_its_notes() -> None:
    rows = CATALOGUE["trained-universal-and"].rows(0, lambda line: None)
    page = markdown({"trained-universal-and": rows}, 0)
    assert all(page.count(f"| {row.statement} |") == 1 for row in rows)
    assert page.count("Newgas 2025, *Compressed") == 1
    assert page.count("- rows 1, 2,") == 1
    assert page.count(f"| {rows[0].locator} |") == len(rows) == 20


def test_command_and_catalogue_share_their_names() -> None:
    assert command.CATALOGUE is CATALOGUE
    assert all(figure.name == name and figure.about for name, figure in CATALOGUE.items())
