"""`polyseme run`: run a network on features by name."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.circuits.names import Names
from polyseme.cli.options import AsJson, NetworkFile
from polyseme.cli.output.text import emit, emit_json, remark
from polyseme.networks.saving.files import load


def run_command(
    network_file: NetworkFile,
    features: Annotated[
        list[str],
        typer.Option(
            "--on",
            metavar="FEATURE[,FEATURE…]",
            help="Features to switch on. The option may be repeated, and a name may hold commas.",
            show_default=False,
        ),
    ],
    as_json: AsJson = False,
) -> int:
    """Run NET with some features on and print the outputs that are on, one per line.

    Example: polyseme run net.safetensors --on x3,x17
    """
    network = load(network_file, key=False)
    on = _names_on(network.encoder.features, features)
    outputs = network.run(on)
    if as_json:
        emit_json({"on": on, "outputs": outputs})
    elif outputs:
        emit("\n".join(outputs))
    else:
        remark("no output is on")
    return 0


def _names_on(names: Names, given: list[str]) -> list[str]:
    """Return every feature named, once; a text that is no name is split at its commas."""
    pieces = (
        piece
        for text in given
        for piece in (text.split(",") if names.find(text) is None else [text])
    )
    found = {names[names.position(piece.strip())]: None for piece in pieces}
    return list(found)
