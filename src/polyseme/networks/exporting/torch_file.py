"""The file of a torch export: weights, architecture and names, as `docs/torch.md` describes."""

from __future__ import annotations

import io
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from polyseme.common.extras import import_torch
from polyseme.common.files import Piece
from polyseme.networks.network import Network

if TYPE_CHECKING:
    import torch

FORMAT, FORMAT_VERSION = "polyseme-torch", 1
_SAFETENSORS = ".safetensors"


def file_bytes(network: Network, module: torch.nn.Module, path: str | os.PathLike[str]) -> Piece:
    """Return what a file of this name holds: weights alone as safetensors, or everything.

    Everything is a dict of plain values and tensors, which `torch.load(weights_only=True)` opens.
    """
    if os.fspath(path).endswith(_SAFETENSORS):
        return state_bytes(module)
    content = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "architecture": architecture(network),
        "state_dict": module.state_dict(),
        "feature_names": list(network.encoder.features),
        "output_names": list(network.readout.outputs),
        "provenance": asdict(network.provenance),
    }
    file = io.BytesIO()
    import_torch("to_torch").save(content, file)
    # Without another copy.
    return file.getbuffer()


def state_bytes(module: torch.nn.Module) -> bytes:
    """Return the state dict of a module as safetensors, which hold no code."""
    from safetensors.numpy import save

    state = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    return save(state, {"format": "pt"})


def architecture(network: Network) -> list[dict[str, Any]]:
    """Return what computes, in order, each by its name, kind and constants.

    Names are those of the modules of `to_torch`; shapes are the weights'. The sites for hooks
    compute nothing and are left out.
    """
    modules: list[dict[str, Any]] = [{"name": "encoder", "kind": "linear", "bias": False}]
    for number, layer in enumerate(network.layers):
        name = f"layers.{number}"
        parts = [
            {"name": f"{name}.linear", "kind": "linear", "bias": True},
            {"name": f"{name}.activation"}
            | layer.activation.write(_Describer(), float(layer.scale)),
        ]
        if len(layer.carried):
            modules.append({"name": name, "kind": "residual", "parts": parts})
        else:
            modules += parts
    return [*modules, {"name": "readout", "kind": "linear", "bias": True}]


class _Describer:
    """Activations in words, behind a linear map that the scale is folded into."""

    def relu(self) -> dict[str, Any]:
        """Return max(x, 0)."""
        return {"kind": "relu"}

    def clip(self, highest: float) -> dict[str, Any]:
        """Return min(max(x, 0), highest)."""
        return {"kind": "clip", "highest": highest}

    def square(self, scale: float) -> dict[str, Any]:
        """Return a factor times x * x; x is scaled already, and its square would be twice."""
        return {"kind": "square", "factor": 1 / scale}
