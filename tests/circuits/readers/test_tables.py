"""Tables of facts in any dress: delimiters, encodings, triples, JSON lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, problems, read
from polyseme.errors import PolysemeError, SourceError
from support.fact_tables import CAPITALS

TRIPLES = (
    "subject,relation,object\nBolivia,capital,Sucre\nBolivia,continent,America\n"
    "Bolivia,capital,La Paz\nPeru,capital,Lima\nPeru,continent,America\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to write into, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("tables")


def read_as(
    folder: Path, name: str, data: str | bytes, prefix: str = "", option: str = ""
) -> Circuit:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read(f"{prefix}{path}{option}")


def assert_same(one: Circuit, other: Circuit) -> None:
    assert one.features == other.features
    assert one.output_names == other.output_names
    for what in ("kinds", "fan_in", "fan_in_offsets", "outputs"):
        assert np.array_equal(getattr(one, what), getattr(other, what))


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_any_delimiter_is_found(folder: Path, sign: str, ending: str) -> None:
    plain = read_as(folder, "plain.csv", CAPITALS)
    assert_same(read_as(folder, f"t{ending}", CAPITALS.replace(",", sign)), plain)


@pytest.mark.parametrize(("sign", "name"), [(",", ","), (";", ";"), ("|", "|")])
def test_a_delimiter_can_be_named(folder: Path, sign: str, name: str) -> None:
    # Every line has each sign once, so nothing tells which one is meant.
    text = "a;b,c|d\n1;2,3|4\n"
    with pytest.raises(SourceError) as caught:
        read_as(folder, "t.csv", text)
    assert "line 1: ',' and ';' and '|' could each separate" in str(caught.value)
    assert "such as facts:" in str(caught.value)
    circuit = read_as(folder, "t.csv", text, "facts:", f":delimiter={name}")
    header, row = text.splitlines()
    assert list(circuit.features) == [row.split(sign)[0], header.split(sign)[1]]


def test_semicolons_with_commas_in_cells(folder: Path) -> None:
    text = "name;value\nx;1,5\ny;2,5\n"
    assert list(read_as(folder, "t.csv", text).output_names) == ["value=1,5", "value=2,5"]


def test_the_ending_tsv_decides_where_nothing_else_does(folder: Path) -> None:
    text = "last, first\tage\nA, B\t3\n"
    assert list(read_as(folder, "t.tsv", text).features) == ["A, B", "age"]
    with pytest.raises(SourceError, match=r"delimiter=tab"):
        read_as(folder, "t.csv", text)


UMLAUTS = "city,country\nMünchen,Österreich\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marked_encodings_are_found(folder: Path, encoding: str) -> None:
    assert_same(
        read_as(folder, "t.csv", UMLAUTS.encode(encoding)), read_as(folder, "u.csv", UMLAUTS)
    )


def test_utf_16_with_the_high_byte_first(folder: Path) -> None:
    data = b"\xfe\xff" + UMLAUTS.encode("utf-16-be")
    assert_same(read_as(folder, "t.csv", data), read_as(folder, "u.csv", UMLAUTS))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le", "utf-16-be"])
def test_other_encodings_are_named_and_the_message_says_how(folder: Path, encoding: str) -> None:
    data = UMLAUTS.encode(encoding)
    with pytest.raises(SourceError) as caught:
        read_as(folder, "t.csv", data)
    option = "latin-1" if encoding in ("latin-1", "cp1252") else "utf-16-le"
    assert str(caught.value).endswith(f"facts:{folder / 't.csv'}:encoding={option}")
    circuit = read_as(folder, "t.csv", data, "facts:", f":encoding={encoding}")
    assert_same(circuit, read_as(folder, "u.csv", UMLAUTS))


def test_both_options_in_either_order(folder: Path) -> None:
    data = UMLAUTS.replace(",", "|").encode("latin-1")
    plain = read_as(folder, "u.csv", UMLAUTS)
    for option in ("encoding=latin-1,delimiter=|", "delimiter=|,encoding=latin-1"):
        assert_same(read_as(folder, "t.csv", data, "facts:", f":{option}"), plain)
    comma = UMLAUTS.encode("latin-1")
    assert_same(read_as(folder, "t.csv", comma, "facts:", ":delimiter=,,encoding=latin-1"), plain)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("encoding=klingon", "encoding 'klingon' is not known; write utf-8"),
        ("encoding=hex", "encoding 'hex' is not known"),
        ("encoding=", "encoding '' is not known"),
        ("encoding=a\0b", "encoding 'a\\x00b' is not known"),
        ("encoding=utf-7", "encoding 'utf-7' is not known"),
        ("delimiter=x", "delimiter 'x' must be one of , ; tab |"),
        ("delimiter=", "delimiter '' must be one of"),
        ("delimiter=;,delimiter=;", "option 'delimiter' is given twice"),
        ("delimiter=;,colour=red", "option 'colour' is none of encoding, delimiter"),
        ("encoding=ascii", "line 2: not ascii"),
    ],
)
def test_an_option_that_is_none(folder: Path, option: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_as(folder, "t.csv", UMLAUTS, "facts:", f":{option}")
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_triples_with_several_objects(folder: Path) -> None:
    circuit = read_as(folder, "t.csv", TRIPLES)
    assert list(circuit.features) == ["Bolivia", "Peru", "capital", "continent"]
    assert list(circuit.output_names) == [
        "capital=Sucre", "continent=America", "capital=La Paz", "capital=Lima"
    ]  # fmt: skip
    # Both capitals are read from one AND.
    assert circuit.outputs[0] == circuit.outputs[2]
    assert_same(circuit, read_as(folder, "t.tsv", TRIPLES.replace(",", "\t")))
    mapping = {
        "Bolivia": {"capital": ["Sucre", "La Paz"], "continent": "America"},
        "Peru": {"capital": "Lima", "continent": "America"},
    }
    assert set(problems.facts(mapping).output_names) == set(circuit.output_names)


@pytest.mark.parametrize("header", ["Subject,PREDICATE,object", "object,subject,relation"])
def test_the_header_of_triples_in_any_order(folder: Path, header: str) -> None:
    cells = {"subject": "Peru", "predicate": "capital", "relation": "capital", "object": "Lima"}
    row = ",".join(cells[word.lower()] for word in header.split(","))
    circuit = read_as(folder, "t.csv", f"{header}\n{row}\n")
    assert list(circuit.output_names) == ["capital=Lima"]
    assert list(circuit.features) == ["Peru", "capital"]


def test_triples_named_by_the_source_need_no_header(folder: Path) -> None:
    body = TRIPLES.split("\n", 1)[1]
    assert_same(
        read_as(folder, "t.txt", body.replace(",", "\t"), "triples:"),
        read_as(folder, "t.csv", TRIPLES),
    )
    assert_same(read_as(folder, "t.txt", TRIPLES, "triples:"), read_as(folder, "t.csv", TRIPLES))


def test_json_lines_of_triples_and_of_tables(folder: Path) -> None:
    triples = (
        '{"subject": "Bolivia", "relation": "capital", "object": ["Sucre", "La Paz"]}\n\n'
        '{"object": "Lima", "relation": "capital", "subject": "Peru"}\n'
    )
    table = (
        '{"country": "Bolivia", "capital": ["Sucre", "La Paz"]}\n'
        '{"country": "Peru", "capital": "Lima"}'
    )
    one, other = read_as(folder, "t.jsonl", triples), read_as(folder, "u.jsonl", table)
    assert_same(one, other)
    assert list(one.output_names) == ["capital=Sucre", "capital=La Paz", "capital=Lima"]


def test_values_of_json_lines(folder: Path) -> None:
    text = '{"s": "a", "r": 3, "t": null}\n{"s": "b", "t": 1.5, "u": true}\n'
    circuit = read_as(folder, "t.jsonl", text)
    assert list(circuit.output_names) == ["r=3", "t=1.5", "u=True"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.csv", "subject,relation,object\na,b\n", "line 2: 2 cells where a triple has 3"),
        ("t.csv", "subject,relation,object\na,b,c\na,b,c\n", "line 3: fact 'a', 'b', 'c' is given"),
        ("t.csv", "subject,relation,object\na,b,\n", "line 2: empty object"),
        ("t.csv", "subject,relation,object\n,b,c\n", "line 2: empty subject"),
        ("t.csv", "subject,relation,object\na,,c\n", "line 2: empty relation"),
        ("t.csv", "subject,relation,object\na,a,c\n", "line 2: relation 'a' is also the name of a"),
        (
            "t.csv",
            "subject,relation,object\na,b,c\nb,d,e\n",
            "line 3: subject 'b' is also the name",
        ),
        ("t.csv", "subject,relation,object\na,b=c,d\n", "line 2: relation 'b=c' must not contain"),
        ("t.csv", "subject,relation,object\n", "no fact; fill at least one cell"),
        ("t.jsonl", "", "the file is empty; a line is a JSON object"),
        ("t.jsonl", "{", "line 1: not well-formed JSON"),
        ("t.jsonl", "[1]", "line 1: a line must be a JSON object with the subject first"),
        ("t.jsonl", "{}", "line 1: a line must be a JSON object with the subject first"),
        ("t.jsonl", '{"s": "a", "s": "b"}', "line 1: a key is given twice in one object"),
        ("t.jsonl", '{"s": "a", "r": "b"}\n{"r": "b"}', "line 2: no 's', which the first line"),
        ("t.jsonl", '{"s": ["a", "b"], "r": "c"}', "line 1: 's' is a list; it must be one text"),
        ("t.jsonl", '{"s": "a", "r": {"b": 1}}', "line 1: object {'b': 1} must be text, a number"),
        ("t.jsonl", '{"s": "a", "r": ["b", "b"]}', "line 1: object 'b' of 'r' is given twice"),
        ("t.jsonl", '{"s": "a"}', "no relation; name at least one beside the subject"),
        ("t.jsonl", '{"s": "a", "r": ' + "[" * 100_000, "line 1: nested too deeply"),
        ("t.jsonl", '{"s": "a", "r": ' + "1" * 5000 + "}", "line 1: "),
        (
            "t.jsonl",
            '{"subject": "a", "relation": "r", "object": null}',
            "line 1: empty object",
        ),
        (
            "t.jsonl",
            '{"subject": "a", "relation": "r", "object": "b"}\n{"subject": "c"}',
            "line 2: the keys of a triple are subject, relation, object",
        ),
    ],
)
def test_broken_triples_are_told_line_and_rule(
    folder: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read_as(folder, name, text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(folder))
    assert len(str(caught.value).splitlines()) == 1


@given(
    st.sampled_from(["t.csv", "t.tsv", "t.jsonl", "triples"]),
    st.one_of(
        st.binary(max_size=60),
        st.lists(
            st.sampled_from(
                ["a", "b,", ";", "\t", "|", '"', "\n", "{", "}", ":", "[", "]", "1", "="]
            )
        ).map(lambda pieces: "".join(pieces).encode()),
        st.lists(st.sampled_from(['{"s":"a"', ',"r":', "1", '"b"', "[", "]", "}", "\n"])).map(
            lambda pieces: "".join(pieces).encode()
        ),
    ),
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_circuit_or_one_line(folder: Path, name: str, data: bytes) -> None:
    outcome: Circuit | str
    try:
        outcome = read_as(folder, name, data, "triples:" if name == "triples" else "")
    except PolysemeError as error:
        outcome = str(error)
    assert outcome.gates > 0 if isinstance(outcome, Circuit) else len(outcome.splitlines()) == 1
