"""`polyseme prove`: prove a network right on every input, or print one that it gets wrong."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.logic_files import logic_reader
from polyseme.circuits.sources import read
from polyseme.cli.named_features import named_features
from polyseme.cli.options import AsJson, NetworkFile, active_option, circuit_argument
from polyseme.cli.output.prove_report import emit_proof, emit_wrong_pairs
from polyseme.common.files.targets import check_output
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import PolysemeError
from polyseme.networks.network import Network
from polyseme.networks.saving.files import key_path, load, load_key
from polyseme.proving.certificate import write_certificate
from polyseme.proving.proof import METHODS
from polyseme.proving.prove import AUTO, is_exact, prove
from polyseme.proving.wrong_pairs import wrong_pairs


def _seconds(given: str | float) -> float:
    """Parse a number of seconds above 0."""
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise typer.BadParameter(f"{str(given)[:40]!r} must be a number of seconds above 0")
    return value


def prove_command(
    network_file: NetworkFile,
    circuit_file: Annotated[
        str | None,
        circuit_argument(
            "The circuit to compare with: a file of logic, the JSON that convert writes, an "
            "answer key, or another SOURCE; by default the answer key beside NET."
        ),
    ] = None,
    active: Annotated[
        int | None,
        active_option(
            "Prove it for at most S features on; by default for the promise of NET, and for "
            "an exact network for all Boolean inputs."
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            metavar="S",
            parser=_seconds,
            help="Seconds after which what is not decided is left undecided.",
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="NAME",
            help=f"{AUTO}, or one of {', '.join(METHODS)}.",
        ),
    ] = AUTO,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="FILE",
            help="With --method exhaustive: the file from which it goes on after it was stopped.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="CERTIFICATE",
            help="The certificate to write, JSON; CIRCUIT must then be JSON or an answer key.",
        ),
    ] = None,
    pairs_beside: Annotated[
        list[str] | None,
        typer.Option(
            "--pairs-beside",
            metavar="FEATURE[,FEATURE…]",
            help="Instead count exactly the inputs of one of these features (such as the relations "
            "of a table of facts) and any two others that are wrong. Names are given as in `run`.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Prove that NET is right on every input, or print an input that it gets wrong.

    Example: polyseme prove net.safetensors --active 3
    Example: polyseme prove facts.safetensors --pairs-beside country,city

    Exit status 1 says that an input is wrong (it was run), or that outputs are undecided.
    """
    if method not in (AUTO, *METHODS):
        raise PolysemeError(
            f"--method {method[:40]!r} must be one of {AUTO}, {', '.join(METHODS)}"
            f"{did_you_mean(method, METHODS)}"
        )
    if pairs_beside is not None:
        _check_alone(
            active=active, time_limit=time_limit, state=state, output=output, method=method
        )
    if state is not None:
        check_output(state, filter(None, (network_file, circuit_file)))
    if output is not None:
        _check_certificate(output, network_file, circuit_file)
    with watched(True), phase(f"reading {circuit_file or network_file}"):
        logic = active is None and pairs_beside is None
        network, circuit = _open(network_file, circuit_file, logic)
    if pairs_beside is not None:
        return _count_pairs(network, circuit, pairs_beside, as_json)
    proof = prove(
        network,
        circuit,
        active=active,
        time_limit=time_limit,
        method=method,
        state=state,
        progress=True,
    )
    if output is not None:
        with watched(True), phase(f"writing {output}"):
            write_certificate(output, proof, network_file, circuit_file)
    emit_proof(proof, output, as_json)
    return 0 if proof.proved else 1


def _check_alone(**given: object) -> None:
    """Raise PolysemeError if an option is given beside --pairs-beside, which none goes with."""
    for name, value in given.items():
        if value not in (None, AUTO):
            raise PolysemeError(
                f"--pairs-beside is about inputs of its own; leave out --{name.replace('_', '-')}"
            )


def _count_pairs(
    network: Network, circuit: Circuit | Netlist, beside: list[str], as_json: bool
) -> int:
    """Print all wrong inputs of one of some features and two others; return the exit status."""
    assert isinstance(circuit, Circuit)
    names = named_features(network.encoder.features, beside, "--pairs-beside")
    found = wrong_pairs(network, circuit, beside=names, progress=True)
    emit_wrong_pairs(found, as_json)
    return 1 if found.wrong else 0


def _check_certificate(output: str, network_file: str, circuit_file: str | None) -> None:
    """Raise PolysemeError unless a certificate can be written, and about this circuit."""
    check_output(output, filter(None, (network_file, circuit_file)))
    known = circuit_file is None or circuit_file.lower().endswith((".json", ".safetensors"))
    if not known:
        raise PolysemeError(
            f"{circuit_file}: a certificate is about JSON or an answer key; write JSON by "
            "`polyseme convert`"
        )


def _open(
    network_file: str, circuit_file: str | None, logic: bool
) -> tuple[Network, Circuit | Netlist]:
    """Return the network and its circuit; for an exact network, logic as it stands in the file."""
    if circuit_file is None:
        network = load(network_file)
        if network.key is None:
            raise PolysemeError(
                f"{network_file}: no answer key {key_path(network_file).name} is beside it; "
                "name the CIRCUIT to compare with"
            )
        return network, network.key.circuit
    network = load(network_file, key=False)
    if circuit_file.lower().endswith(".safetensors"):
        return network, load_key(circuit_file).circuit
    reader = logic_reader(circuit_file)
    if reader is not None and logic and is_exact(network):
        return network, reader()
    return network, read(circuit_file)
