"""Networks with weights of float32, as training leaves them: run, saved, exported, not proved."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from polyseme.errors import FileFormatError, OptionError
from polyseme.networks.answer_key import term_key
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from support.saved_files import assert_refused, file_of, parts_of


def trained() -> Network:
    """The ANDs of pairs of four features, with odd numbers for weights, read by all units."""
    circuit = ps.problems.universal_and(4)
    exact = ps.compile(circuit, construction="monosemantic", active=2)
    generator = np.random.default_rng(1)
    units, outputs = exact.layers[0].units, len(circuit.outputs)
    weights = exact.layers[0].weights
    dense = weights.toarray() if exact.layers[0].is_sparse else weights
    floats = (dense * np.float32(0.3)).astype(np.float32)
    bias = (exact.layers[0].bias * np.float32(0.3)).astype(np.float32)
    readout = np.zeros((outputs, units), np.float32)
    reader = np.repeat(np.arange(outputs), np.diff(exact.readout.offsets))
    readout[reader, exact.readout.neurons] = exact.readout.weights
    readout += generator.normal(0, 1e-3, readout.shape).astype(np.float32)
    every = np.tile(np.arange(units, dtype=np.int32), outputs)
    offsets = np.arange(outputs + 1, dtype=np.int64) * units
    share = np.float32(0.3 / exact.layers[0].scale)
    ends = replace(
        exact.readout,
        offsets=offsets,
        neurons=every,
        weights=readout.ravel(),
        thresholds=(exact.readout.thresholds * share).astype(np.float32),
    )
    key = term_key(circuit, exact.encoder.code, units, offsets, every, np.zeros(outputs, np.uint8))
    return replace(
        exact,
        layers=(Layer(floats, bias, 1.0),),
        readout=ends,
        key=key,
        provenance=replace(
            exact.provenance, construction="trained", channels=key.layers[0].channel_counts()
        ),
    )


def test_it_runs_and_verifies():
    network = trained()
    assert network.run(["x0", "x1"]) == [network.readout.outputs[0]]
    assert ps.verify_exhaustively(network, active=2).wrong == 0
    assert ps.reading_error(network, samples=1000).epsilon < 0.02
    assert not network.is_whole
    assert network.weight_bits() == 32 * network.layers[0].weights.size
    assert str(network).startswith("uand:features=4, trained")


def test_it_comes_back_from_its_files(tmp_path):
    network, path = trained(), tmp_path / "net.safetensors"
    network.save(path, key=True)
    again = ps.load(path)
    assert again.key is not None
    assert again.layers[0].weights.tobytes() == network.layers[0].weights.tobytes()
    assert again.readout.weights.tobytes() == network.readout.weights.tobytes()
    header, _ = parts_of(path.read_bytes())
    assert json.loads(header["__metadata__"]["polyseme"])["version"] == 6


def test_whole_numbers_are_still_of_version_5(tmp_path):
    network = ps.compile(ps.problems.universal_and(4), construction="monosemantic", active=2)
    network.save(tmp_path / "net.safetensors")
    header, _ = parts_of((tmp_path / "net.safetensors").read_bytes())
    assert json.loads(header["__metadata__"]["polyseme"])["version"] == 5


def test_floats_in_a_file_of_version_5_are_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    trained().save(path)
    header, data = parts_of(path.read_bytes())
    header["__metadata__"]["polyseme"] = header["__metadata__"]["polyseme"].replace(
        '"version": 6', '"version": 5'
    )
    assert_refused(ps.load, tmp_path, file_of(header, data), "weights of float32 need version 6")


def test_torch_and_onnx_decide_the_same():
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    import torch

    network = trained()
    inputs = network.sample("uniform", 60).astype(np.float32)
    expected = network.run(inputs) != 0
    module = network.to_torch()
    assert ((module(torch.from_numpy(inputs)) >= 0).numpy() == expected).all()
    session = runtime.InferenceSession(network.to_onnx())
    _, on = session.run(None, {"features": inputs})
    assert (on == expected).all()


@pytest.mark.parametrize(
    "ask",
    [
        ps.prove,
        ps.worst_case,
        lambda network: ps.wrong_pairs(network, beside=["x0"]),
        lambda network: ps.prove(network, method="exhaustive"),
    ],
)
def test_it_is_not_proved(ask):
    with pytest.raises(OptionError, match="proofs are of whole numbers"):
        ask(trained())


@pytest.mark.parametrize(
    ("weights", "bias", "named"),
    [
        (np.full((1, 2), np.nan, np.float32), np.zeros(1, np.float32), "weights must lie within"),
        (np.ones((1, 2), np.float32), np.full(1, np.inf, np.float32), "bias must lie within"),
        (np.ones((1, 2), np.float32), np.zeros(1, np.int32), "bias must be float32"),
        (np.ones((1, 2), np.int8), np.zeros(1, np.float32), "bias must be int32"),
        (np.ones((1, 2), np.float64), np.zeros(1, np.float32), "int8, int16 or float32"),
    ],
)
def test_a_layer_of_floats_checks_itself(weights, bias, named):
    with pytest.raises(OptionError, match=named):
        Layer(weights, bias, 1.0)


def test_a_readout_of_floats_checks_itself():
    readout = trained().readout
    with pytest.raises(OptionError, match="readout weights must lie within"):
        replace(readout, weights=np.full(len(readout.weights), np.nan, np.float32))
    with pytest.raises(OptionError, match="readout weights must be int16"):
        replace(readout, weights=readout.weights.astype(np.float64))
    with pytest.raises(FileFormatError):
        ps.load("nowhere")
