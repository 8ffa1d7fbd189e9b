"""`polyseme compile`: compile a circuit into a network and its answer key."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from polyseme.circuits.logic_files import check_rewritable, rewritten
from polyseme.circuits.sources import read
from polyseme.cli.options import (
    DEFAULT_ERROR,
    Active,
    AsJson,
    Epsilon,
    Error,
    Seed,
    Source,
    neurons_or_auto,
)
from polyseme.cli.output.compile_report import emit_compiled
from polyseme.cli.output.compiled import Compiled
from polyseme.cli.output.text import remark
from polyseme.cli.refining import Refine, RefineState, check_refining
from polyseme.common.files.targets import check_output
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.compiler.compile import AVERAGE, WORST_CASE, compile_report
from polyseme.errors import PolysemeError
from polyseme.learning.compile_refined import compile_refined
from polyseme.limits.counting import counting_bits
from polyseme.networks.saving.files import key_path, save_network
from polyseme.verification.reading_error import COMPUTED


def compile_command(
    source: Source,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="NET",
            help="The network file to write, its answer key beside it; without it none is saved.",
        ),
    ] = None,
    active: Active = None,
    error: Error = DEFAULT_ERROR,
    epsilon: Epsilon = COMPUTED,
    guarantee: Annotated[
        str,
        typer.Option(
            "--guarantee",
            metavar="KIND",
            help="average (over inputs as they are drawn), or worst-case: the network is refined "
            "and proved to be right on every input with at most --active features on; for ANDs of "
            "equally many features, needs the extra polyseme\\[speed].",
        ),
    ] = AVERAGE,
    neurons: Annotated[
        int | None,
        typer.Option(
            "--neurons",
            metavar="N",
            parser=neurons_or_auto,
            help="The largest number of ReLUs per layer; auto finds the fewest that meet --error "
            "and --epsilon.",
        ),
    ] = None,
    construction: Annotated[
        str,
        typer.Option(
            "--construction",
            metavar="NAME",
            help="auto, or one of those that `polyseme constructions` lists.",
        ),
    ] = "auto",
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder",
            metavar="NAME",
            help="superposed, basis (each feature a dimension of its own), or auto.",
        ),
    ] = "auto",
    rewrite: Annotated[
        bool,
        typer.Option(
            "--rewrite",
            help="First reduce the gates of a file of logic, those that change losing their names; "
            "needs the extra polyseme\\[logic].",
        ),
    ] = False,
    carry: Annotated[
        str,
        typer.Option(
            "--carry",
            metavar="NAME",
            help="The way that wires pass a layer of a deep network unchanged: gates (one neuron "
            "repeats each), residual (a residual stream), or auto (the way that makes the widest "
            "layer narrower).",
        ),
    ] = "auto",
    refine: Refine = None,
    refine_state: RefineState = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> int:
    """Compile SOURCE into a network with as few neurons as keep its errors under those asked for.

    Example: polyseme compile and2:features=2000,gates=2000 -o net.safetensors
    Example: polyseme compile and2:features=2000,gates=2000 --epsilon none -o net.safetensors
    Example: polyseme compile and2:features=2000,gates=2000 --epsilon none --guarantee worst-case
    Example: polyseme compile c432.bench --rewrite -o c432.safetensors

    Exit status 1 says that the measured error may be above --error, the reading error above
    --epsilon, or that the network is proved right for fewer features on than --active.
    """
    # Checked before a minute of work.
    if output is not None:
        _check_outputs(output, source)
    if rewrite:
        check_rewritable(source)
    if guarantee == WORST_CASE and refine is not None:
        raise PolysemeError("--guarantee worst-case refines as it needs to; leave out --refine")
    check_refining(refine, refine_state, (source, *([output] if output else [])))
    with watched(True):
        with phase(f"reading {source}"):
            circuit = read(source)
        if rewrite:
            with phase(f"rewriting {circuit.gates:,} gates"):
                circuit = rewritten(circuit)
        begun = time.perf_counter()
        asked: dict[str, Any] = {
            "active": active,
            "error": error,
            "epsilon": epsilon,
            "neurons": neurons,
            "construction": construction,
            "encoder": encoder,
            "seed": seed,
            "carry": carry,
        }
        if refine is None:
            report = compile_report(circuit, guarantee=guarantee, **asked)
        else:
            report = compile_refined(circuit, passes=refine, state=refine_state, **asked)
        seconds = time.perf_counter() - begun
        with phase("counting circuits"):
            count = counting_bits(circuit)
        if output is not None:
            with phase(f"writing {output}"):
                save_network(report.network, output, report.network.key is not None)
    compiled = Compiled(report, circuit, count, seconds)
    emit_compiled(compiled, output, as_json)
    if report.epsilon is None and epsilon is not None:
        remark(f"polyseme: {construction} leaves the last step to the thresholds of the readout")
    return 0 if report.passed else 1


def _check_outputs(output: str, source: str) -> None:
    """Raise PolysemeError unless both files can be written and neither is the source."""
    inputs = (source, source.partition(":")[2] or source)
    check_output(output, inputs, streams=False)
    check_output(str(key_path(output)), inputs, streams=False)
