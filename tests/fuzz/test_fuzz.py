"""Mutants of files: refused in one line, or the original; the corpus of what once got through."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

import polyseme as ps
from fuzz.judging import REFUSED, judge
from fuzz.originals import Pair, originals
from fuzz.running import run_cases
from polyseme.codes.code import SparseCode
from polyseme.errors import CapacityError, FileFormatError
from polyseme.networks.ends import Encoder
from polyseme.networks.exporting.dense import check_dense
from polyseme.networks.layer import Layer
from polyseme.networks.saving.files import key_path
from support.saved_files import file_of, metadata_of, packed, parts_of, tensors_of, with_metadata

# The workers are forked from a process that may have threads, and use none of them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning"),
]
FEW, SOME, SEED = 60, 600, 1


def _with(content: bytes, name: str, change: Callable[[np.ndarray], object]) -> bytes:
    header, body = parts_of(content)
    tensors = tensors_of(header, body)
    change(tensors[name].reshape(-1))
    return packed(tensors, json.dumps(metadata_of(header)))


def _add_one(numbers: np.ndarray) -> None:
    numbers[0] += 1


def _roll(numbers: np.ndarray) -> None:
    numbers[:] = np.roll(numbers, 1)


def _told(content: bytes, **values: object) -> bytes:
    header, body = parts_of(content)
    return file_of(with_metadata(header, json.dumps(metadata_of(header) | values)), body)


def _layer_told(content: bytes, **values: object) -> bytes:
    layers = metadata_of(parts_of(content)[0])["layers"]
    return _told(content, layers=[layers[0] | values, *layers[1:]])


# What loaded, hung or ended the process before files had digests and were read by themselves.
CORPUS: dict[str, Callable[[Pair], Pair]] = {
    "a bias": lambda pair: replace(pair, network=_with(pair.network, "layers.0.bias", _add_one)),
    "a threshold": lambda pair: replace(
        pair, network=_with(pair.network, "readout.thresholds", _add_one)
    ),
    "readout weights": lambda pair: replace(
        pair, network=_with(pair.network, "readout.weights", _add_one)
    ),
    "scales": lambda pair: replace(pair, network=_told(pair.network, scales=[2.0])),
    "inputs of gates rolled": lambda pair: replace(
        pair, key=_with(pair.key, "circuit.fan_in", _roll)
    ),
    "outputs of the circuit rolled": lambda pair: replace(
        pair, key=_with(pair.key, "circuit.outputs", _roll)
    ),
    "an output inverted": lambda pair: replace(
        pair, key=_with(pair.key, "circuit.inverted", _add_one)
    ),
    "a unit of strength": lambda pair: replace(pair, key=_layer_told(pair.key, resolution=3)),
    "the version before, by one bit": lambda pair: replace(
        pair, network=_told(pair.network, version=4)
    ),
    "the key of another": lambda pair: replace(pair, key=originals()["exact"].pair.key),
    "the network of another": lambda pair: replace(pair, network=originals()["exact"].pair.network),
    "changed places": lambda pair: Pair(pair.key, pair.network),
    **{
        f"{what} as {which}": lambda pair, what=what, which=which: replace(pair, **{which: what})
        for what in ("fifo", "directory", "loop", "dangling", "zero", "socket", "sparse")
        for which in ("network", "key")
    },
}


@pytest.mark.parametrize("name", CORPUS)
def test_what_once_got_through_is_refused(name, tmp_path):
    original = originals()["ands"]
    as_it_is, _ = judge(original, CORPUS[name](original.pair), tmp_path)
    assert as_it_is == REFUSED


@pytest.mark.parametrize("name", originals())
def test_what_was_not_spoilt_is_accepted(name, tmp_path):
    original = originals()[name]
    assert judge(original, original.pair, tmp_path)[0] != REFUSED


def test_the_message_says_which_file_is_false(tmp_path):
    original = originals()["ands"]
    for spoilt, named in (("a bias", "net.safetensors"), ("inputs of gates rolled", "net.key.s")):
        judge(original, CORPUS[spoilt](original.pair), tmp_path)
        path = tmp_path / "net.safetensors"
        pair = CORPUS[spoilt](original.pair)
        path.write_bytes(pair.network)
        key_path(path).write_bytes(pair.key)
        with pytest.raises(FileFormatError, match=f"{named}.*does not match its digest"):
            ps.load(path)


def test_a_small_file_cannot_ask_an_export_for_gigabytes(tmp_path):
    count, width = 60, 2**24
    places, offsets = np.arange(count, dtype=np.int32), np.arange(count + 1)
    weights = sp.csr_array((np.ones(count, np.int8), places, offsets), shape=(count, width))
    original = originals()["exact"].network
    code = SparseCode(width, places[:, None], np.ones((count, 1), np.int8))
    network = replace(
        original,
        encoder=Encoder(ps.Names(prefix="x", count=count), code),
        layers=(Layer(weights, np.zeros(count, np.int32), 1.0),),
        readout=replace(original.readout, neurons=original.readout.neurons % count),
        key=None,
    )
    path = tmp_path / "net.safetensors"
    network.save(path)
    assert path.stat().st_size < 6000
    with pytest.raises(CapacityError, match=r"would take 7\.5 GiB \(the encoder 3\.8 GiB, layers"):
        check_dense(ps.load(path))


def test_a_few_cases_of_the_fuzzer():
    _assert_no_faults(range(FEW))


@pytest.mark.slow
def test_some_hundred_cases_of_the_fuzzer():
    _assert_no_faults(range(FEW, FEW + SOME))


def _assert_no_faults(numbers: range) -> None:
    found = list(run_cases(SEED, numbers))
    assert [outcome.number for outcome in found] == list(numbers)
    assert not [outcome for outcome in found if outcome.fault], f"seed {SEED}"
    assert {outcome.as_it_is for outcome in found} >= {REFUSED}
