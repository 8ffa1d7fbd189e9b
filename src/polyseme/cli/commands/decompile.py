"""`polyseme decompile`: read the circuit of a network back from its weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import typer

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.names import Names
from polyseme.circuits.sources import read
from polyseme.circuits.writers.json_circuit import write_json
from polyseme.cli.options import AsJson, NetworkFile, Unsigned, active_option, circuit_argument
from polyseme.cli.output_files import checked_output, emit_written
from polyseme.common.files import shown_path
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.errors import OptionError
from polyseme.interpret.decompiling.agreement import Agreement, agreement, common_gates
from polyseme.interpret.decompiling.decompile import BLIND, Decompiled, decompile
from polyseme.networks.network import Network
from polyseme.networks.saving.files import load


def decompile_command(
    network_file: NetworkFile,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT.json",
            help="The circuit to write, JSON. - is standard output.",
            show_default=False,
        ),
    ],
    circuit_file: Annotated[
        str | None,
        circuit_argument("The true circuit, to compare with what is found: a SOURCE."),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option(
            "--blind",
            help="Read hidden weights and biases only: no encoder, no readout, no names. Features "
            "that share the numbers which the first layer reads cannot be told so.",
        ),
    ] = False,
    active: Annotated[
        int | None,
        active_option(
            "The most features of a term, for one hidden layer; by default the promise of NET."
        ),
    ] = None,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
) -> int:
    """Read the circuit of NET back from its weights, without the answer key.

    Example: polyseme decompile net.safetensors and2:features=200,gates=200 -o found.json

    Exit status 1 says that what was found differs from CIRCUIT on some input.
    """
    output = checked_output(output, filter(None, (network_file, circuit_file)), as_json)
    with watched(True):
        with phase(f"reading {network_file}"):
            network = load(network_file, unsigned=unsigned)
            truth = None if circuit_file is None else read(circuit_file)
        found = decompile(network, active=active, blind=blind)
        compared = None if truth is None else _compared(found, network, truth)
    write_json(found.circuit, output)
    text = f"{shown_path(output)}: {found}{_check(found)}"
    if compared is not None:
        text += f"\n{_sentence(compared)}"
    emit_written(output, _fields(output, found, compared), text, as_json)
    return int(compared is not None and compared.equivalent is False)


def _compared(found: Decompiled, network: Network, truth: Circuit) -> Agreement:
    """Return the agreement with the truth; blindly found gates get the names of the encoder."""
    if found.level != BLIND:
        return agreement(found.circuit, truth, network.provenance.active)
    code = network.encoder.code
    numbers = code.positions[:, 0]
    if code.weight > 1 or len(np.unique(numbers)) < code.features:
        raise OptionError("features share numbers of the encoder, so that gates have no names")
    given = list(found.circuit.features)
    for feature, number in enumerate(numbers.tolist()):
        given[number] = network.encoder.features[feature]
    named = replace(found.circuit, features=Names(given))
    return common_gates(*_in_one_order(named, truth))


def _in_one_order(found: Circuit, truth: Circuit) -> tuple[Circuit, Circuit]:
    """Return the circuits with the features of the truth in the order of those found."""
    place = np.array([found.features.position(name) for name in truth.features])
    wires = np.concatenate((place, len(found.features) + np.arange(truth.gates))).astype(np.int32)
    outputs = np.where(truth.outputs < 0, -1, wires[truth.outputs])
    moved = replace(truth, features=found.features, fan_in=wires[truth.fan_in], outputs=outputs)
    return found, moved


def _check(found: Decompiled) -> str:
    return "" if found.check is None else f"\nrun against it, {found.check}"


def _sentence(compared: Agreement) -> str:
    if compared.equivalent is None and not compared.tried:
        return (
            f"of {compared.gates:,} true gates {compared.common:,} were found, and "
            f"{compared.found - compared.common:,} others; outputs have no names"
        )
    words = {True: "equal on all inputs", False: "not equal", None: "no difference found"}
    tried = ""
    if compared.tried:
        which = "all inputs" if compared.exhaustive else "sampled inputs"
        tried = f" ({compared.different:,} of {compared.tried:,} {which} differ)"
    return (
        f"of {compared.gates:,} true gates {compared.common:,} were found, and "
        f"{compared.found - compared.common:,} others; the circuits are: "
        f"{words[compared.equivalent]}{tried}"
    )


def _fields(output: str, found: Decompiled, compared: Agreement | None) -> dict[str, Any]:
    check = found.check
    return {
        "file": output,
        "level": found.level,
        "gates": found.gates,
        "found": found.gates if compared is None else compared.common,
        "strays": found.strays,
        "unread": found.unread,
        "checked": None if check is None else check.samples,
        "check_wrong": None if check is None else check.wrong,
        "true_gates": None if compared is None else compared.gates,
        "precision": None if compared is None else compared.precision,
        "recall": None if compared is None else compared.recall,
        "equivalent": None if compared is None else compared.equivalent,
        "tried": None if compared is None else compared.tried,
    }
