"""Names: listed or numbered, their positions, and what is no name."""

from __future__ import annotations

import pytest

import polyseme as ps
from polyseme.circuits import (
    Names,
)
from polyseme.circuits.names import MAX_NAME_LENGTH
from polyseme.errors import OptionError, SourceError

NUMBERED = Names(prefix="x", count=12)


def test_numbered_names_are_the_listed_ones() -> None:
    listed = Names([f"x{number}" for number in range(12)])
    assert list(NUMBERED) == list(listed)
    assert listed == NUMBERED
    assert hash(listed) == hash(NUMBERED)
    assert Names(prefix="x", count=11) != NUMBERED
    assert Names(prefix="y", count=12) != NUMBERED
    assert list(listed) != NUMBERED
    assert (NUMBERED[0], NUMBERED[-1], NUMBERED[2:4]) == ("x0", "x11", ["x2", "x3"])
    with pytest.raises(IndexError):
        NUMBERED[12]


@pytest.mark.parametrize("names", [NUMBERED, Names(list(NUMBERED))])
def test_positions_of_names(names: Names) -> None:
    assert [names.position(name) for name in names] == list(range(12))
    for absent in ("x12", "x05", "x-1", "x", "", "y5", "x٣", "x5 ", "x" + "9" * 5000):
        with pytest.raises(SourceError, match="is not defined"):
            names.position(absent)
    with pytest.raises(SourceError, match="feature 'X3' is not defined; did you mean 'x3'"):
        names.position("X3")


def test_numbered_names_cost_nothing_to_look_up() -> None:
    assert Names(prefix="x", count=10**9).position("x987654321") == 987654321


@pytest.mark.parametrize("name", ["", "a\nb", "\x00", "a" * (MAX_NAME_LENGTH + 1), "\ud800"])
def test_names_unfit_for_messages_are_refused(name: str) -> None:
    with pytest.raises(SourceError, match="must be 1 to 1000 printable characters"):
        Names(["fine", name])
    if name:
        with pytest.raises(SourceError, match="must be 1 to 1000 printable characters"):
            Names(prefix=name, count=1)


def test_names_are_distinct_and_not_fewer_than_none() -> None:
    assert len(Names(["a" * MAX_NAME_LENGTH, "b"])) == 2
    assert len(Names([])) == 0
    with pytest.raises(SourceError, match="name 'b' is used twice"):
        Names(["b", "a", "b"])
    with pytest.raises(OptionError, match="count is -1; it must be"):
        Names(prefix="x", count=-1)


def test_numbered_names_are_suggested_by_number_and_range():
    names = Names(prefix="x", count=20)
    with pytest.raises(SourceError, match="'feature7' is not defined; did you mean 'x7'"):
        names.position("feature7")
    with pytest.raises(SourceError, match=r"'x20' is not defined; they are x0 to x19$"):
        names.position("x20")
    with pytest.raises(SourceError, match=r"is not defined$"):
        Names(prefix="x").position("x0")


def test_finding_a_name_says_where_it_is_or_nothing():
    asked = ("x0", "x2", "x3", "y", "")
    for names in (Names(prefix="x", count=3), Names(["x0", "x1", "x2"])):
        assert [names.find(name) for name in asked] == [0, 2, None, None, None]


SHORT, LONG = "Jos\u00e9", "Jose\u0301"


def test_a_name_has_one_spelling_and_is_found_in_any() -> None:
    names = Names([LONG, "b"])
    assert list(names) == [SHORT, "b"]
    assert names.position(SHORT) == names.position(LONG) == 0
    assert LONG in names
    assert list(Names(prefix=LONG, count=1)) == [f"{SHORT}0"]
    assert Names(prefix=SHORT, count=3).position(f"{LONG}2") == 2
    with pytest.raises(SourceError, match="is used twice"):
        Names([SHORT, LONG])


@pytest.mark.parametrize(
    ("source", "features"),
    [
        ("t.csv", "who,city\n{0},a\n{1},b\n"),
        ("t.jsonl", '{{"who": "{0}", "city": "a"}}\n{{"who": "{2}", "city": "b"}}\n'),
    ],
)
def test_a_table_holds_a_subject_once_in_whatever_spelling(source, features, tmp_path) -> None:
    written = tmp_path / source
    written.write_text(features.format(SHORT, LONG, "Jose\\u0301"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"is given twice|is named twice"):
        ps.read(str(written))


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("t.eqn", "y = {0} & b;\nz = {1} | b;\n"),
        (
            "t.bench",
            "INPUT({0})\nINPUT(b)\nOUTPUT(y)\ny = AND({1}, b)\n",
        ),
        ("t.blif", ".model m\n.inputs {0} b\n.outputs y\n.names {1} b y\n11 1\n.end\n"),
        (
            "t.json",
            '{{"format": "polyseme-circuit", "version": 1, "features": ["{0}", "b"], "gates": '
            '{{"{2}x": ["and", "{2}", "b"]}}, "outputs": [{{"name": "y", "wire": "{1}x"}}]}}',
        ),
    ],
)
def test_logic_has_one_signal_in_whatever_spelling(source, written, tmp_path) -> None:
    path = tmp_path / source
    path.write_text(written.format(SHORT, LONG, "Jose\\u0301"), encoding="utf-8")
    assert list(ps.read(str(path)).features) == [SHORT, "b"]


def test_expressions_facts_and_tables_of_python_have_one_spelling() -> None:
    assert list(ps.read(f"y = {SHORT} & b | ~{LONG}").features) == [SHORT, "b"]
    table = ps.problems.facts({LONG: {"cit\u00e9": "x"}, "b": {"cite\u0301": LONG}})
    assert list(table.features) == [SHORT, "b", "cit\u00e9"]
    assert list(table.output_names) == ["cit\u00e9=x", f"cit\u00e9={SHORT}"]
    with pytest.raises(SourceError, match="two spellings"):
        ps.problems.facts({"a": {SHORT: "x", LONG: "y"}})
    truth = ps.truth_table([{LONG: 1, "y": 1}, {LONG: 0, "y": 0}], [SHORT], ["y"])
    assert list(truth.features) == [SHORT]


def test_a_network_is_asked_in_any_spelling_and_counts_a_feature_once() -> None:
    network = ps.compile(ps.read(f"Y\u0301 = {SHORT} & b"), active=2)
    assert network.run([LONG, "b"]) == network.run([SHORT, LONG, "b"]) == ["\u00dd"]
    assert network.key is not None
    assert list(network.key.neurons_of("Y\u0301")) == list(network.key.neurons_of("\u00dd"))


def test_names_of_emoji_and_persian_live_as_long_as_others(tmp_path) -> None:
    family, persian = "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0645\u06cc\u200c\u062e\u0648"
    (tmp_path / "t.csv").write_text(
        f"who,where\n{family},{persian}\n10\xa0km,far\n", encoding="utf-8"
    )
    network = ps.compile(ps.read(str(tmp_path / "t.csv")))
    network.save(tmp_path / "net.safetensors")
    loaded = ps.load(tmp_path / "net.safetensors")
    assert loaded.run([family, "where"]) == [f"where={persian}"]
    assert loaded.run(["10\xa0km", "where"]) == ["where=far"]


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\x1b", "\u200e"])
def test_what_steers_a_terminal_is_in_no_name(sign: str, tmp_path) -> None:
    (tmp_path / "t.csv").write_text(f"who,where\na{sign}b,c\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"line 2.*printable") as refused:
        ps.read(str(tmp_path / "t.csv"))
    assert str(refused.value).isprintable()
