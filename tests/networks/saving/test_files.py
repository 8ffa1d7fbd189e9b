"""Files of networks and keys: round trips, the same bytes anywhere, and refusal of all else."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.compiler.compile import compile
from polyseme.errors import FileFormatError, PolysemeError
from polyseme.networks.answer_key import CHANNELS, AnswerKey
from polyseme.networks.deep_key import DeepKey
from polyseme.networks.network import Layer, Network
from polyseme.networks.run import outputs_on
from polyseme.networks.saving.files import (
    key_path,
    load,
    load_key,
    save_key,
    save_network,
    write_whole,
)
from support.small_networks import KINDS, draw_bits, network_of, rows_of, superposed_network

FUZZED = ("deep", "mixed", "stream", "key", "deep key")
COMPILED = tuple(kind for kind in KINDS if kind not in ("deep", "mixed", "stream", "ties"))
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
TYPES = {
    name: np.dtype(short)
    for name, short in zip(
        ("I8", "U8", "I16", "I32", "I64", "U64", "F16", "F32", "F64"),
        ("i1", "u1", "i2", "i4", "i8", "u8", "f2", "f4", "f8"),
        strict=True,
    )
}


# Round trips


@pytest.mark.parametrize("kind", KINDS)
def test_a_loaded_network_is_the_one_that_was_saved(kind, tmp_path):
    network = network_of(kind)
    network.save(tmp_path / "net.safetensors")
    loaded = load(tmp_path / "net.safetensors")
    assert loaded.key is None
    assert loaded.provenance == network.provenance
    assert loaded.encoder.features == network.encoder.features
    assert loaded.readout.outputs == network.readout.outputs
    assert loaded.encoder.dimensions == network.encoder.dimensions
    for ours, theirs in zip(_arrays(network), _arrays(loaded), strict=True):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    assert [layer.scale for layer in loaded.layers] == [layer.scale for layer in network.layers]
    assert [layer.cap for layer in loaded.layers] == [layer.cap for layer in network.layers]
    rows = rows_of(draw_bits(network, 50))
    assert (outputs_on(loaded, rows) != outputs_on(network, rows)).nnz == 0


def test_a_key_keeps_what_is_inverted_and_what_is_constant(tmp_path):
    key = network_of("facts").key
    outputs = key.circuit.outputs.copy()
    outputs[1:3] = -1
    inverted = np.arange(len(outputs)) % 3 == 1
    circuit = replace(key.circuit, outputs=outputs, inverted=inverted)
    replace(key, circuit=circuit).save(tmp_path / "key")
    loaded = load_key(tmp_path / "key").circuit
    assert np.array_equal(loaded.outputs, outputs)
    assert loaded.inverted.dtype == np.bool_
    assert np.array_equal(loaded.inverted, inverted)


@pytest.mark.parametrize("kind", COMPILED)
def test_a_loaded_key_is_the_one_that_was_saved(kind, tmp_path):
    key = network_of(kind).key
    key.save(tmp_path / "key.safetensors")
    loaded = load_key(tmp_path / "key.safetensors")
    assert (loaded.circuit.name, loaded.unit) == (key.circuit.name, key.unit)
    assert loaded.circuit.features == key.circuit.features
    assert loaded.circuit.output_names == key.circuit.output_names
    for ours, theirs in zip(_key_arrays(key), _key_arrays(loaded), strict=True):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    assert loaded.describe_term(0) == key.describe_term(0)


@pytest.mark.parametrize("kind", KINDS)
def test_saving_what_was_loaded_gives_the_same_bytes(kind, tmp_path):
    network = network_of(kind)
    first, second = tmp_path / "1", tmp_path / "2"
    network.save(first)
    load(first).save(second)
    assert first.read_bytes() == second.read_bytes()
    if network.key:
        network.key.save(first)
        load_key(first).save(second)
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("kind", ["deep", "key"])
def test_metadata_is_one_entry_in_sorted_order(kind):
    header, _ = _parts(_valid(kind))
    assert header["__metadata__"] == {"polyseme": json.dumps(_metadata(header), sort_keys=True)}


def test_numbers_of_numpy_are_saved_as_numbers(tmp_path):
    network = network_of("deep")
    provenance = replace(network.provenance, seed=np.int64(5), channels={"own": np.uint8(3)})
    replace(network, provenance=provenance).save(tmp_path / "net")
    loaded = load(tmp_path / "net").provenance
    assert (loaded.seed, loaded.channels) == (5, {"own": 3})


COMPILE_AND_HASH = """
import hashlib, sys
from polyseme.circuits import problems
from polyseme.compiler.compile import compile
from polyseme.networks.saving.files import save_key, save_network
network = compile(problems.pairwise_and(300, 1500, influence="zipf", seed=3), neurons=700, seed=4)
for save, what in ((save_network, network), (save_key, network.key)):
    save(what, sys.argv[1])
    print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path):
    circuit = problems.pairwise_and(300, 1500, influence="zipf", seed=3)
    network = compile(circuit, neurons=700, seed=4)
    here = [
        _digest(lambda path: save_network(network, path), tmp_path / "net"),
        _digest(lambda path: save_key(network.key, path), tmp_path / "key"),
    ]
    for hash_seed, threads in (("1", "1"), ("2", "2")):
        counts = dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", COMPILE_AND_HASH, str(tmp_path / "there")],
            capture_output=True,
            check=True,
            encoding="utf-8",
            env={**os.environ, **counts, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": _search_path()},
        )
        assert done.stdout.split() == here


def test_another_seed_gives_other_bytes(tmp_path):
    circuit = problems.pairwise_and(60, 60)
    digests = {
        _digest(compile(circuit, neurons=50, seed=seed).save, tmp_path / "net") for seed in (0, 1)
    }
    assert len(digests) == 2


# Keys


@pytest.mark.parametrize("kind", COMPILED)
def test_weights_are_compression_times_decompression(kind, tmp_path):
    network = network_of(kind)
    save_key(network.key, tmp_path / "key")
    key = load_key(tmp_path / "key")
    decompression = np.zeros((key.decompression.features, key.decompression.neurons), np.int64)
    for feature, places in enumerate(key.decompression.positions):
        decompression[feature, places] = key.decompression.signs[feature]
    product = key.compression.toarray().astype(np.int64) @ decompression
    assert np.array_equal(product, network.layers[0].weights)


@pytest.mark.parametrize("kind", COMPILED)
def test_a_network_takes_its_own_key(kind, tmp_path):
    network = network_of(kind)
    net, key = tmp_path / "net.safetensors", tmp_path / "net.key.safetensors"
    network.save(net)
    network.key.save(key)
    assert key == key_path(net)
    assert load(net, key).key.circuit.name == network.key.circuit.name


def test_the_key_of_another_network_is_refused(tmp_path):
    circuit = problems.pairwise_and(60, 60)
    networks = [
        compile(circuit, neurons=50),
        # The same names and shapes, but other codes, or another circuit, or one weight apart.
        compile(circuit, neurons=50, seed=1),
        compile(problems.pairwise_and(60, 60, seed=1), neurons=50),
        compile(circuit, neurons=49),
        compile(problems.pairwise_and(61, 61), neurons=50),
    ]
    keys = [network.key for network in networks]
    data = keys[0].compression.data.copy()
    data[-1] += 1
    parts = (data, keys[0].compression.indices, keys[0].compression.indptr)
    keys.append(replace(keys[0], compression=sp.csr_array(parts, shape=keys[0].compression.shape)))
    net = tmp_path / "net"
    networks[0].save(net)
    for number, key in enumerate(keys):
        path = tmp_path / f"{number}.key"
        key.save(path)
        if number == 0:
            load(net, path)
            continue
        with pytest.raises(FileFormatError) as caught:
            load(net, path)
        assert str(caught.value) == f"{path}: is not the answer key of {net}"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"term_channels": np.full(60, len(CHANNELS), np.uint8)}, "term channels must lie in 0..3"),
        ({"term_channels": np.zeros(59, np.uint8)}, "59 channels for 60 terms"),
        ({"term_channels": np.zeros(60, np.int64)}, "term channels must be uint8"),
        ({"term_offsets": np.zeros(61, np.int64)}, "term offsets must rise from 0"),
        ({"term_neurons": np.zeros(0, np.int32)}, "term offsets must rise from 0 to 0"),
        ({"unit": 3}, "unit 3 is not a power of two"),
        ({"unit": 0}, "unit 0 is not a power of two"),
        ({"compression": sp.csr_array((50, 60), dtype=np.int32)}, "compression must be int16"),
        ({"compression": sp.csr_array((50, 59), dtype=np.int16)}, "must serve 60 features"),
        ({"compression": sp.csr_array((1, 60), dtype=np.int16)}, "term neurons must lie in 0..0"),
    ],
)
def test_keys_that_break_a_rule_are_refused(change, rule):
    key = compile(problems.pairwise_and(60, 60), neurons=50).key
    with pytest.raises(ValueError, match=rule):
        replace(key, **change)


# Writing


def test_where_keys_live():
    assert key_path("some/net.safetensors") == Path("some/net.key.safetensors")
    assert key_path("net") == Path("net.key.safetensors")


def test_writing_replaces_a_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / ("n" * 240 + ".safetensors")
    path.write_bytes(b"before")
    network_of("deep").save(path)
    network_of("deep").save(str(path))
    assert list(tmp_path.iterdir()) == [path]
    assert load(path).neurons == 20


@pytest.mark.parametrize("name", ["no/such/net", "file/net", "directory", "x" * 300, "nul\0"])
def test_what_cannot_be_written_is_one_line_and_nothing_written(name, tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "directory").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PolysemeError, match="cannot be written: ") as caught:
        network_of("deep").save(tmp_path / name)
    assert len(str(caught.value).splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_bytes() == b"content"


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_path_without_a_name_cannot_be_written(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PolysemeError, match="cannot be written: "):
        write_whole(path, b"content")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(AS_ROOT, reason="root writes anywhere")
def test_an_unwritable_directory(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PolysemeError, match="cannot be written: Permission denied"):
        network_of("deep").save(tmp_path / "net")
    tmp_path.chmod(0o700)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_breaks_off_leaves_what_was_there(error, tmp_path, monkeypatch):
    path = tmp_path / "net"
    path.write_bytes(b"before")
    whole = Path.open

    @contextmanager
    def half(self: Path, mode: str):
        class Half:
            def write(self, piece: bytes) -> None:
                file.write(piece[: len(piece) // 2])
                raise error

        with whole(self, mode) as file:
            yield Half()

    monkeypatch.setattr(Path, "open", half)
    expected = PolysemeError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        network_of("deep").save(path)
    if expected is PolysemeError:
        assert str(caught.value) == f"{path}: cannot be written: No space left on device"
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"before"


# Refusing


def test_files_that_are_not_there_or_not_files(tmp_path):
    for path in (tmp_path / "none", tmp_path, tmp_path / "none\n"):
        with pytest.raises(FileFormatError) as caught:
            load(path)
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(FileFormatError, match="no such file"):
        load(tmp_path / "none")


def test_a_network_is_no_key_and_a_key_no_network(tmp_path):
    network = network_of("facts")
    network.save(tmp_path / "net")
    network.key.save(tmp_path / "key")
    with pytest.raises(FileFormatError, match="is not a polyseme-network file"):
        load(tmp_path / "key")
    with pytest.raises(FileFormatError, match="is not a polyseme-key file"):
        load_key(tmp_path / "net")


METADATA_FAULTS: list[tuple[str, object, str]] = [
    ("version", 1, "is of version 1; this polyseme reads 4"),
    ("version", 3, "is of version 3; this polyseme reads 4"),
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
    ("caps", [0, -1, 0], "cap -1 is not a whole number from 0 to 16777215"),
    ("caps", [0, 2**24, 0], "cap 16777216 is not a whole number"),
    ("caps", [0, 10**30, 0], "is not a whole number from 0"),
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
    header, body = _parts(_valid("deep"))
    metadata = {**_metadata(header), name: value}
    _refused(load, tmp_path, _file(_with_metadata(header, json.dumps(metadata)), body), rule)


@pytest.mark.parametrize(
    ("layers", "rule"),
    [
        (0, "at least one layer"),
        (1, "tensor 'layers.1.bias' is no part of a polyseme-network file"),
        (4, "'layers.3.bias' is missing"),
    ],
)
def test_tensors_that_are_not_the_layers_claimed_are_named(layers, rule, tmp_path):
    header, body = _parts(_valid("deep"))
    metadata = {**_metadata(header), "scales": [1.0] * layers, "caps": [0] * layers}
    metadata["squared"] = [False] * layers
    _refused(load, tmp_path, _file(_with_metadata(header, json.dumps(metadata)), body), rule)


@pytest.mark.parametrize(
    ("name", "value"),
    [("active", "3"), ("seed", -1), ("gates", 1.5), ("note", "a\nb"), ("source", None)],
)
def test_wrong_provenance_is_named(name, value, tmp_path):
    header, body = _parts(_valid("deep"))
    metadata = _metadata(header)
    metadata["provenance"][name] = value
    content = _file(_with_metadata(header, json.dumps(metadata)), body)
    _refused(load, tmp_path, content, f"metadata '{name}' must be")
    del metadata["provenance"][name]
    content = _file(_with_metadata(header, json.dumps(metadata)), body)
    _refused(load, tmp_path, content, f"'{name}' is missing")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"version": ' + "1" * 5000 + "}"])
def test_metadata_that_is_no_object_is_refused(text, tmp_path):
    header, body = _parts(_valid("deep"))
    _refused(load, tmp_path, _file(_with_metadata(header, text), body), "not a safetensors file")


def test_a_file_of_others_is_refused(tmp_path):
    header, body = _parts(_valid("deep"))
    del header["__metadata__"]
    _refused(load, tmp_path, _file(header, body), "has no polyseme metadata")


@pytest.mark.parametrize("shape", [[0, 2**60, 2**60], [0] + [1] * 100, [2**62, 4]])
def test_declared_sizes_that_cannot_be_are_refused(shape, tmp_path):
    header, body = _parts(_valid("deep"))
    header["more"] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body)] * 2}
    _refused(load, tmp_path, _file(header, body), "not a safetensors file")


def test_codes_of_no_weight_are_refused_however_many_features_they_claim(tmp_path):
    header, body = _parts(_valid("deep"))
    metadata = _metadata(header)
    metadata["features"] = {"prefix": "x", "count": 2**31 - 1}
    tensors = _tensors(header, body)
    for name in ("encoder.positions", "encoder.signs"):
        tensors[name] = np.zeros((2**31 - 1, 0), tensors[name].dtype)
    _refused(load, tmp_path, _packed(tensors, json.dumps(metadata)), "must have a feature")


@pytest.mark.parametrize(
    ("name", "position", "value", "rule"),
    [
        ("readout.thresholds", 0, np.nan, "not a number"),
        ("readout.thresholds", 0, -np.inf, "minus infinity"),
        ("readout.neurons", 3, 18, r"readout neurons must lie in 0\.\.17"),
        ("readout.neurons", 3, -1, "readout neurons must lie"),
        ("readout.offsets", 1, 2**62, "readout offsets must rise"),
        ("encoder.positions", 5, 12, r"outside 0\.\.11"),
        ("encoder.signs", 5, 0, r"signs must be \+1 or -1"),
        ("layers.1.bias", 0, 2**24, "bias must lie within"),
    ],
)
def test_wrong_numbers_are_named(name, position, value, rule, tmp_path):
    header, body = _parts(_valid("deep"))
    tensors = _tensors(header, body)
    tensors[name].reshape(-1)[position] = value
    _refused(load, tmp_path, _packed(tensors, json.dumps(_metadata(header))), rule)


@pytest.mark.parametrize(
    ("name", "position", "value", "rule"),
    [
        ("layers.0.offsets", 4, 2**62, r"layers\.0\.offsets must rise from 0 to"),
        ("layers.0.offsets", 0, 1, r"layers\.0\.offsets must rise from 0 to"),
        ("layers.0.columns", 3, 12, r"columns of sparse weights must lie in 0\.\.11"),
        ("layers.0.columns", 3, -1, r"columns of sparse weights must lie in 0\.\.11"),
        ("layers.2.columns", 3, 15, r"columns of sparse weights must lie in 0\.\.14"),
        ("layers.0.columns", 1, 0, "columns of sparse weights must rise in each row"),
        ("layers.0.bias", 1, 2**24, "bias must lie within"),
    ],
)
def test_wrong_numbers_in_sparse_layers_are_named(name, position, value, rule, tmp_path):
    header, body = _parts(_valid("mixed"))
    tensors = _tensors(header, body)
    tensors[name][position] = value
    _refused(load, tmp_path, _packed(tensors, json.dumps(_metadata(header))), rule)


def test_a_layer_is_stored_one_way(tmp_path):
    header, body = _parts(_valid("mixed"))
    tensors = _tensors(header, body)
    tensors["layers.0.weights"] = np.ones((20, 12), np.int8)
    content = _packed(tensors, json.dumps(_metadata(header)))
    _refused(load, tmp_path, content, r"tensor 'layers\.0\.weights' is no part of")


def test_sparse_layers_do_not_read_as_much_as_a_file_may_claim(tmp_path):
    header, body = _parts(_valid("mixed"))
    text = json.dumps({**_metadata(header), "dimensions": 2**31 - 1})
    content = _file(_with_metadata(header, text), body)
    _refused(load, tmp_path, content, "a sparse layer reads 2147483647 numbers")


@pytest.mark.parametrize(
    ("name", "position", "value", "rule"),
    [
        ("compression.features", 0, 2**31 - 1, "features of the compression must lie"),
        ("compression.offsets", 1, 2**62, "compression.offsets must rise"),
        ("circuit.fan_in_offsets", 1, 2**62, "circuit.fan_in_offsets must rise"),
        ("circuit.fan_in", 0, -1, "reads a negative wire"),
        ("circuit.outputs", 0, 10**6, "which is not defined"),
        ("circuit.outputs", 0, -2, "which is not defined"),
        ("circuit.inverted", 0, 2, r"circuit.inverted must lie in 0\.\.1"),
        ("terms.literals", 0, 62, "literals must lie"),
        ("terms.output", 0, -1, "outputs of terms must lie"),
        ("terms.signs", 0, 0, "every literal needs a sign"),
        ("terms.offsets", 2, -(2**63), "offsets of literals must rise"),
        ("terms.channels", 0, 4, "term channels must lie"),
        ("terms.neurons", 0, 80, "term neurons must lie"),
        ("terms.neuron_offsets", 1, 2**62, "term offsets must rise"),
        ("names.features", 0, 255, "can't decode byte 0xff"),
        ("names.features", 0, 10, "printable characters"),
    ],
)
def test_wrong_numbers_in_a_key_are_named(name, position, value, rule, tmp_path):
    header, body = _parts(_valid("key"))
    tensors = _tensors(header, body)
    tensors[name].reshape(-1)[position] = value
    _refused(load_key, tmp_path, _packed(tensors, json.dumps(_metadata(header))), rule)


@pytest.mark.parametrize(
    ("name", "position", "value", "rule"),
    [
        ("layers.0.wires", 0, -2, "wires of layer 0 are not all wires"),
        ("layers.3.wires", 0, 2**31 - 1, "wires of layer 3 are not all wires"),
        ("layers.1.positions", 0, 150, r"positions must lie in 0\.\.149"),
        ("layers.1.inverted", 0, 2, r"layers\.1\.inverted must lie in 0\.\.1"),
        ("layers.1.reads.offsets", 1, 2**62, r"reads\.offsets must rise"),
        ("layers.1.reads.features", 0, -1, "columns of the reads must lie"),
        ("encoder.positions", 0, 115, r"outside 0\.\.114"),
    ],
)
def test_wrong_numbers_in_a_deep_key_are_named(name, position, value, rule, tmp_path):
    header, body = _parts(_valid("deep key"))
    tensors = _tensors(header, body)
    tensors[name].reshape(-1)[position] = value
    _refused(load_key, tmp_path, _packed(tensors, json.dumps(_metadata(header))), rule)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"units": 2**60}, r"layers\.1\.reads\.offsets must be"),
        ({"units": 0}, r"is no part of a polyseme-key file"),
        ({"units": None}, "metadata 'units' must be a whole number"),
        ({"units": True}, "metadata 'units' must be a whole number"),
        ({"unit": 10**30}, "is not a whole number from 0 to"),
        ({"unit": -1}, "metadata 'unit' must be a whole number"),
    ],
)
def test_wrong_metadata_of_a_deep_layer_is_named(change, rule, tmp_path):
    header, body = _parts(_valid("deep key"))
    metadata = _metadata(header)
    metadata["layers"][1] |= change
    _refused(load_key, tmp_path, _file(_with_metadata(header, json.dumps(metadata)), body), rule)


@pytest.mark.parametrize(
    ("layers", "rule"),
    [
        ([], "at least one layer"),
        ([[]], "metadata 'layers' must be a list of JSON objects"),
        ({}, "metadata 'layers' must be a list of JSON objects"),
        ([{}], "'unit' is missing"),
        (None, "metadata 'layers' must be a list"),
    ],
)
def test_wrong_layers_of_a_deep_key_are_named(layers, rule, tmp_path):
    header, body = _parts(_valid("deep key"))
    text = json.dumps({**_metadata(header), "layers": layers})
    _refused(load_key, tmp_path, _file(_with_metadata(header, text), body), rule)


@pytest.mark.parametrize("kind", ["key", "deep key"])
def test_keys_of_no_weight_are_refused_however_many_features_they_claim(kind, tmp_path):
    header, body = _parts(_valid(kind))
    features = {"prefix": "x", "count": 2**31 - 1}
    code = "decompression" if kind == "key" else "encoder"
    tensors = _tensors(header, body)
    for name in (f"{code}.positions", f"{code}.signs"):
        tensors[name] = np.zeros((2**31 - 1, 0), tensors[name].dtype)
    text = json.dumps({**_metadata(header), "features": features})
    _refused(load_key, tmp_path, _packed(tensors, text), "must have a feature")


@pytest.mark.parametrize("kind", FUZZED)
def test_every_tensor_is_needed_and_has_one_type_and_shape(kind, tmp_path):
    header, body = _parts(_valid(kind))
    text, read = json.dumps(_metadata(header)), _reader(kind)
    for name in _tensors(header, body):
        tensors = _tensors(header, body)
        dtype = tensors[name].dtype
        for other in (
            tensors[name].astype(np.float64),
            tensors[name].astype("u8" if dtype.kind != "f" else "f2"),
            tensors[name][None],
            tensors[name][: len(tensors[name]) // 2],
            tensors[name][:0],
        ):
            _refused(read, tmp_path, _packed({**tensors, name: other}, text))
        del tensors[name]
        # Without a list of what it carries a layer carries nothing: whoever reads it notices.
        rule = "." if name.endswith(".carried") else f"'{name}' is missing"
        _refused(read, tmp_path, _packed(tensors, text), rule)


@pytest.mark.parametrize("kind", ["deep", "key"])
def test_a_tensor_too_many_is_refused(kind, tmp_path):
    header, body = _parts(_valid(kind))
    tensors = _tensors(header, body) | {"later": np.zeros(3, np.float32)}
    content = _packed(tensors, json.dumps(_metadata(header)))
    _refused(_reader(kind), tmp_path, content, "tensor 'later' is no part of a polyseme-")


def test_metadata_unknown_to_this_version_is_ignored(tmp_path):
    header, body = _parts(_valid("deep"))
    metadata = _metadata(header) | {"later": [1]}
    metadata["provenance"]["later"] = 1
    (tmp_path / "net").write_bytes(_file(_with_metadata(header, json.dumps(metadata)), body))
    assert load(tmp_path / "net").provenance == network_of("deep").provenance


# Hypothesis' corruptions. Whatever still loads must also run.


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("corrupt") / "file.safetensors"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bytes_are_refused_or_load(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    content = bytearray(_valid(kind))
    # Half of the flips in the header, where one byte can mean most.
    head = 8 + int.from_bytes(content[:8], "little")
    places = st.integers(0, len(content) - 1) | st.integers(0, head - 1)
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1)):
        content[place] = byte
    _refused_or_runs(kind, scratch, bytes(content))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_cut_joined_and_foreign_bytes_are_refused_or_load(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    content = _valid(kind)
    cut = data.draw(st.integers(0, len(content)))
    junk = data.draw(st.binary(max_size=200))
    rest = data.draw(st.sampled_from((b"", content[cut:], content[cut + 1 :], content)))
    _refused_or_runs(kind, scratch, content[:cut] + junk + rest)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_wrong_headers_are_refused_or_load(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    header, body = _parts(_valid(kind))
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
    _refused_or_runs(kind, scratch, _file(header, body))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_wrong_metadata_is_refused_or_loads(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    header, body = _parts(_valid(kind))
    metadata = _metadata(header)
    inner = [each for each in metadata.values() if isinstance(each, dict)]
    target = data.draw(st.sampled_from([metadata, *inner]))
    name = data.draw(st.sampled_from(sorted(target)))
    values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    target[name] = data.draw(
        values
        | st.lists(values, max_size=4)
        | st.dictionaries(st.sampled_from(("count", "prefix", "own")), values, max_size=3)
    )
    _refused_or_runs(kind, scratch, _file(_with_metadata(header, json.dumps(metadata)), body))


@settings(max_examples=450, deadline=None)
@given(st.data())
def test_wrong_tensors_are_refused_or_load(scratch, data):
    kind = data.draw(st.sampled_from(FUZZED))
    header, body = _parts(_valid(kind))
    tensors = _tensors(header, body)
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
    _refused_or_runs(kind, scratch, _packed(tensors, json.dumps(_metadata(header))))


def _refused_or_runs(kind: str, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        loaded = _reader(kind)(path)
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
        assert outputs_on(loaded, rows).shape == (2, len(loaded.readout.outputs))
        assert loaded.parameters > 0
        assert json.dumps(loaded.run([loaded.encoder.features[0]]))
    elif isinstance(loaded, DeepKey):
        for neurons in (300, 10_000):
            assert loaded.belongs_to(superposed_network(neurons)) in (True, False)
    else:
        assert isinstance(loaded, AnswerKey)
        assert loaded.hosts().shape == (loaded.compression.shape[0], len(loaded.terms))
        assert loaded.describe_term(len(loaded.terms) - 1)


def _refused(
    read: Callable[[Path], object], directory: Path, content: bytes, rule: str = "."
) -> None:
    path = directory / "broken.safetensors"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=rule) as caught:
        read(path)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{path}: ")


def _reader(kind: str) -> Callable[[Path], object]:
    return load_key if kind.endswith("key") else load


@cache
def _valid(kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "valid"
        keys = {
            "key": lambda: network_of("facts").key,
            "deep key": lambda: superposed_network(300).key,
        }
        (keys[kind]() if kind in keys else network_of(kind)).save(path)
        return path.read_bytes()


def _parts(content: bytes) -> tuple[dict, bytes]:
    begin = 8 + int.from_bytes(content[:8], "little")
    return copy.deepcopy(json.loads(content[8:begin])), content[begin:]


def _metadata(header: dict) -> dict:
    return json.loads(header["__metadata__"]["polyseme"])


def _with_metadata(header: dict, text: str) -> dict:
    return {**header, "__metadata__": {"polyseme": text}}


def _file(header: dict, body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def _tensors(header: dict, body: bytes) -> dict[str, np.ndarray]:
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            data = np.frombuffer(body[begin:end], TYPES[entry["dtype"]])
            tensors[name] = data.reshape(entry["shape"]).copy()
    return tensors


def _packed(tensors: dict[str, np.ndarray], metadata: str) -> bytes:
    """A file of these tensors, written by hand."""
    names = {dtype: name for name, dtype in TYPES.items()}
    header: dict = {}
    body = b""
    for name, tensor in tensors.items():
        span = [len(body), len(body) + tensor.nbytes]
        header[name] = {
            "dtype": names[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": span,
        }
        body += tensor.tobytes()
    return _file(_with_metadata(header, metadata), body)


def _arrays(network: Network) -> list[np.ndarray]:
    code, readout = network.encoder.code, network.readout
    layers = [array for layer in network.layers for array in (*_stored(layer), layer.bias)]
    parts = (readout.offsets, readout.neurons, readout.weights, readout.thresholds)
    return [code.positions, code.signs, *layers, *parts]


def _stored(layer: Layer) -> list[np.ndarray]:
    weights = layer.weights
    return [weights.data, weights.indices, weights.indptr] if layer.is_sparse else [weights]


def _key_arrays(key: AnswerKey) -> list[np.ndarray]:
    circuit = [getattr(key.circuit, each.name) for each in fields(key.circuit)]
    terms = [getattr(key.terms, each.name) for each in fields(key.terms)]
    own = [key.term_channels, key.term_offsets, key.term_neurons, key.compression.toarray()]
    arrays = [each for each in circuit + terms if isinstance(each, np.ndarray)]
    return [*arrays, *own, key.decompression.positions, key.decompression.signs]


def _digest(save: Callable[[Path], None], path: Path) -> str:
    save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _search_path() -> str:
    return os.pathsep.join(part for part in sys.path if part)
