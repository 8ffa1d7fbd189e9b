"""`polyseme counting`: run the counting argument on a network."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.circuits.described import problem_seed_in_words
from polyseme.circuits.problems import MAX_SIZE
from polyseme.circuits.sources import read
from polyseme.cli.options import AsJson, Seed, Source, whole
from polyseme.cli.output.text import emit, emit_json, emit_table, rate, remark
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.counting_argument.run import CountingRun, run_counting_argument


def counting_command(
    source: Source,
    active: Annotated[
        int | None,
        typer.Option(
            "--active",
            metavar="S",
            parser=whole(1, MAX_SIZE),
            help="The sparsity promise; by default as many features as a gate reads.",
        ),
    ] = None,
    seed: Seed = 0,
    neurons: Annotated[
        int | None,
        typer.Option(
            "--neurons",
            metavar="N",
            parser=whole(1, MAX_SIZE),
            help="The largest number of ReLUs; by default as few as bring all gates back.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write a network of SOURCE as entropy-coded bytes, and find its gates by querying it.

    SOURCE is a permutation or pairwise ANDs. The bytes are compared with the counting bound.

    Example: polyseme counting permutation:features=2000

    Exit status 1 says that the gates found are not those of SOURCE.
    """
    with watched(True):
        with phase(f"reading {source}"):
            circuit = read(source)
        run = run_counting_argument(circuit, active=active, seed=seed, neurons=neurons)
    if as_json:
        emit_json(run.as_json())
    else:
        _emit_report(run)
    if run.exact:
        return 0
    remark(f"polyseme: {run.wrong:,} of {run.outputs:,} outputs came back wrong")
    return 1


def _emit_report(run: CountingRun) -> None:
    sized = "as many as given" if run.error is None else f"sized for error {rate(run.error)}"
    if len(run.tried) > 1:
        before = ", ".join(f"{one.neurons:,} ({one.wrong:,})" for one in run.tried)
        sized += f", then grown; tried, with outputs wrong: {before}"
    emit(
        f"{run.source} in {run.neurons:,} neurons ({sized}, at most {run.active} features on), "
        f"{run.dimensions:,} input dimensions"
    )
    emit(
        f"both sides know: seed {run.seed}, {run.features:,} features, {run.outputs:,} outputs, "
        f"{run.inputs} features per output; the seed gives {_given_by_seed(run)}"
    )
    emit(f"seeds: network {run.seed} (--seed), {problem_seed_in_words(run.source)}")
    rows = [(part, f"{size:,}", "") for part, size in run.parts.items()]
    rows.append(("message", f"{run.bytes_message:,}", ""))
    rows.append(_bound_row(run.family, run, run.bytes_bound))
    if run.bits_ordered > run.bits_bound:
        rows.append(_bound_row("the same, in the order of the outputs", run, run.bytes_ordered))
    emit_table("bytes", ("", "bytes", "message / bound"), rows)
    times = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in run.seconds.items())
    emit(f"{run.queries:,} queries; {times}")
    right = "exact" if run.exact else f"{run.wrong:,} of {run.outputs:,} outputs wrong"
    emit(f"round trip: {right}")


def _bound_row(name: str, run: CountingRun, size: float) -> tuple[str, str, str]:
    ratio = f"{run.bytes_message / size:.1f}" if size else ""
    return f"bound: {name}", f"{size:,.0f}", ratio


def _given_by_seed(run: CountingRun) -> str:
    given = []
    if run.encoder != "written":
        given.append("the encoder")
    if run.readout != "written":
        signs = ", and their signs" if run.readout == "blocks" else ""
        given.append(f"which neurons outputs read{signs}")
    return " and ".join(given) or "nothing"
