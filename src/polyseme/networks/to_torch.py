"""A network as plain torch layers, for interpretability tools that hook modules by name."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import MissingExtraError
from polyseme.networks.dense import (
    check_dense,
    dense_encoder,
    dense_readout,
    finite_thresholds,
)
from polyseme.networks.network import Layer, Network

if TYPE_CHECKING:
    import torch


def to_torch(network: Network) -> torch.nn.Module:
    """Return the network as a `torch.nn.Sequential` in float32.

    Its modules are named `encoder` (Linear without bias, features to dimensions), `layer0`,
    `relu0`, `layer1`, `relu1`, ... (Linear and ReLU; the scale is folded into weights and bias,
    exactly, as it is a power of two) and `readout` (Linear, last neurons to outputs, bias minus
    threshold). It takes rows of 0 and 1, (samples, features), and returns (samples, outputs): an
    output is on where its value is 0 or more, for exactly the inputs where `outputs_on` says so.
    Names are in the lists `feature_names` and `output_names`.

    Raises MissingExtraError without torch, and PolysemeError when encoder or readout would exceed
    4 GiB as a dense matrix.
    """
    check_dense(network)
    nn = _import_torch().nn
    modules: OrderedDict[str, torch.nn.Module] = OrderedDict()
    modules["encoder"] = _linear(dense_encoder(network), None)
    for number, layer in enumerate(network.layers):
        modules[f"layer{number}"] = _linear(*_scaled(layer))
        modules[f"relu{number}"] = nn.ReLU()
    modules["readout"] = _linear(dense_readout(network), -finite_thresholds(network))
    sequential: torch.nn.Module = nn.Sequential(modules)
    # Past nn.Module's own attribute setting, which is typed for tensors and modules only.
    vars(sequential).update(
        feature_names=list(network.encoder.features), output_names=list(network.readout.outputs)
    )
    return sequential


def _import_torch() -> Any:
    try:
        import torch
    except ImportError:
        raise MissingExtraError("to_torch needs torch: pip install polyseme[torch]") from None
    return torch


def _scaled(layer: Layer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scale = np.float32(layer.scale)
    return layer.weights.astype(np.float32) * scale, layer.bias.astype(np.float32) * scale


def _linear(weights: NDArray[np.float32], bias: NDArray[np.float32] | None) -> torch.nn.Module:
    """A Linear with these weights, (outputs, inputs), never initialised at random."""
    library = _import_torch()
    outputs, inputs = weights.shape
    linear: torch.nn.Module = library.nn.Linear(
        inputs, outputs, bias=bias is not None, device="meta"
    )
    linear.weight = library.nn.Parameter(library.from_numpy(weights))
    if bias is not None:
        linear.bias = library.nn.Parameter(library.from_numpy(bias))
    return linear
