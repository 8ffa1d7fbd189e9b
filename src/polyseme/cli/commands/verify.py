"""`polyseme verify`: compare a saved network with the circuit it was compiled from."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

import numpy as np
import typer

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.problems import MAX_SEED
from polyseme.circuits.sources import read
from polyseme.cli.options import (
    DEFAULT_ERROR,
    AsJson,
    Error,
    NetworkFile,
    Unsigned,
    active_option,
    whole,
)
from polyseme.cli.output.text import rate, remark
from polyseme.cli.output.verify_report import Seeds, Trial, emit_trials, emit_trials_as_json
from polyseme.cli.output.worst_report import emit_worst
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import PolysemeError
from polyseme.networks.network import Network
from polyseme.networks.saving.files import key_path, load
from polyseme.proving.worst_case import worst_case
from polyseme.verification.as_read import reference_as_read
from polyseme.verification.drawing import shallow_terms
from polyseme.verification.exhaustive import MOST_INPUTS, verify_exhaustively
from polyseme.verification.inputs import DEEP_DESCRIPTIONS, DESCRIPTIONS
from polyseme.verification.kinds import input_kinds
from polyseme.verification.layers import LayerReport, readable_key, verify_layers
from polyseme.verification.reading_error import ReadingError, reading_error
from polyseme.verification.reference import Reference, reference_of
from polyseme.verification.sampling import Verification, promise_asked, verify

MAX_SAMPLES = 10_000_000
# Lists of active features are held in memory: at most this many entries.
MAX_ENTRIES = 10**8
# Inputs of each kind on which readings are looked at: as many as --samples, between these numbers.
_READ_LEAST, _READ, _READ_DEEP = 1000, 30_000, 8000
EVERY_GATE_ALONE = "every gate alone"
EVERY_INPUT = "every input"


def verify_command(
    network_file: NetworkFile,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="The circuit to compare with; by default the one in the answer key beside NET.",
            show_default=False,
        ),
    ] = None,
    active: Annotated[
        int | None,
        active_option(
            "Features that are on at once; by default the promise that NET was compiled for."
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples",
            metavar="N",
            parser=whole(1, MAX_SAMPLES),
            help="The number of inputs to try.",
        ),
    ] = 100_000,
    inputs: Annotated[
        str,
        typer.Option(
            "--inputs",
            metavar="NAME",
            help=f"The kind of inputs: {', '.join(DESCRIPTIONS)}, or all; of a circuit deeper than "
            f"one hidden layer: {', '.join(DEEP_DESCRIPTIONS)}, or all.",
        ),
    ] = "satisfied",
    independent: Annotated[
        bool,
        typer.Option(
            "--independent",
            help="Compare with SOURCE simulated as an AIG by code that compiling does not use.",
        ),
    ] = False,
    layers: Annotated[
        bool,
        typer.Option(
            "--layers",
            help="Also compare every layer of a deep network with the answer key beside NET.",
        ),
    ] = False,
    exhaustive: Annotated[
        bool,
        typer.Option(
            "--exhaustive",
            help=f"Try every input with at most S features on, of which there may be "
            f"{MOST_INPUTS:,}.",
        ),
    ] = False,
    worst: Annotated[
        bool,
        typer.Option(
            "--worst",
            help="Find the worst input of every output, exactly, where no ReLU bends.",
        ),
    ] = False,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="K",
            parser=whole(0, MAX_SEED),
            help="The seed of the inputs that are tried. The network has its own, and so has a "
            "problem (seed=N in SOURCE); the report names all three.",
        ),
    ] = 1,
    error: Error = DEFAULT_ERROR,
    everything: Annotated[
        bool, typer.Option("--all", help="Print a row for every layer, however many there are.")
    ] = False,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
) -> int:
    """Compare the network NET with its circuit on fresh inputs.

    Example: polyseme verify net.safetensors --inputs all

    Exit status 1 says that the error of NET (the lower end of its interval) is above --error. With
    --exhaustive or --worst it says that an input is wrong, or that none was shown to be.
    """
    _check_options(inputs, source, independent, layers)
    _check_all_inputs(exhaustive, worst, inputs, independent, layers)
    with watched(True), phase(f"reading {source or network_file}"):
        network, circuit, reference = _open(network_file, source, independent, unsigned)
    if layers:
        readable_key(network)
    promise = promise_asked(network, active)
    if worst:
        return _find_worst(network, circuit, active, as_json)
    if exhaustive:
        return _try_all(network, circuit, active, reference, as_json)
    _check_load(promise, samples)
    terms = shallow_terms(network, circuit)
    described = DEEP_DESCRIPTIONS if terms is None else DESCRIPTIONS
    seeds = Seeds(seed, network.provenance.seed, circuit.name)
    trials = []
    with watched(True):
        for name in input_kinds(network, circuit) if inputs == "all" else (inputs,):
            run = verify(
                network,
                circuit,
                active=promise,
                samples=samples,
                inputs=name,
                seed=seed,
                reference=reference,
            )
            able = None if terms is None else int(np.count_nonzero(terms.plain <= promise))
            trials.append(
                Trial(run, _proved(run, able), described[name], reference.evaluator, seeds)
            )
        read = _read(network, circuit, promise, samples, seed)
        looked_at = _look_at_layers(network, promise, samples, inputs, seed) if layers else None
    if as_json:
        emit_trials_as_json(trials, read, looked_at, several=inputs == "all")
    else:
        emit_trials(trials, read, looked_at, several=inputs == "all", everything=everything)
    return _status([trial.run for trial in trials], error)


def _check_options(inputs: str, source: str | None, independent: bool, layers: bool) -> None:
    known = {**DESCRIPTIONS, **DEEP_DESCRIPTIONS}
    if inputs != "all" and inputs not in known:
        raise PolysemeError(
            f"--inputs {inputs[:40]!r} must be one of {', '.join(known)} or all"
            f"{did_you_mean(inputs, known)}"
        )
    if independent and source is None:
        raise PolysemeError("--independent simulates the SOURCE; name it after NET")
    if layers and source is not None:
        raise PolysemeError("--layers compares with the answer key beside NET; leave SOURCE out")
    if layers and inputs == "all":
        raise PolysemeError("--layers looks at one kind of inputs at a time, not at all")


def _check_all_inputs(
    exhaustive: bool, worst: bool, inputs: str, independent: bool, layers: bool
) -> None:
    option = "--exhaustive" if exhaustive else "--worst"
    if not (exhaustive or worst):
        return
    if inputs != "satisfied" or (exhaustive and worst):
        other = "--worst" if exhaustive and worst else "--inputs"
        raise PolysemeError(f"{option} is about all inputs; leave {other} out")
    if layers:
        raise PolysemeError(f"{option} looks at outputs; leave --layers out")
    if worst and independent:
        raise PolysemeError("--worst compares with ANDs; leave --independent out")


def _open(
    network_file: str, source: str | None, independent: bool, unsigned: bool
) -> tuple[Network, Circuit, Reference]:
    """Return the network, the circuit of the source (else of the answer key), and its evaluator."""
    if source is not None:
        network, circuit = load(network_file, key=False, unsigned=unsigned), read(source)
        reference = reference_as_read(source) if independent else reference_of(circuit)
        return network, circuit, reference
    network = load(network_file, unsigned=unsigned)
    if network.key is None:
        raise PolysemeError(
            f"{network_file}: no answer key {key_path(network_file).name} is beside it; "
            "name the SOURCE to compare with"
        )
    return network, network.key.circuit, reference_of(network.key.circuit)


def _check_load(active: int, samples: int) -> None:
    if active * samples > MAX_ENTRIES:
        raise PolysemeError(
            f"--samples {samples} with {active} active features: "
            f"their product must be at most {MAX_ENTRIES}"
        )


def _find_worst(network: Network, circuit: Circuit, active: int | None, as_json: bool) -> int:
    started = perf_counter()
    found = worst_case(network, circuit, active=active, progress=True)
    emit_worst(found, len(circuit.outputs), perf_counter() - started, as_json)
    return 0 if found.proved else 1


def _try_all(
    network: Network, circuit: Circuit, active: int | None, reference: Reference, as_json: bool
) -> int:
    run = verify_exhaustively(network, circuit, active=active, progress=True, reference=reference)
    proved = None if run.wrong else EVERY_INPUT
    seeds = Seeds(None, network.provenance.seed, circuit.name)
    trial = Trial(run, proved, "every input that keeps the promise", reference.evaluator, seeds)
    (emit_trials_as_json if as_json else emit_trials)([trial])
    return 1 if run.wrong else 0


def _look_at_layers(
    network: Network, active: int, samples: int, inputs: str, seed: int
) -> LayerReport:
    return verify_layers(network, active=active, samples=samples, inputs=inputs, seed=seed)


def _read(
    network: Network, circuit: Circuit, active: int, samples: int, seed: int
) -> ReadingError | None:
    """Return the reading error; None for a deep network without its key, which nothing can read."""
    if network.key is None and shallow_terms(network, circuit) is None:
        return None
    most = _READ if shallow_terms(network, circuit) is not None else _READ_DEEP
    tried = max(_READ_LEAST, min(most, samples))
    return reading_error(network, circuit, active=active, samples=tried, seed=seed)


def _proved(run: Verification, satisfiable: int | None) -> str | None:
    """Return what was proved: every gate alone, if all were tried and none failed."""
    if run.inputs != "alone" or run.wrong:
        return None
    return EVERY_GATE_ALONE if run.samples == satisfiable else None


def _status(runs: list[Verification], error: float) -> int:
    short = [run for run in runs if run.error_interval[0] > error]
    for run in short:
        remark(
            f"polyseme: the network falls short on {run.inputs} inputs: its error is at least "
            f"{rate(run.error_interval[0])}, asked for was {rate(error)}"
        )
    return 1 if short else 0
