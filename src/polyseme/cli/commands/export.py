"""`polyseme export`: write a network for other programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from polyseme.cli.options import AsJson, NetworkFile, Unsigned
from polyseme.cli.output_files import checked_output, emit_written
from polyseme.common.files import Piece, shown_path, write_whole
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError
from polyseme.networks.exporting.to_onnx import to_onnx
from polyseme.networks.exporting.to_torch import to_torch
from polyseme.networks.exporting.torch_file import file_bytes
from polyseme.networks.network import Network
from polyseme.networks.saving.files import key_beside, load
from polyseme.proving.vnnlib import to_vnnlib


def export_command(
    network_file: NetworkFile,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="torch (plain layers: a file for torch.load(weights_only=True), with "
            "architecture and names, or the state dict alone where FILE ends in .safetensors), "
            "onnx, card (a page of Markdown that says what NET is), or the property that outputs "
            "are right, for verifiers that read the onnx file: vnnlib (version 1.0) or vnnlib2.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file to write; - is standard output.",
            show_default=False,
        ),
    ],
    of: Annotated[
        list[str] | None,
        typer.Option(
            "--of",
            metavar="OUTPUT",
            help="With vnnlib, an output that the property is about; may be repeated. By default "
            "all.",
        ),
    ] = None,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
) -> int:
    """Write NET in a format that other programs read.

    Example: polyseme export net.safetensors --to torch -o net.pt
    Example: polyseme export net.safetensors --to onnx -o net.onnx
    Example: polyseme export net.safetensors --to card -o README.md
    Example: polyseme export net.safetensors --to vnnlib --of g0 -o g0.vnnlib
    """
    if to not in _FORMATS:
        raise OptionError(
            f"--to {to[:40]!r} must be one of {', '.join(_FORMATS)}{did_you_mean(to, _FORMATS)}"
        )
    about_outputs = to in _PROPERTIES
    if of and not about_outputs:
        raise OptionError(f"--of goes with {' and '.join(_PROPERTIES)}, not with {to}")
    key = str(key_beside(network_file) or network_file)
    output = checked_output(output, (network_file, key), as_json)
    with watched(True):
        with phase(f"reading {network_file}"):
            network = load(network_file, key=None if about_outputs else False, unsigned=unsigned)
        with phase(f"writing {output}"):
            content = (
                _property(network, of, to) if about_outputs else _NETWORKS[to](network, output)
            )
            write_whole(output, content)
    fields = {"file": output, "format": to, "bytes": len(content)}
    emit_written(output, fields, f"{shown_path(output)}: {len(content):,} bytes written", as_json)
    return 0


def _torch(network: Network, output: str) -> Piece:
    return file_bytes(network, to_torch(network), output)


def _onnx(network: Network, output: str) -> bytes:
    return to_onnx(network)


def _card(network: Network, output: str) -> bytes:
    return network.card().encode()


def _property(network: Network, outputs: list[str] | None, to: str) -> bytes:
    return to_vnnlib(network, outputs or None, version=_PROPERTIES[to]).encode()


_NETWORKS: dict[str, Callable[[Network, str], Piece]] = {
    "torch": _torch,
    "onnx": _onnx,
    "card": _card,
}
# Formats of properties, and their versions of VNN-LIB.
_PROPERTIES = {"vnnlib": "1.0", "vnnlib2": "2.0"}
_FORMATS = (*_NETWORKS, *_PROPERTIES)
