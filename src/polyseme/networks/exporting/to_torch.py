"""Networks as plain torch layers, for interpretability tools that hook modules by name."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.common.files import write_whole
from polyseme.networks import sites
from polyseme.networks.checks import check_path
from polyseme.networks.exporting.dense import (
    check_dense,
    dense_encoder,
    dense_readout,
    finite_thresholds,
)
from polyseme.networks.exporting.torch_file import file_bytes
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

if TYPE_CHECKING:
    import torch


def to_torch(network: Network, path: str | os.PathLike[str] | None = None) -> torch.nn.Module:
    """Return the network as a `torch.nn.Sequential` in float32.

    With a `path` it is also written there, whole or not at all: as a file that
    `torch.load(weights_only=True)` opens, with architecture and names (`docs/torch.md`), or, where
    the path ends in .safetensors, its state dict alone as safetensors.

    Its modules are `encoder` (Linear without bias, features to dimensions), `layers`, one module
    per layer, and `readout` (Linear, last units to outputs, bias minus threshold). A layer is
    `linear` (the scale is folded into weights, bias and cap, exactly, as it is a power of two) and
    `activation` (ReLU, Hardtanh from 0 to the cap, or Square); where it carries numbers on, it is a
    `Residual`. Sparse layers become dense. Between them stand the sites of `networks/sites.py`,
    each an Identity. The module takes rows of 0 and 1, (samples, features), and returns (samples,
    outputs): an output is on if its value is 0 or more. That agrees with `outputs_on` exactly in a
    network of one hidden layer, and up to rounding in a deeper one.
    Names are in the lists `feature_names` and `output_names`.

    Raises MissingExtraError without torch, and CapacityError when encoder, layers and readout would
    exceed 4 GiB as dense matrices, all together.
    """
    if path is not None:
        check_path(path)
    check_dense(network)
    nn = import_torch("to_torch").nn
    from polyseme.networks.exporting.torch_modules import HookedNetwork

    modules: OrderedDict[str, torch.nn.Module] = OrderedDict()
    modules["encoder"] = _linear(dense_encoder(network), None)
    modules[sites.EMBED] = nn.Identity()
    numbered = enumerate(network.layers)
    modules["layers"] = nn.Sequential(
        OrderedDict((str(number), _torch_layer(layer)) for number, layer in numbered)
    )
    modules["readout"] = _linear(dense_readout(network), -finite_thresholds(network))
    modules[sites.READOUT] = nn.Identity()
    sequential = HookedNetwork(modules)
    # Past nn.Module's own attribute setting, which is typed for tensors and modules only.
    vars(sequential).update(
        feature_names=list(network.encoder.features), output_names=list(network.readout.outputs)
    )
    if path is not None:
        write_whole(path, file_bytes(network, sequential, path))
    return sequential


def _torch_layer(layer: Layer) -> torch.nn.Module:
    """Return a layer as a sequence of modules, which carries numbers on where the layer does."""
    nn = import_torch("to_torch").nn
    parts: OrderedDict[str, torch.nn.Module] = OrderedDict()
    parts["linear"] = _linear(*_scaled(layer))
    parts["hook_pre"] = nn.Identity()
    parts["activation"] = layer.activation.write(_TorchWriter(), float(layer.scale))
    parts["hook_post"] = nn.Identity()
    if len(layer.carried):
        from polyseme.networks.exporting.torch_modules import Residual

        return Residual(parts, layer.carried)
    sequence: torch.nn.Module = nn.Sequential(parts)
    return sequence


class _TorchWriter:
    """Activations as torch modules, behind a Linear that the scale is folded into."""

    def relu(self) -> torch.nn.Module:
        """Return a ReLU."""
        module: torch.nn.Module = import_torch("to_torch").nn.ReLU()
        return module

    def clip(self, highest: float) -> torch.nn.Module:
        """Return a Hardtanh from 0."""
        module: torch.nn.Module = import_torch("to_torch").nn.Hardtanh(0.0, highest)
        return module

    def square(self, scale: float) -> torch.nn.Module:
        """Return a square; the square of a scaled sum would be scaled twice."""
        from polyseme.networks.exporting.torch_modules import Square

        return Square(1 / scale)


def _scaled(layer: Layer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scale = np.float32(layer.scale)
    weights = layer.weights.toarray() if layer.is_sparse else layer.weights
    return weights.astype(np.float32) * scale, layer.bias.astype(np.float32) * scale


def _linear(weights: NDArray[np.float32], bias: NDArray[np.float32] | None) -> torch.nn.Module:
    """Return a Linear with these weights, (outputs, inputs), never initialised at random."""
    library = import_torch("to_torch")
    outputs, inputs = weights.shape
    linear: torch.nn.Module = library.nn.Linear(
        inputs, outputs, bias=bias is not None, device="meta"
    )
    linear.weight = library.nn.Parameter(library.from_numpy(weights))
    if bias is not None:
        linear.bias = library.nn.Parameter(library.from_numpy(bias))
    return linear
