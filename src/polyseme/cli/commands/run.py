"""`polyseme run`: run a network on features by name."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.cli.named_features import named_features
from polyseme.cli.options import AsJson, NetworkFile, Unsigned
from polyseme.cli.output.text import emit, emit_json, remark
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.networks.saving.files import load


def run_command(
    network_file: NetworkFile,
    features: Annotated[
        list[str] | None,
        typer.Option(
            "--on",
            metavar="FEATURE[,FEATURE…]",
            help="Features to switch on; without it all are off. A text that is the name of a "
            "feature is taken whole. Else it is one line of CSV: commas separate names, a name "
            "that holds commas stands in double quotes, and a quote in it is doubled. The option "
            "may be repeated.",
            show_default=False,
        ),
    ] = None,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
) -> int:
    """Run NET with some features on and print the outputs that are on, one per line.

    Example: polyseme run net.safetensors --on x3,x17
    Example: polyseme run facts.safetensors --on "Korea, South" --on capital
    Example: polyseme run facts.safetensors --on '"Korea, South",capital'
    """
    with watched(True):
        with phase(f"reading {network_file}"):
            network = load(network_file, key=False, unsigned=unsigned)
        on = named_features(network.encoder.features, features or (), "--on")
        with phase("running"):
            outputs = network.run(on)
    if as_json:
        emit_json({"on": on, "outputs": outputs})
    elif outputs:
        emit("\n".join(outputs))
    else:
        remark("no output is on")
    return 0
