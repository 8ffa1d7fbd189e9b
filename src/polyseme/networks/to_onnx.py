"""A network as an ONNX graph of standard operators, which other runtimes load and run.

The file holds the integers of the network, and the sparse encoder and readout as lists of entries;
the runtime widens and scatters them when it loads the graph.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import MissingExtraError, PolysemeError
from polyseme.networks.dense import check_dense, finite_thresholds
from polyseme.networks.files import write_whole
from polyseme.networks.network import Network

if TYPE_CHECKING:
    import onnx

# Protocol buffers hold less than 2 GiB; the graph around the tensors takes a few kilobytes.
MAX_TENSOR_BYTES = 2**31 - 2**20
_OPSET, _IR_VERSION = 18, 8


def save_onnx(network: Network, path: str | os.PathLike[str]) -> None:
    """Write `to_onnx(network)` to a file, whole or not at all; raises the same errors."""
    write_whole(path, to_onnx(network))


def to_onnx(network: Network) -> bytes:
    """Return the network as a serialised ONNX model; the same bytes for the same network.

    Input `features` float32 (batch, features) holds rows of 0 and 1. Output `outputs` float32
    (batch, outputs) holds readings minus thresholds, and `on` (Boolean, same shape) says where they
    are 0 or more, which is exactly where `outputs_on` says so. The activations of layer i are the
    value `relu<i>`.

    Raises MissingExtraError without onnx, and PolysemeError when encoder or readout would exceed
    4 GiB once scattered, or the file the 2 GiB that the format allows.
    """
    check_dense(network)
    graph = _Graph()
    _add_encoder(graph, network)
    hidden = _add_layers(graph, network)
    _add_readout(graph, network, hidden)
    return graph.serialised(len(network.encoder.features), len(network.readout.outputs))


class _Graph:
    """Collects nodes and tensors, counting bytes before they are copied into a message."""

    def __init__(self) -> None:
        self._onnx = _import_onnx()
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
        kind = self._onnx.TensorProto.FLOAT
        return self.node("Cast", f"{name}.floats", self.tensor(name, values), to=kind)

    def scattered(
        self, name: str, shape: tuple[int, int], places: NDArray[np.int64], values: NDArray[Any]
    ) -> str:
        """A float32 matrix that is `values` at flat `places` (added where equal), 0 elsewhere."""
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

    def serialised(self, features: int, outputs: int) -> bytes:
        """The finished model."""
        size = sum(values.nbytes for values in self._tensors.values())
        if size > MAX_TENSOR_BYTES:
            raise PolysemeError(
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
            graph, opset_imports=opset, ir_version=_IR_VERSION, producer_name="polyseme"
        )
        return bytes(model.SerializeToString(deterministic=True))


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
    for number, layer in enumerate(network.layers):
        weights = graph.as_floats(f"layer{number}.weights", layer.weights)
        bias = graph.as_floats(f"layer{number}.bias", layer.bias)
        scale = float(layer.scale)
        sums = graph.node(
            "Gemm", f"layer{number}", values, weights, bias, alpha=scale, beta=scale, transB=1
        )
        values = graph.node("Relu", f"relu{number}", sums)
    return values


def _add_readout(graph: _Graph, network: Network, hidden: str) -> None:
    readout, outputs = network.readout, len(network.readout.outputs)
    column = np.repeat(np.arange(outputs, dtype=np.int64), np.diff(readout.offsets))
    matrix = graph.scattered(
        "readout",
        (network.layers[-1].neurons, outputs),
        readout.neurons.astype(np.int64) * outputs + column,
        readout.weights,
    )
    bias = graph.tensor("readout.bias", -finite_thresholds(network))
    graph.node("Gemm", "outputs", hidden, matrix, bias)
    zero = graph.tensor("zero", np.zeros((), np.float32))
    graph.node("GreaterOrEqual", "on", "outputs", zero)


def _import_onnx() -> Any:
    try:
        import onnx
    except ImportError:
        raise MissingExtraError("to_onnx needs onnx: pip install polyseme[onnx]") from None
    return onnx
