"""`polyseme edit`: change facts of a compiled table in its weights."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.cli.options import AsJson, NetworkFile, Unsigned
from polyseme.cli.output.text import emit, emit_json
from polyseme.common.files import shown_path
from polyseme.common.files.targets import check_output
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.errors import OptionError
from polyseme.interpret.editing.edit import edit
from polyseme.networks.saving.files import key_path, load


def edit_command(
    network_file: NetworkFile,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="NET2",
            help="The network file to write; its answer key is written beside it.",
            show_default=False,
        ),
    ],
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="'SUBJECT: RELATION=OBJECT'",
            help="A fact to set, in place of what the subject has for the relation; may be given "
            "several times.",
            show_default=False,
        ),
    ] = None,
    removed: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="'SUBJECT: RELATION'",
            help="Facts to remove; may be given several times.",
            show_default=False,
        ),
    ] = None,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
) -> int:
    """Change facts of a compiled table in its weights, and ask every fact afterwards.

    Example: polyseme edit net.safetensors --set 'JFK: country=FR' -o edited.safetensors

    Exit status 1 says that an edit did not take, or that another fact is wrong.
    """
    check_output(output, (network_file,))
    with watched(True):
        with phase(f"reading {network_file}"):
            network = load(network_file, unsigned=unsigned)
        if network.key is None:
            raise OptionError(
                f"{network_file}: no answer key {key_path(network_file).name} is beside it, and "
                "edits are derived from that"
            )
        edited = edit(network, set=given or (), remove=removed or ())
    edited.network.save(output, key=True)
    if as_json:
        emit_json(
            {
                "file": output,
                "changed": list(edited.changed),
                "failed": list(edited.failed),
                "facts_checked": edited.facts_checked,
                "disturbed": list(edited.disturbed),
            }
        )
    else:
        wrong = [f"  wrong  {fact}" for fact in (*edited.failed, *edited.disturbed)]
        emit("\n".join([f"{shown_path(output)}: {edited}", *wrong]))
    return int(bool(edited.failed or edited.disturbed))
