"""`polyseme verify`: is a saved network the circuit it was compiled from?"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import typer

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.problems import MAX_SIZE
from polyseme.circuits.sources import read
from polyseme.circuits.terms import terms_of
from polyseme.cli.options import DEFAULT_ERROR, AsJson, Error, NetworkFile, Seed, whole
from polyseme.cli.places import key_beside
from polyseme.cli.progress import bar
from polyseme.cli.report import emit, emit_json, emit_table, interval, rate, remark
from polyseme.errors import PolysemeError
from polyseme.networks.files import key_path, load
from polyseme.networks.network import Network
from polyseme.verify.inputs import DESCRIPTIONS
from polyseme.verify.sampling import Verification, verify

MAX_SAMPLES = 10_000_000
# Lists of active features are held in memory: at most this many entries.
MAX_ENTRIES = 10**8
EVERY_GATE_ALONE = "every gate alone"


def verify_command(
    network_file: NetworkFile,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="What to compare with; by default the circuit in the answer key beside NET.",
            show_default=False,
        ),
    ] = None,
    active: Annotated[
        int | None,
        typer.Option(
            "--active",
            metavar="S",
            parser=whole(1, MAX_SIZE),
            help="Features on at once; by default as many as the network was compiled for.",
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option("--samples", metavar="N", parser=whole(1, MAX_SAMPLES), help="Inputs to try."),
    ] = 100_000,
    inputs: Annotated[
        str,
        typer.Option(
            "--inputs", metavar="NAME", help=f"Which inputs: {', '.join(DESCRIPTIONS)}, or all."
        ),
    ] = "satisfied",
    seed: Seed = 1,
    error: Error = DEFAULT_ERROR,
    as_json: AsJson = False,
) -> int:
    """Compare the network NET with its circuit on fresh inputs.

    Example: polyseme verify net.safetensors --inputs all

    Exit status 1 says that its error is above --error (the lower end of the 95 % interval is).
    """
    names = _chosen(inputs)
    network, circuit = _open(network_file, source)
    promise = network.provenance.active if active is None else active
    _check_load(network, promise, samples)
    runs = []
    for name in names:
        with bar(f"{name} inputs") as progress:
            runs.append(
                verify(
                    network,
                    circuit,
                    active=promise,
                    samples=samples,
                    inputs=name,
                    seed=seed,
                    progress=progress,
                )
            )
    proofs = [_proved(run, circuit) for run in runs]
    _report(runs, proofs, inputs == "all", as_json)
    return _status(runs, error)


def _chosen(inputs: str) -> tuple[str, ...]:
    if inputs == "all":
        return tuple(DESCRIPTIONS)
    if inputs not in DESCRIPTIONS:
        raise PolysemeError(
            f"--inputs {inputs[:40]!r} must be one of {', '.join(DESCRIPTIONS)} or all"
        )
    return (inputs,)


def _open(network_file: str, source: str | None) -> tuple[Network, Circuit]:
    """The network, and the circuit to compare it with: the source's, else the answer key's."""
    if source is not None:
        return load(network_file), read(source)
    network = load(network_file, key_beside(network_file))
    if network.key is None:
        raise PolysemeError(
            f"{network_file}: no answer key {key_path(network_file).name} is beside it; "
            "name the SOURCE to compare with"
        )
    return network, network.key.circuit


def _check_load(network: Network, active: int, samples: int) -> None:
    features = len(network.encoder.features)
    if active > features:
        raise PolysemeError(f"--active {active} must be 1 to the {features} features there are")
    if active * samples > MAX_ENTRIES:
        raise PolysemeError(
            f"--samples {samples} with {active} active features: "
            f"their product must be at most {MAX_ENTRIES}"
        )


def _proved(run: Verification, circuit: Circuit) -> str | None:
    """Name what was tried without exception and never failed."""
    if run.inputs != "alone" or run.wrong:
        return None
    satisfiable = int(np.count_nonzero(terms_of(circuit).plain <= run.active))
    return EVERY_GATE_ALONE if run.samples == satisfiable else None


def _status(runs: list[Verification], error: float) -> int:
    short = [run for run in runs if run.error_interval[0] > error]
    for run in short:
        remark(
            f"polyseme: the network falls short on {run.inputs} inputs: its error is at least "
            f"{rate(run.error_interval[0])}, asked for was {rate(error)}"
        )
    return 1 if short else 0


def _report(
    runs: list[Verification], proofs: list[str | None], several: bool, as_json: bool
) -> None:
    fields = [_fields(run, proved) for run, proved in zip(runs, proofs, strict=True)]
    worst = max(range(len(runs)), key=lambda place: (runs[place].error, runs[place].error_interval))
    if as_json:
        emit_json({**fields[worst], "runs": fields} if several else fields[0])
    elif several:
        _emit_runs(runs, proofs)
    else:
        emit("\n".join(_sentences(runs[0], proofs[0])))


def _fields(run: Verification, proved: str | None) -> dict[str, Any]:
    return {
        "samples": run.samples,
        "wrong": run.wrong,
        "error": run.error,
        "error_interval": list(run.error_interval),
        "inputs": run.inputs,
        "active": run.active,
        "proved": proved,
        "first_wrong": list(run.first_wrong),
    }


def _sentences(run: Verification, proved: str | None) -> list[str]:
    # Where nothing was left out, there is no uncertainty to give an interval of.
    known = "exact" if proved else f"95 % interval {interval(run.error_interval)}"
    lines = [
        f"{run.wrong:,} of {run.samples:,} inputs gave any wrong output",
        f"error   {rate(run.error)}, {known}",
        f"inputs  {run.inputs}: {DESCRIPTIONS[run.inputs]}; at most {run.active} on at once",
    ]
    if proved:
        lines.append(f"proved  {proved}")
    if run.first_wrong:
        lines.append(f"first   wrong with {', '.join(run.first_wrong)} on")
    return lines


def _emit_runs(runs: list[Verification], proofs: list[str | None]) -> None:
    emit_table(
        f"at most {runs[0].active} features on at once",
        ("inputs", "tried", "wrong", "error", "95 % interval", "proved", "what they are"),
        [
            (
                run.inputs,
                f"{run.samples:,}",
                f"{run.wrong:,}",
                rate(run.error),
                "exact" if proved else interval(run.error_interval),
                proved or "",
                DESCRIPTIONS[run.inputs],
            )
            for run, proved in zip(runs, proofs, strict=True)
        ],
    )
