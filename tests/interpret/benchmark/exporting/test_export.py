"""Networks as a folder for Hugging Face: what is in it, that it is whole, what is refused."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
import yaml

import polyseme as ps
from polyseme.interpret.benchmark.exporting import export as export_module
from polyseme.interpret.benchmark.exporting.croissant import CONFORMS_TO
from polyseme.interpret.benchmark.exporting.facts import COLUMNS
from polyseme.interpret.benchmark.exporting.huggingface import size_category
from polyseme.interpret.benchmark.suite.building import hash_of
from polyseme.networks.saving.files import network_pieces
from support.small_networks import network_of


@pytest.fixture(scope="module")
def networks():
    return {"pairs": network_of("pairwise"), "Deep-1.5": compiled("y = a & b & ~c; z = y | c")}


def compiled(source: str) -> ps.Network:
    return ps.compile(ps.read(source), construction="monosemantic")


@pytest.fixture(scope="module")
def folder(networks, tmp_path_factory):
    return ps.export_suite(
        networks, tmp_path_factory.mktemp("sets") / "set", licence="cc-by-4.0", title='A "set": #1'
    )


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_networks_and_keys_load_and_belong_together(folder, networks, tmp_path):
    for name, network in networks.items():
        own = folder / "networks" / name
        found = ps.load(own / "network.safetensors", key=own / "key.safetensors")
        inputs = network.sample("uniform", 50)
        assert np.array_equal(found.run(inputs), network.run(inputs))
        assert found.key.belongs_to(network)
        # The file is that of the network by itself.
        content = (own / "network.safetensors").read_bytes()
        assert content == b"".join(network_pieces(network))
        network.save(tmp_path / "alone.safetensors")
        alone = (tmp_path / "alone.safetensors").read_bytes()
        assert (own / "network.safetensors").read_bytes() == alone


def test_a_key_of_another_network_of_the_folder_is_refused(folder):
    with pytest.raises(ps.FileFormatError, match="is not the answer key"):
        ps.load(
            folder / "networks" / "pairs" / "network.safetensors",
            key=folder / "networks" / "Deep-1.5" / "key.safetensors",
        )


def test_the_table_says_what_is_there(folder, networks):
    rows = list(csv.DictReader(files_of(folder)["networks.csv"].decode().splitlines()))
    assert [row["name"] for row in rows] == sorted(networks)
    files = files_of(folder)
    for row in rows:
        network = networks[row["name"]]
        assert list(row) == list(COLUMNS)
        assert int(row["relus"]) == network.neurons_total
        assert row["content_sha256"] == hash_of(network)
        assert int(row["features"]) == len(network.encoder.features)
        for what in ("network", "key"):
            assert sha256(files[row[f"{what}_file"]]).hexdigest() == row[f"{what}_sha256"]
        card = json.loads(files[f"networks/{row['name']}/card.json"])
        assert card.pop("card") == network.card()
        assert {column: str(fact) for column, fact in card.items()} == row


def test_the_header_of_the_page_is_what_hugging_face_reads(folder):
    page = (folder / "README.md").read_text(encoding="utf-8")
    _, header, body = page.split("---\n", 2)
    assert yaml.safe_load(header) == {
        "license": "cc-by-4.0",
        "pretty_name": 'A "set": #1',
        "size_categories": ["n<1K"],
        "tags": ["interpretability", "superposition", "polyseme"],
        "configs": [{"config_name": "networks", "default": True, "data_files": "networks.csv"}],
    }
    assert "| pairs | " in body


def test_its_python_runs(folder, monkeypatch):
    monkeypatch.chdir(folder)
    page = (folder / "README.md").read_text(encoding="utf-8")
    exec(page.split("```python\n")[1].split("```")[0], {})


# What the specification of Croissant 1.0 asks for. `tests/other_tools` asks its own checker.
def test_the_croissant_file_has_the_hash_of_every_other_file(folder):
    described = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
    assert described["conformsTo"] == CONFORMS_TO
    assert described["@type"] == "sc:Dataset"
    assert {"@context", "name", "description", "license", "creator", "version"} < set(described)
    files = files_of(folder)
    del files["croissant.json"]
    objects = {one["@id"]: one for one in described["distribution"]}
    assert len(objects) == len(described["distribution"])
    assert set(objects) == set(files)
    for path, content in files.items():
        found = objects[path]
        assert found["@type"] == "cr:FileObject"
        assert found["contentUrl"] == found["name"] == path
        assert found["sha256"] == sha256(content).hexdigest()
        assert found["contentSize"] == f"{len(content)} B"
        assert "/" in found["encodingFormat"]
    (records,) = described["recordSet"]
    table = files["networks.csv"].decode().splitlines()
    assert [one["source"]["extract"]["column"] for one in records["field"]] == table[0].split(",")
    rows = list(csv.DictReader(table))
    for one in records["field"]:
        assert one["source"]["fileObject"]["@id"] in objects
        column = one["source"]["extract"]["column"]
        whole = all(row[column].isdecimal() for row in rows)
        assert one["dataType"] == ("sc:Integer" if whole else "sc:Text")
    assert records["key"]["@id"] in {one["@id"] for one in records["field"]}


def test_the_same_networks_make_the_same_bytes(folder, networks, tmp_path):
    backwards = dict(reversed(networks.items()))
    again = ps.export_suite(backwards, tmp_path / "again", licence="cc-by-4.0", title='A "set": #1')
    assert files_of(again) == files_of(folder)


def test_a_suite_is_had_by_name_without_its_control(tmp_path, monkeypatch, networks):
    monkeypatch.setattr(export_module, "load", lambda name: networks["pairs"])
    place = ps.export_suite("core", tmp_path / "core")
    names = sorted(path.name for path in (place / "networks").iterdir())
    assert "and2-200-load1" in names
    assert not any("+" in name or "random" in name for name in names)
    assert "\nlicense: mit\n" in (place / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"networks": {}}, "networks is empty"),
        ({"networks": "smal"}, "did you mean"),
        ({"networks": 7}, "networks by name, or the name of a suite"),
        ({"networks": {"a/b": "pairs"}}, "'a/b'; it must be 1 to 100 letters"),
        ({"networks": {"..": "pairs"}}, "begin with a letter or digit"),
        ({"networks": {"a": "pairs", "A": "pairs"}}, "differ in capitals alone"),
        ({"networks": {"bare": "bare"}}, "bare has no answer key"),
        ({"networks": {"a": 3}}, "must be a network"),
        ({"licence": "MIT"}, "licence is 'MIT'; it must be one of"),
        ({"title": "two\nlines"}, "title is"),
        ({"folder": 7}, "folder"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_left(changed, rule, networks, tmp_path):
    known = {**networks, "bare": replace(networks["pairs"], key=None)}
    given = changed.get("networks", networks)
    if isinstance(given, dict):
        given = {
            name: known.get(one, one) if isinstance(one, str) else one
            for name, one in given.items()
        }
    arguments = {"folder": tmp_path / "set"} | changed | {"networks": given}
    with pytest.raises(ps.OptionError, match=rule):
        ps.export_suite(**arguments)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_refused(folder, networks):
    before = files_of(folder)
    with pytest.raises(ps.PolysemeError, match="is there already; name a folder that is not"):
        ps.export_suite(networks, folder)
    assert files_of(folder) == before


def test_a_failure_in_the_middle_leaves_nothing(networks, tmp_path, monkeypatch):
    def fail(*_):
        raise ps.PolysemeError("no room")

    monkeypatch.setattr(export_module, "croissant", fail)
    with pytest.raises(ps.PolysemeError, match="no room"):
        ps.export_suite(networks, tmp_path / "set")
    assert not list(tmp_path.iterdir())


def test_sizes_are_those_of_hugging_face():
    sizes = [size_category(rows) for rows in (1, 999, 1000, 9_999, 10_000, 99_999, 100_000)]
    assert sizes == ["n<1K"] * 2 + ["1K<n<10K"] * 2 + ["10K<n<100K"] * 2 + ["100K<n<1M"]
