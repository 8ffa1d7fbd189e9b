"""Metadata of network files: one type per value, and a line for every fault."""

from __future__ import annotations

import json

import pytest

from polyseme.networks.saving.files import load
from support.saved_files import (
    assert_refused,
    file_of,
    metadata_of,
    parts_of,
    sealed,
    valid_file,
    with_metadata,
)
from support.small_networks import network_of


@pytest.mark.parametrize("kind", ["deep", "key"])
def test_metadata_is_one_entry_in_sorted_order(kind):
    header, _ = parts_of(valid_file(kind))
    assert header["__metadata__"] == {"polyseme": json.dumps(metadata_of(header), sort_keys=True)}


METADATA_FAULTS: list[tuple[str, object, str]] = [
    ("version", 7, "is of version 7; this polyseme reads 6"),
    ("version", 6, "is of version 6; weights of whole numbers need version 5"),
    ("version", 3, "is of version 3, written by an older polyseme; this one reads 5: compile"),
    ("version", True, "is of version True"),
    ("version", None, "is of version None"),
    ("format", "polyseme-other", "is not a polyseme-network file"),
    ("dimensions", 13, "layer 0 reads 12 numbers but gets 13"),
    ("dimensions", 12.0, "metadata 'dimensions' must be a whole number"),
    ("dimensions", float("nan"), "metadata 'dimensions' must be a whole number"),
    ("dimensions", True, "metadata 'dimensions' must be a whole number"),
    ("dimensions", 0, "metadata 'dimensions' must be 1 to"),
    ("dimensions", 10**30, "metadata 'dimensions' must be 1 to"),
    ("squared", [False], "1 entries of 'squared' for 3 scales"),
    ("squared", [0, 0, 0], "metadata 'squared' must be a list of true and false"),
    ("squared", "no", "metadata 'squared' must be a list of true and false"),
    ("scales", [], "3 caps for 0 scales"),
    ("scales", [1.0] * 4, "3 caps for 4 scales"),
    ("caps", [0], "1 caps for 3 scales"),
    ("caps", [0.0] * 3, "metadata 'caps' must be a list of whole numbers"),
    ("caps", [True] * 3, "metadata 'caps' must be a list of whole numbers"),
    ("caps", "000", "metadata 'caps' must be a list of whole numbers"),
    ("caps", [0, -1, 0], "cap -1 is not a whole number from 1 to 16777215"),
    ("caps", [0, 2**24, 0], "cap 16777216 is not a whole number"),
    ("caps", [0, 10**30, 0], "is not a whole number from 1"),
    ("scales", [0.3, 1.0, 1.0], "scale 0.3 is not a power of two"),
    ("scales", [10**400, 1.0, 1.0], "too large"),
    ("scales", "111", "metadata 'scales' must be a list of numbers"),
    ("scales", ["1", "1", "1"], "metadata 'scales' must be a list of numbers"),
    ("features", 25, "metadata 'features' must be a JSON object"),
    ("features", {"prefix": "x", "count": 24}, "24 names for 25 codes"),
    ("features", {"prefix": "x", "count": "25"}, "metadata 'count' must be a whole number"),
    ("features", {"prefix": "x", "count": 10**30}, "metadata 'count' must be 1 to"),
    ("features", {"prefix": "x", "count": -1}, "metadata 'count' must be a whole number"),
    ("features", {"prefix": "\n", "count": 25}, "metadata 'prefix' must be a line of printable"),
    ("features", {"prefix": "\ud800", "count": 25}, "metadata 'prefix' must be a line of print"),
    ("features", {"prefix": ["x"], "count": 25}, "metadata 'prefix' must be a line of printable"),
    ("features", {"prefix": "x" * 1001, "count": 25}, "printable characters"),
    ("features", {"count": 25}, "'names.features' is missing"),
    ("features", {"prefix": "x"}, "'count' is missing"),
    ("provenance", {}, "'channels' is missing"),
    ("provenance", [], "metadata 'provenance' must be a JSON object"),
]


@pytest.mark.parametrize(("name", "value", "rule"), METADATA_FAULTS)
def test_wrong_metadata_is_named(name, value, rule, tmp_path):
    header, body = parts_of(valid_file("deep"))
    metadata = {**metadata_of(header), name: value}
    assert_refused(load, tmp_path, file_of(with_metadata(header, json.dumps(metadata)), body), rule)


@pytest.mark.parametrize(
    ("name", "value"),
    [("active", "3"), ("seed", -1), ("gates", 1.5), ("note", "a\nb"), ("source", None)],
)
def test_wrong_provenance_is_named(name, value, tmp_path):
    header, body = parts_of(valid_file("deep"))
    metadata = metadata_of(header)
    metadata["provenance"][name] = value
    content = file_of(with_metadata(header, json.dumps(metadata)), body)
    assert_refused(load, tmp_path, content, f"metadata '{name}' must be")
    del metadata["provenance"][name]
    content = file_of(with_metadata(header, json.dumps(metadata)), body)
    assert_refused(load, tmp_path, content, f"'{name}' is missing")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"version": ' + "1" * 5000 + "}"])
def test_metadata_that_is_no_object_is_refused(text, tmp_path):
    header, body = parts_of(valid_file("deep"))
    rule = "not a safetensors file|must be a JSON object"
    assert_refused(load, tmp_path, file_of(with_metadata(header, text), body), rule)


def test_metadata_unknown_to_this_version_is_ignored(tmp_path):
    header, body = parts_of(valid_file("deep"))
    metadata = metadata_of(header) | {"later": [1]}
    metadata["provenance"]["later"] = 1
    content = file_of(with_metadata(header, json.dumps(metadata)), body)
    (tmp_path / "net").write_bytes(sealed(content))
    assert load(tmp_path / "net").provenance == network_of("deep").provenance
