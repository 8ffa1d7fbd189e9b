"""Hypothesis' corruptions of files: refused in one line or loaded, and what loads runs."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.errors import CapacityError, FileFormatError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
from support.saved_files import (
    FUZZED,
    TYPES,
    file_of,
    metadata_of,
    packed,
    parts_of,
    reader_of,
    sealed,
    tensors_of,
    valid_file,
    with_metadata,
)
from support.small_networks import network_of, superposed_network


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("corrupt") / "file.safetensors"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bytes_are_refused_or_load(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    content = bytearray(valid_file(kind))
    # Half of the flips in the header, where one byte can mean most.
    head = 8 + int.from_bytes(content[:8], "little")
    places = st.integers(0, len(content) - 1) | st.integers(0, head - 1)
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1)):
        content[place] = byte
    assert_refused_or_runs(kind, scratch, bytes(content))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_cut_joined_and_foreign_bytes_are_refused_or_load(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    content = valid_file(kind)
    cut = data.draw(st.integers(0, len(content)))
    junk = data.draw(st.binary(max_size=200))
    rest = data.draw(st.sampled_from((b"", content[cut:], content[cut + 1 :], content)))
    assert_refused_or_runs(kind, scratch, content[:cut] + junk + rest)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_wrong_headers_are_refused_or_load(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    header, body = parts_of(valid_file(kind))
    name = data.draw(st.sampled_from([each for each in header if each != "__metadata__"]))
    sizes = st.integers(0, 2**64) | st.integers(0, 50)
    for entry in data.draw(
        st.lists(st.sampled_from(("dtype", "shape", "data_offsets")), min_size=1)
    ):
        header[name][entry] = data.draw(
            {
                "dtype": st.sampled_from(
                    (*TYPES, "BF16", "BOOL", "F8_E4M3", "F8_E5M2", "F4", "C64")
                ),
                "shape": st.lists(sizes, max_size=4) | st.permutations(header[name]["shape"]),
                "data_offsets": st.lists(sizes, min_size=2, max_size=2),
            }[entry]
        )
    assert_refused_or_runs(kind, scratch, file_of(header, body))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_wrong_metadata_is_refused_or_loads(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    header, body = parts_of(valid_file(kind))
    metadata = metadata_of(header)
    inner = [each for each in metadata.values() if isinstance(each, dict)]
    target = data.draw(st.sampled_from([metadata, *inner]))
    name = data.draw(st.sampled_from(sorted(target)))
    values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    target[name] = data.draw(
        values
        | st.lists(values, max_size=4)
        | st.dictionaries(st.sampled_from(("count", "prefix", "own")), values, max_size=3)
    )
    assert_refused_or_runs(
        kind, scratch, file_of(with_metadata(header, json.dumps(metadata)), body)
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_wrong_tensors_are_refused_or_load(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    header, body = parts_of(valid_file(kind))
    tensors = tensors_of(header, body)
    name = data.draw(st.sampled_from(sorted(tensors)))
    tensor = tensors[name]
    if data.draw(st.booleans()) and tensor.size:
        limits = np.iinfo(tensor.dtype) if tensor.dtype.kind != "f" else None
        values = st.integers(int(limits.min), int(limits.max)) if limits else st.floats(width=32)
        near = st.integers(0 if limits is None or not limits.min else -2, 30)
        place = data.draw(st.integers(0, tensor.size - 1))
        tensor.reshape(-1)[place] = data.draw(values | near)
    else:
        shape = data.draw(st.lists(st.integers(0, 6), max_size=3))
        dtype = TYPES[data.draw(st.sampled_from(sorted(TYPES)))]
        tensors[name] = np.ones(shape, dtype)
    assert_refused_or_runs(kind, scratch, packed(tensors, json.dumps(metadata_of(header))))


def assert_refused_or_runs(kind: str, path: Path, content: bytes) -> None:
    # With a digest that is right: what is damaged is refused by that alone.
    path.write_bytes(sealed(content))
    try:
        loaded = reader_of(kind)(path)
    except FileFormatError as error:
        message = str(error)
    else:
        _check_usable(loaded)
        return
    assert len(message.splitlines()) == 1
    assert message.startswith(f"{path}: ")


def _check_usable(loaded: object) -> None:
    if isinstance(loaded, Network):
        rows = np.array([[-1, -1], [0, len(loaded.encoder.features) - 1]], np.int32)
        assert loaded.parameters > 0
        # Sums beyond float32 are refused when they are met.
        with suppress(CapacityError):
            assert outputs_on(loaded, rows).shape == (2, len(loaded.readout.outputs))
            assert json.dumps(loaded.run([loaded.encoder.features[0]]))
        return
    assert isinstance(loaded, AnswerKey)
    for network in (network_of("facts"), superposed_network(300), superposed_network(10_000)):
        assert loaded.belongs_to(network) in (True, False)
    for number, layer in enumerate(loaded.layers):
        assert loaded.describe(len(layer.wires) - 1, number)
        assert len(loaded.columns_of(0, number)) <= len(layer.wires)
