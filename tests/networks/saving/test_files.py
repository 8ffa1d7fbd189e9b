"""Files of networks and keys: round trips, the same bytes anywhere, whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from polyseme.circuits import problems
from polyseme.common.files import write_whole
from polyseme.compiler.compile import compile
from polyseme.errors import FileFormatError, PolysemeError
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
from polyseme.networks.saving.files import key_path, load, load_key, save_key, save_network
from support.saved_files import (
    assert_refused,
    digest_of,
    file_of,
    parts_of,
    valid_file,
)
from support.small_networks import KINDS, draw_bits, network_of, rows_of

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


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
    for ours, theirs in zip(network.layers, loaded.layers, strict=True):
        assert ours.activation == theirs.activation
    rows = rows_of(draw_bits(network, 50))
    assert (outputs_on(loaded, rows) != outputs_on(network, rows)).nnz == 0


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
        digest_of(lambda path: save_network(network, path), tmp_path / "net"),
        digest_of(lambda path: save_key(network.key, path), tmp_path / "key"),
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
        digest_of(compile(circuit, neurons=50, seed=seed).save, tmp_path / "net") for seed in (0, 1)
    }
    assert len(digests) == 2


def test_where_keys_live():
    assert key_path("some/net.safetensors") == Path("some/net.key.safetensors")
    assert key_path("net") == Path("net.key.safetensors")


def test_the_key_beside_a_file_is_found(tmp_path):
    network, path = network_of("pairwise"), tmp_path / "net.safetensors"
    network.save(path)
    assert load(path).key is None
    network.key.save(key_path(path))
    for given in (None, key_path(path), str(key_path(path))):
        loaded = load(path, given)
        assert loaded.key is not None
        assert loaded.key.belongs_to(network)
    assert load(path, key=False).key is None
    network_of("permutation").key.save(key_path(path))
    with pytest.raises(FileFormatError, match=r"net\.key\.safetensors: is not the answer key of"):
        load(path)
    assert load(path, key=False).neurons == network.neurons


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
    whole = os.write

    def half(descriptor: int, piece: bytes) -> int:
        whole(descriptor, piece[: len(piece) // 2])
        raise error

    monkeypatch.setattr(os, "write", half)
    expected = PolysemeError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        network_of("deep").save(path)
    if expected is PolysemeError:
        assert str(caught.value) == f"{path}: cannot be written: No space left on device"
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"before"


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


def test_a_file_of_others_is_refused(tmp_path):
    header, body = parts_of(valid_file("deep"))
    del header["__metadata__"]
    assert_refused(load, tmp_path, file_of(header, body), "has no polyseme metadata")


@pytest.mark.parametrize("shape", [[0, 2**60, 2**60], [0] + [1] * 100, [2**62, 4]])
def test_declared_sizes_that_cannot_be_are_refused(shape, tmp_path):
    header, body = parts_of(valid_file("deep"))
    header["more"] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body)] * 2}
    assert_refused(load, tmp_path, file_of(header, body), "not a safetensors file")


def _arrays(network: Network) -> list[np.ndarray]:
    code, readout = network.encoder.code, network.readout
    layers = [array for layer in network.layers for array in (*_stored(layer), layer.bias)]
    parts = (readout.offsets, readout.neurons, readout.weights, readout.thresholds)
    return [code.positions, code.signs, *layers, *parts]


def _stored(layer: Layer) -> list[np.ndarray]:
    weights = layer.weights
    return [weights.data, weights.indices, weights.indptr] if layer.is_sparse else [weights]


def _search_path() -> str:
    return os.pathsep.join(part for part in sys.path if part)
