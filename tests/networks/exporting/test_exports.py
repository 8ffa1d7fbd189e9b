"""Exports: torch and ONNX Runtime decide exactly what the network decides."""

from __future__ import annotations

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

import polyseme as ps
from polyseme.errors import CapacityError, MissingExtraError, OptionError
from polyseme.networks.exporting import dense as dense_module
from polyseme.networks.exporting import to_onnx as onnx_module
from polyseme.networks.exporting.to_onnx import to_onnx
from polyseme.networks.exporting.to_torch import to_torch
from polyseme.networks.exporting.torch_modules import Residual, Square
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner, encode, outputs_on
from support.small_networks import (
    KINDS,
    draw_bits,
    network_of,
    oracle,
    rows_of,
    with_output_never_on,
)

ALL_KINDS = (*KINDS, "never on")


def _network(kind: str) -> Network:
    if kind == "never on":
        return with_output_never_on(network_of("monosemantic"), 4)
    return network_of(kind)


def _session(model: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def _run_torch(module: torch.nn.Module, bits: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(torch.from_numpy(bits.astype(np.float32))).numpy()


def _run_onnx(model: bytes, bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    outputs, on = _session(model).run(["outputs", "on"], {"features": bits.astype(np.float32)})
    return outputs, on


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_torch_and_onnx_decide_as_the_definition_does(kind):
    network = _network(kind)
    bits = draw_bits(network, 25, seed=1)
    expected = oracle(network, bits)
    assert np.array_equal(_run_torch(network.to_torch(), bits) >= 0, expected)
    outputs, on = _run_onnx(to_onnx(network), bits)
    assert np.array_equal(outputs >= 0, expected)
    assert np.array_equal(on, expected)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_torch_and_onnx_agree_with_us_on_many_inputs(kind):
    network = _network(kind)
    bits = draw_bits(network, 1000, seed=2)
    ours = outputs_on(network, rows_of(bits)).toarray()
    assert np.array_equal(_run_torch(to_torch(network), bits) >= 0, ours)
    assert np.array_equal(_run_onnx(to_onnx(network), bits)[1], ours)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_exported_values_are_readings_minus_thresholds(kind):
    network = _network(kind)
    bits = draw_bits(network, 50, seed=3)
    runner = LayerRunner(network)
    hidden = runner.hidden(encode(network, rows_of(bits)), sparse=True)
    finite = np.isfinite(network.readout.thresholds)
    exact = (runner.readings(hidden) - network.readout.thresholds[:, None]).T[:, finite]
    for outputs in (_run_torch(to_torch(network), bits), _run_onnx(to_onnx(network), bits)[0]):
        assert np.isfinite(outputs).all()
        assert np.array_equal(outputs[:, finite], exact)


def test_torch_modules_are_plain_and_named():
    network = network_of("deep")
    module = to_torch(network)
    assert [(name, type(child)) for name, child in module.named_children()] == [
        ("encoder", torch.nn.Linear),
        ("hook_embed", torch.nn.Identity),
        ("layers", torch.nn.Sequential),
        ("readout", torch.nn.Linear),
        ("hook_readout", torch.nn.Identity),
    ]
    for layer in module.layers:
        assert [(name, type(child)) for name, child in layer.named_children()] == [
            ("linear", torch.nn.Linear),
            ("hook_pre", torch.nn.Identity),
            ("activation", torch.nn.ReLU),
            ("hook_post", torch.nn.Identity),
        ]
    assert isinstance(module, torch.nn.Sequential)
    assert module.encoder.bias is None
    linears = [child for child in module.modules() if isinstance(child, torch.nn.Linear)]
    shapes = [tuple(child.weight.shape) for child in linears]
    assert shapes == [(12, 25), (20, 12), (15, 20), (18, 15), (9, 18)]
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}
    assert module.feature_names == list(network.encoder.features)
    assert module.output_names == list(network.readout.outputs)


def test_clipped_layers_are_named_and_sparse_ones_full():
    network = network_of("mixed")
    module = to_torch(network)
    kinds = [torch.nn.Hardtanh, torch.nn.Hardtanh, torch.nn.ReLU]
    assert [type(layer.activation) for layer in module.layers] == kinds
    clip = module.layers[0].activation
    assert (clip.min_val, clip.max_val) == (0, 2)
    weights = module.layers[2].linear.weight.detach()
    assert np.array_equal(weights, network.layers[2].weights.toarray() / 2)


@pytest.mark.parametrize("kind", KINDS)
def test_hooked_activations_are_ours(kind):
    network = network_of(kind)
    bits = draw_bits(network, 20, seed=4)
    module, seen = to_torch(network), []
    for child in module.modules():
        if isinstance(child, torch.nn.ReLU | torch.nn.Hardtanh | Square):
            child.register_forward_hook(lambda *call: seen.append(call[2].numpy()))
    _run_torch(module, bits)
    ours = _computed(network, rows_of(bits))
    assert all(np.array_equal(*pair) for pair in zip(seen, ours, strict=True))


def test_what_a_layer_carries_passes_it_in_a_module_of_its_own():
    network = network_of("stream")
    module = to_torch(network)
    assert {type(layer) for layer in module.layers} == {Residual}
    assert type(module.layers[1].activation) is Square
    bits = draw_bits(network, 20, seed=4)
    streams = LayerRunner(network).activations(rows_of(bits))
    values = module.encoder(torch.from_numpy(bits.astype(np.float32)))
    for child, stream in zip(module.layers, streams, strict=True):
        values = child(values)
        assert np.array_equal(values.detach().numpy(), stream)


def _computed(network, rows):
    """What the units of every layer compute, without what passes."""
    layers = zip(network.layers, LayerRunner(network).activations(rows), strict=True)
    return [values[:, : layer.units] for layer, values in layers]


@pytest.mark.parametrize("kind", ["deep", "mixed", "stream"])
def test_activations_in_the_model_are_ours(kind):
    network = network_of(kind)
    bits = draw_bits(network, 20, seed=4)
    model = onnx.load_from_string(to_onnx(network))
    names = [f"{layer.activation.name}{number}" for number, layer in enumerate(network.layers)]
    for name in names:
        model.graph.output.append(onnx.ValueInfoProto(name=name))
    seen = _session(model.SerializeToString()).run(names, {"features": bits.astype(np.float32)})
    ours = _computed(network, rows_of(bits))
    assert all(np.array_equal(*pair) for pair in zip(seen, ours, strict=True))


def test_a_state_dict_loads_into_another_export():
    network = network_of("deep")
    source, target = to_torch(network), to_torch(network)
    with torch.no_grad():
        for parameter in target.parameters():
            parameter.zero_()
    target.load_state_dict(source.state_dict())
    bits = draw_bits(network, 20)
    assert np.array_equal(_run_torch(target, bits), _run_torch(source, bits))


def test_a_state_dict_is_saved_whole(tmp_path):
    path = tmp_path / "state.safetensors"
    state = to_torch(network_of("monosemantic"), path).state_dict()
    loaded = load_file(path)
    assert list(loaded) == sorted(state)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state.items())
    with pytest.raises(OptionError, match="path"):
        to_torch(network_of("monosemantic"), 5)


def test_a_model_says_what_it_is():
    network = network_of("facts")
    model = onnx.load_from_string(to_onnx(network))
    said = {entry.key: entry.value for entry in model.metadata_props}
    assert (model.producer_name, model.producer_version) == ("polyseme", ps.__version__)
    assert json.loads(said["feature_names"]) == list(network.encoder.features)
    assert json.loads(said["output_names"]) == list(network.readout.outputs)
    made = network.provenance
    assert (said["construction"], said["active"], said["seed"], said["source"]) == (
        made.construction,
        str(made.active),
        str(made.seed),
        made.source,
    )
    assert f"at most {made.active} features on" in model.doc_string


def test_exporting_to_torch_draws_no_random_numbers():
    before = torch.random.get_rng_state()
    to_torch(network_of("deep"))
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_model_is_valid_and_says_what_it_takes(kind):
    network = _network(kind)
    model = onnx.load_from_string(to_onnx(network))
    onnx.checker.check_model(model, full_check=True)
    session = _session(to_onnx(network))
    (given,), outputs = session.get_inputs(), session.get_outputs()
    features, count = len(network.encoder.features), len(network.readout.outputs)
    assert (given.name, given.type, given.shape) == (
        "features",
        "tensor(float)",
        ["batch", features],
    )
    assert [(each.name, each.type, each.shape) for each in outputs] == [
        ("outputs", "tensor(float)", ["batch", count]),
        ("on", "tensor(bool)", ["batch", count]),
    ]


def test_onnx_keeps_weights_as_the_integers_they_are():
    network = network_of("deep")
    model = onnx.load_from_string(to_onnx(network))
    stored = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    for number, layer in enumerate(network.layers):
        assert stored[f"layer{number}.weights"].dtype == layer.weights.dtype
        assert np.array_equal(stored[f"layer{number}.weights"], layer.weights)


def test_the_model_of_a_sparse_encoder_stays_small():
    network = network_of("pooled")
    readout = 2 * 4 * len(network.readout.outputs) * network.neurons
    assert len(to_onnx(network)) < readout / 4


def test_the_same_network_gives_the_same_model():
    assert to_onnx(network_of("deep")) == to_onnx(network_of("deep"))


def test_a_model_is_saved_whole(tmp_path):
    network = network_of("facts")
    model = network.to_onnx(tmp_path / "net.onnx")
    assert model == network.to_onnx()
    assert [each.name for each in tmp_path.iterdir()] == ["net.onnx"]
    assert (tmp_path / "net.onnx").read_bytes() == to_onnx(network)


@pytest.mark.parametrize("export", [to_torch, to_onnx])
@pytest.mark.parametrize(
    ("kind", "limit", "message"),
    [
        ("pairwise", 700_000, r"would take 7\d\d,\d\d\d bytes \(the encoder 307,200 bytes, layers"),
        ("mixed", 2039, r"layers [\d,]+ bytes.*; at most 2,039 bytes"),
        ("pooled", 1_000_000, "the readout 6,400,000 bytes"),
    ],
)
def test_what_would_be_too_large_dense_is_refused(export, kind, limit, message, monkeypatch):
    monkeypatch.setattr(dense_module, "MAX_DENSE_BYTES", limit)
    with pytest.raises(CapacityError, match=message) as caught:
        export(network_of(kind))
    assert "\n" not in str(caught.value)


def test_a_model_too_large_for_its_format_is_refused(monkeypatch):
    monkeypatch.setattr(onnx_module, "MAX_TENSOR_BYTES", 1000)
    with pytest.raises(CapacityError, match=r"tensors take [\d,]+ bytes.* at most 1,000"):
        to_onnx(network_of("deep"))


@pytest.mark.parametrize(("export", "extra"), [(to_torch, "torch"), (to_onnx, "onnx")])
def test_a_missing_extra_is_named(export, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, extra, None)
    with pytest.raises(MissingExtraError, match=rf'pip install "polyseme\[{extra}\]"'):
        export(network_of("deep"))
