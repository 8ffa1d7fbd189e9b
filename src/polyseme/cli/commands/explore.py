"""`polyseme explore`: show a network in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.cli.options import AsJson, NetworkFile, Unsigned, whole
from polyseme.cli.output.text import emit, emit_json
from polyseme.common.files import write_whole
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.errors import OptionError
from polyseme.explorer.page import exported_page
from polyseme.explorer.server import serve
from polyseme.networks.saving.files import load

_PORTS = 65535


def explore_command(
    network_file: NetworkFile,
    export: Annotated[
        str | None,
        typer.Option(
            "--export",
            metavar="FILE.html",
            help="Write one self-contained page instead of serving.",
            show_default=False,
        ),
    ] = None,
    beside: Annotated[
        str | None,
        typer.Option(
            "--beside",
            metavar="OTHER",
            help="Another network of the same circuit to compare with, a refined one say.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="P",
            parser=whole(0, _PORTS),
            help="The port of the server; 0 takes a free one.",
        ),
    ] = 0,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
) -> int:
    """Show NET in a browser: search by name, switch features on, ask why.

    The server answers on this machine only, until it is interrupted (Ctrl-C). Purposes are shown if
    the answer key is beside NET.

    Example: polyseme explore net.safetensors
    Example: polyseme explore net.safetensors --export net.html
    Example: polyseme explore net.safetensors --beside refined.safetensors
    """
    if export is not None and not export.endswith(".html"):
        raise OptionError(f"--export {export}: the name of a page must end in .html")
    with watched(True), phase(f"reading {network_file}"):
        network = load(network_file, unsigned=unsigned)
        other = None if beside is None else load(beside, key=False, unsigned=unsigned)
    if export is not None:
        with watched(True), phase("writing the page"):
            page = exported_page(network, other).encode()
            write_whole(export, page)
        told = {"page": export, "bytes": len(page)}
        emit_json(told) if as_json else emit(f"wrote {export}")
        return 0

    def ready(address: str) -> None:
        emit_json({"address": address}) if as_json else emit(f"{address} (Ctrl-C ends it)")

    serve(network, port, ready, other)
    return 0
