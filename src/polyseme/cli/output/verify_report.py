"""Output of `polyseme verify`: one run in sentences, several in a table, layers in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from polyseme.circuits.described import problem_seed, problem_seed_in_words
from polyseme.cli.output.reading import (
    emit_reading_table,
    layer_fields,
    reading_fields,
    reading_lines,
)
from polyseme.cli.output.shortened import not_shown, shown_rows
from polyseme.cli.output.text import emit, emit_json, emit_table, interval, rate
from polyseme.verification.layers import LayerReport
from polyseme.verification.reading_error import ReadingError
from polyseme.verification.sampling import EXHAUSTIVE, Verification

_EVALUATORS = {"circuit": "the circuit", "aig": "the source, simulated as an AIG"}


@dataclass(frozen=True)
class Seeds:
    """The seeds of the inputs and of the network, and the name of the circuit, which has one.

    Where all inputs are tried, none is drawn, and `inputs` is None.
    """

    inputs: int | None
    network: int
    circuit: str

    def __str__(self) -> str:
        """Return all seeds in words."""
        own = problem_seed_in_words(self.circuit)
        drawn = "" if self.inputs is None else f"inputs {self.inputs} (--seed), "
        return f"{drawn}network {self.network}, {own}"


@dataclass(frozen=True)
class Trial:
    """One run, what it proved, its inputs in words, the evaluator, and all seeds."""

    run: Verification
    proved: str | None
    description: str
    evaluator: str
    seeds: Seeds


def emit_trials(
    trials: Sequence[Trial],
    read: ReadingError | None = None,
    layers: LayerReport | None = None,
    several: bool = False,
    everything: bool = False,
) -> None:
    """Write everything on standard output; of many layers, unless asked for, the worst alone."""
    if several:
        _emit_runs(trials)
    else:
        emit("\n".join(_sentences(trials[0])))
    if several and read is not None:
        emit_reading_table(read, everything)
    for line in reading_lines(read, 13 if several else 8):
        emit(line)
    if layers is not None:
        _emit_layers(layers, everything)


def emit_trials_as_json(
    trials: Sequence[Trial],
    read: ReadingError | None = None,
    layers: LayerReport | None = None,
    several: bool = False,
) -> None:
    """Write everything on standard output as JSON; the worst of `several` trials leads."""
    fields = [_fields(trial) for trial in trials]
    worst = max(range(len(trials)), key=lambda place: _badness(trials[place].run))
    found: dict[str, Any] = {**fields[worst], "runs": fields} if several else fields[0]
    if read is not None:
        per_layer = [layer_fields(layer) for layer in read.layers]
        found |= {**reading_fields(read), "per_layer": per_layer}
    emit_json(found if layers is None else {**found, "layers": _layer_fields(layers)})


def _badness(run: Verification) -> tuple[float, tuple[float, float]]:
    return run.error, run.error_interval


def _fields(trial: Trial) -> dict[str, Any]:
    run = trial.run
    return {
        "samples": run.samples,
        "wrong": run.wrong,
        "error": run.error,
        "error_interval": list(run.error_interval),
        "inputs": run.inputs,
        "active": run.active,
        "evaluator": trial.evaluator,
        "proved": trial.proved,
        "first_wrong": list(run.first_wrong),
        "seed": trial.seeds.inputs,
        "network_seed": trial.seeds.network,
        "problem_seed": problem_seed(trial.seeds.circuit),
    }


def _layer_fields(layers: LayerReport) -> list[dict[str, Any]]:
    return [{**asdict(layer), "samples": layers.samples} for layer in layers.layers]


def _sentences(trial: Trial) -> list[str]:
    run = trial.run
    lines = [
        f"{run.wrong:,} of {run.samples:,} inputs gave any wrong output",
        f"error   {rate(run.error)}, {_certainty(trial)}",
        f"inputs  {run.inputs}: {trial.description}; at most {run.active} on at once",
        f"truth   {_EVALUATORS[trial.evaluator]}",
        f"seeds   {trial.seeds}",
    ]
    if trial.proved:
        lines.append(f"proved  {trial.proved}")
    if run.first_wrong:
        lines.append(f"first   wrong with {', '.join(run.first_wrong)} on")
    return lines


def _certainty(trial: Trial) -> str:
    # All inputs were tried, so there is no uncertainty to give an interval of.
    if trial.proved or trial.run.inputs == EXHAUSTIVE:
        return "exact"
    return f"95 % interval {interval(trial.run.error_interval)}"


def _emit_runs(trials: Sequence[Trial]) -> None:
    emit_table(
        f"at most {trials[0].run.active} features on at once; compared with "
        f"{_EVALUATORS[trials[0].evaluator]}",
        ("inputs", "tried", "wrong", "error", "95 % interval", "proved", "description"),
        [
            (
                trial.run.inputs,
                f"{trial.run.samples:,}",
                f"{trial.run.wrong:,}",
                rate(trial.run.error),
                "exact" if trial.proved else interval(trial.run.error_interval),
                trial.proved or "",
                trial.description,
            )
            for trial in trials
        ],
    )
    emit(f"seeds: {trials[0].seeds}")


def _emit_layers(layers: LayerReport, everything: bool) -> None:
    shown = shown_rows([layer.wrong for layer in layers.layers], everything)
    emit_table(
        f"wires read layer by layer, {layers.samples:,} {layers.inputs} inputs",
        ("layer", "wires", "samples wrong", "first wrong", "wires on", "units active"),
        [
            (
                str(layer.layer),
                f"{layer.columns:,}",
                f"{layer.wrong:,}",
                layer.first_wrong,
                f"{layer.mean_on:.1f}",
                f"{layer.mean_active:.1f}",
            )
            for layer in map(layers.layers.__getitem__, shown)
        ],
    )
    for line in not_shown(len(layers.layers), len(shown), "with most samples wrong"):
        emit(line)
    first = layers.first_wrong
    if first is None:
        emit("no layer ever misread a wire")
    else:
        emit(f"the first wrong wire is {first.first_wrong}, in layer {first.layer}")
