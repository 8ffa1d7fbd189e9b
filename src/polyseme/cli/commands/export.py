"""`polyseme export`: write a network for other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from polyseme.cli.options import AsJson, Unsigned
from polyseme.cli.output_files import checked_output, emit_written
from polyseme.common.files import Piece, shown_path, write_whole
from polyseme.common.files.folders import check_new_folder
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.exporting.export import export_suite
from polyseme.networks.exporting.to_onnx import to_onnx
from polyseme.networks.exporting.to_torch import to_torch
from polyseme.networks.exporting.torch_file import file_bytes
from polyseme.networks.network import Network
from polyseme.networks.saving.files import key_beside, load
from polyseme.proving.vnnlib import to_vnnlib


def export_command(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="torch (plain layers: a file for torch.load(weights_only=True), with "
            "architecture and names, or the state dict alone where FILE ends in .safetensors), "
            "onnx, card (a page of Markdown that says what NET is), the property that outputs "
            "are right, for verifiers that read the onnx file: vnnlib (version 1.0) or vnnlib2, or "
            "dataset (a folder of networks and answer keys for Hugging Face, with a Croissant "
            "file).",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file to write, - for standard output; of a dataset the folder to make.",
            show_default=False,
        ),
    ],
    network_files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NET", help="A network file; of a dataset several.", show_default=False
        ),
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(
            "--of",
            metavar="OUTPUT",
            help="With vnnlib, an output that the property is about; may be repeated. By default "
            "all.",
        ),
    ] = None,
    suite: Annotated[
        str | None,
        typer.Option(
            "--suite",
            metavar="SUITE",
            help="Instead of NET, networks of the benchmark as a dataset: small or core.",
        ),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            "--licence",
            metavar="LICENCE",
            help="What the networks of a dataset are under, such as mit or cc-by-4.0; by default "
            "other, and mit for a suite.",
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
    Example: polyseme export --suite small --to dataset -o networks
    """
    files = network_files or []
    _check_options(files, to, of, suite, licence)
    if to == _DATASET:
        _write_dataset(suite or files, output, licence, unsigned, as_json)
    else:
        _write_file(files[0], to, output, of, unsigned, as_json)
    return 0


def _check_options(
    files: list[str],
    to: str,
    of: list[str] | None,
    suite: str | None,
    licence: str | None,
) -> None:
    """Raise OptionError where options do not go together."""
    if to not in _FORMATS:
        raise OptionError(
            f"--to {to[:40]!r} must be one of {', '.join(_FORMATS)}{did_you_mean(to, _FORMATS)}"
        )
    if of and to not in _PROPERTIES:
        raise OptionError(f"--of goes with {' and '.join(_PROPERTIES)}, not with {to}")
    if to != _DATASET and (suite is not None or licence is not None):
        raise OptionError(f"--suite and --licence go with {_DATASET}, not with {to}")
    if to != _DATASET and len(files) != 1:
        raise OptionError(f"{to} is of one network file, and {len(files)} are named")
    if to == _DATASET and bool(files) == (suite is not None):
        raise OptionError(f"{_DATASET} is of network files or of a --suite; name one of the two")
    if suite is not None and licence is not None:
        raise OptionError("--licence goes with network files; a suite is under mit")


def _write_dataset(
    networks: str | list[str], folder: str, licence: str | None, unsigned: bool, as_json: bool
) -> None:
    if folder == "-":
        raise OptionError(f"a {_DATASET} is a folder; --output - is standard output")
    check_new_folder(folder)
    with watched(True):
        given = networks if isinstance(networks, str) else _by_name(networks, unsigned)
        export_suite(given, folder, licence=licence or "other")
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    fields = {"folder": folder, "format": _DATASET, "files": len(files), "bytes": size}
    text = f"{shown_path(folder)}: {len(files):,} files, {size:,} bytes written"
    emit_written(folder, fields, text, as_json)


def _by_name(files: list[str], unsigned: bool) -> dict[str, Network]:
    """Return networks by the names of their files."""
    found = {}
    for file in files:
        name = Path(file).name.removesuffix(".safetensors")
        if name in found:
            raise OptionError(f"two network files are named {name[:40]!r}")
        with phase(f"reading {file}"):
            found[name] = load(file, unsigned=unsigned)
    return found


def _write_file(
    network_file: str,
    to: str,
    output: str,
    of: list[str] | None,
    unsigned: bool,
    as_json: bool,
) -> None:
    about_outputs = to in _PROPERTIES
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
_DATASET = "dataset"
_FORMATS = (*_NETWORKS, *_PROPERTIES, _DATASET)
