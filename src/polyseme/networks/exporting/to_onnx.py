"""A network as an ONNX graph of standard operators, which other runtimes load and run.

The file holds the integers of the network, and encoder, readout and sparse layers as lists of
entries; the runtime widens and scatters them when it loads the graph.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_onnx
from polyseme.common.files import write_whole
from polyseme.common.version import VERSION
from polyseme.errors import CapacityError
from polyseme.networks.checks import check_path
from polyseme.networks.exporting.dense import check_dense, finite_thresholds
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

if TYPE_CHECKING:
    import onnx

# Protocol buffers hold less than 2 GiB; the graph around the tensors takes a few kilobytes.
MAX_TENSOR_BYTES = 2**31 - 2**20
_OPSET, _IR_VERSION = 18, 8


def to_onnx(network: Network, path: str | os.PathLike[str] | None = None) -> bytes:
    """Return the network as a serialised ONNX model; the same bytes for the same network.

    With a `path` they are also written there, whole or not at all.

    Input `features` float32 (batch, features) holds rows of 0 and 1. Output `outputs` float32
    (batch, outputs) holds readings minus thresholds, and `on` (Boolean, same shape) is true if they
    are 0 or more. That agrees with `outputs_on` exactly in a network of one hidden layer, and up to
    rounding in a deeper one. The activations of layer i are the value `relu<i>`, `clip<i>`
    where the layer is clipped, or `square<i>` where it squares; `stream<i>` is these and behind
    them the numbers that the layer carries, if any. The metadata hold the names of features and
    outputs as lists in JSON, and the source, construction, promise (`active`) and seed.

    Raises MissingExtraError without onnx, and CapacityError when encoder, layers and readout would
    exceed 4 GiB once scattered, all together, or the file the 2 GiB that the format allows.
    """
    if path is not None:
        check_path(path)
    check_dense(network)
    graph = _Graph()
    _add_encoder(graph, network)
    hidden = _add_layers(graph, network)
    _add_readout(graph, network, hidden)
    model = graph.serialised(network)
    if path is not None:
        write_whole(path, model)
    return model


class _Graph:
    """Collects nodes and tensors, counting bytes before they are copied into a message."""

    def __init__(self) -> None:
        self._onnx = import_onnx("to_onnx")
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: dict[str, NDArray[Any]] = {}

    def tensor(self, name: str, values: NDArray[Any]) -> str:
        """Store a tensor; return its name."""
        self._tensors[name] = values
        return name

    def node(self, kind: str, output: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one output; return that output's name."""
        made = self._onnx.helper.make_node(
            kind, list(inputs), [output], name=f"make_{output}", **attributes
        )
        self._nodes.append(made)
        return output

    def as_floats(self, name: str, values: NDArray[Any]) -> str:
        """Store whole numbers as they are; return the name of them as float32."""
        if values.dtype == np.float32:
            return self.tensor(name, values)
        kind = self._onnx.TensorProto.FLOAT
        return self.node("Cast", f"{name}.floats", self.tensor(name, values), to=kind)

    def scattered(
        self, name: str, shape: tuple[int, int], places: NDArray[np.int64], values: NDArray[Any]
    ) -> str:
        """Return a float32 matrix: the sums of `values` at flat `places`, 0 elsewhere."""
        size = self.tensor(f"{name}.size", np.array([shape[0] * shape[1]]))
        empty = self.node("ConstantOfShape", f"{name}.empty", size)
        entries = self.as_floats(f"{name}.values", values)
        where = self.tensor(f"{name}.places", places)
        filled = self.node(
            "ScatterElements", f"{name}.filled", empty, where, entries, axis=0, reduction="add"
        )
        return self.node(
            "Reshape", f"{name}.matrix", filled, self.tensor(f"{name}.shape", np.array(shape))
        )

    def serialised(self, network: Network) -> bytes:
        """Return the finished model, which says what it is."""
        features, outputs = len(network.encoder.features), len(network.readout.outputs)
        size = sum(values.nbytes for values in self._tensors.values())
        if size > MAX_TENSOR_BYTES:
            raise CapacityError(
                f"the network's tensors take {size:,} bytes; an ONNX file holds at most "
                f"{MAX_TENSOR_BYTES:,}"
            )
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        graph = helper.make_graph(
            self._nodes,
            "polyseme",
            [helper.make_tensor_value_info("features", kinds.FLOAT, ["batch", features])],
            [
                helper.make_tensor_value_info("outputs", kinds.FLOAT, ["batch", outputs]),
                helper.make_tensor_value_info("on", kinds.BOOL, ["batch", outputs]),
            ],
            [
                self._onnx.numpy_helper.from_array(np.ascontiguousarray(values), name)
                for name, values in self._tensors.items()
            ],
        )
        opset = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(
            graph,
            opset_imports=opset,
            ir_version=_IR_VERSION,
            producer_name="polyseme",
            producer_version=VERSION,
            doc_string=_described(network),
        )
        helper.set_model_props(model, _properties(network))
        return bytes(model.SerializeToString(deterministic=True))


def _described(network: Network) -> str:
    """Return what the model computes, in a sentence or two."""
    made = network.provenance
    return (
        f"{made.source}, compiled by polyseme {VERSION} ({made.construction}, seed {made.seed}) "
        f"for at most {made.active} features on. An output is on if its value is 0 or more; "
        "metadata name features and outputs."
    )


def _properties(network: Network) -> dict[str, str]:
    made = network.provenance
    told = {"source": made.source, "construction": made.construction, "note": made.note}
    counts = {"active": made.active, "seed": made.seed, "gates": made.gates}
    names = {"feature_names": network.encoder.features, "output_names": network.readout.outputs}
    return {
        **told,
        **{name: str(count) for name, count in counts.items()},
        **{name: json.dumps(list(listed)) for name, listed in names.items()},
    }


def _add_encoder(graph: _Graph, network: Network) -> None:
    code = network.encoder.code
    rows = np.repeat(np.arange(code.features, dtype=np.int64), code.weight)
    matrix = graph.scattered(
        "encoder",
        (code.features, code.neurons),
        rows * code.neurons + code.positions.ravel(),
        code.signs.ravel(),
    )
    graph.node("MatMul", "encoder", "features", matrix)


def _add_layers(graph: _Graph, network: Network) -> str:
    """Add the hidden layers; return the name of the last activations."""
    values = "encoder"
    graph.tensor("zero", np.zeros((), np.float32))
    for number, layer in enumerate(network.layers):
        weights = _add_weights(graph, f"layer{number}.weights", layer)
        bias = graph.as_floats(f"layer{number}.bias", layer.bias)
        # The square of a scaled sum would be scaled twice.
        scale = float(layer.scale) if layer.activation.scales else 1.0
        sums = graph.node(
            "Gemm", f"layer{number}", values, weights, bias, alpha=scale, beta=scale, transB=1
        )
        writer = _OnnxWriter(graph, number, sums)
        computed = layer.activation.write(writer, float(layer.scale))
        if len(layer.carried):
            places = graph.tensor(f"layer{number}.carried", layer.carried.astype(np.int64))
            passed = graph.node("Gather", f"carried{number}", values, places, axis=1)
            computed = graph.node("Concat", f"stream{number}", computed, passed, axis=1)
        values = computed
    return values


@dataclass(frozen=True)
class _OnnxWriter:
    """Activations as nodes behind the sums of a layer; each returns the name of the units."""

    graph: _Graph
    number: int
    sums: str

    def relu(self) -> str:
        """Add a Relu."""
        return self.graph.node("Relu", f"relu{self.number}", self.sums)

    def clip(self, highest: float) -> str:
        """Add a Clip from 0."""
        cap = self.graph.tensor(f"layer{self.number}.cap", np.array(highest, np.float32))
        return self.graph.node("Clip", f"clip{self.number}", self.sums, "zero", cap)

    def square(self, scale: float) -> str:
        """Add two products."""
        factor = self.graph.tensor(f"layer{self.number}.scale", np.array(scale, np.float32))
        square = self.graph.node("Mul", f"layer{self.number}.square", self.sums, self.sums)
        return self.graph.node("Mul", f"square{self.number}", square, factor)


def _add_weights(graph: _Graph, name: str, layer: Layer) -> str:
    """Add a weight matrix (units, inputs); return the name of it in float32."""
    if not layer.is_sparse:
        return graph.as_floats(name, layer.weights)
    row = np.repeat(np.arange(layer.units, dtype=np.int64), np.diff(layer.weights.indptr))
    places = row * layer.inputs + layer.weights.indices
    return graph.scattered(name, (layer.units, layer.inputs), places, layer.weights.data)


def _add_readout(graph: _Graph, network: Network, hidden: str) -> None:
    readout, outputs = network.readout, len(network.readout.outputs)
    column = np.repeat(np.arange(outputs, dtype=np.int64), np.diff(readout.offsets))
    matrix = graph.scattered(
        "readout",
        (network.layers[-1].width, outputs),
        readout.neurons.astype(np.int64) * outputs + column,
        readout.weights,
    )
    bias = graph.tensor("readout.bias", -finite_thresholds(network))
    graph.node("Gemm", "outputs", hidden, matrix, bias)
    graph.node("GreaterOrEqual", "on", "outputs", "zero")
