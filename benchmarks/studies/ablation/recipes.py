"""The changes, one at a time: one function per choice that was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

import polyseme as ps
from harness.compiling import wrong_samples
from studies.ablation.frames import ACTIVE, ERROR, Choice, Floats, Frames, Problem, build
from studies.ablation.internals import ThreeChannel
from studies.ablation.rounding import entropy, evenly, rounded, signs
from studies.ablation.trial import (
    Bending,
    Linear,
    TwoSided,
    calibrated,
    extremes,
    normalised,
    thresholds_of_outputs,
    unit_sums,
    weighted_readout,
)

_NETWORK_SAMPLES = 20_000


@dataclass(frozen=True)
class Trial:
    """The error of one network; `entropy` is of its weights, in bits each."""

    neurons: int
    error: float
    entropy: float | None = None


@dataclass(frozen=True)
class Recipe:
    """One change; `bits` per stored weight, `extra` numbers stored besides W."""

    topic: str
    change: str
    tried: Callable[[Problem, int], Trial]
    bits: float = 8.0
    extra: int = 0


def as_built(choice: Choice) -> Callable[[Problem, int], Trial]:
    """Try a choice with the plain sum as readout and the best single threshold."""

    def tried(problem: Problem, neurons: int) -> Trial:
        frames = build(problem, neurons, choice)
        seen = extremes(problem, problem.fresh, Linear(frames.reads()))
        return Trial(frames.neurons, seen.least(), entropy(frames.weights))

    return tried


def default() -> Recipe:
    """Return what `tight-frames` builds, with the best threshold there is for it."""
    return Recipe("default", "as `tight-frames` builds it", as_built(Choice()))


def codes() -> list[Recipe]:
    """Change the codes of outputs and inputs alike."""
    kinds = {
        "random, with signs, balanced": Choice("random"),
        "random, with signs, neurons used unevenly": Choice("uneven"),
        "random, no signs, W centred on both sides": Choice("ones"),
        "any two share at most one place, random signs, weight 8": Choice("affine", 8),
    }
    return [Recipe("codes", change, as_built(choice)) for change, choice in kinds.items()]


def weights() -> list[Recipe]:
    """Change the number of neurons per output, and of dimensions per feature."""
    found = []
    for weight in (4, 8, 32, 64):
        # Sums of more than 16 codes' entries leave the range of a byte.
        bits = 8.0 if weight <= 16 else 16.0
        found.append(Recipe("code weight", f"{weight}", as_built(Choice(weight=weight)), bits=bits))
    return found


def reads() -> list[Recipe]:
    """Change what W is made to read exactly."""
    kinds = {
        "nothing: W = R^T A of the gates' features": "plain",
        "each neuron its own features (as `three-channel`)": "neuron",
        "outputs their own, and nothing of what gates that share an input read": "rivals",
    }
    return [Recipe("exact reads", x, as_built(Choice(reads=y))) for x, y in kinds.items()]


def sharing() -> list[Recipe]:
    """Change which gates share neurons."""
    change = "gates that share an input in one block: orthogonal codes, no neuron in common"
    return [Recipe("gates on a neuron", change, as_built(Choice(chained=True)))]


def thresholds() -> list[Recipe]:
    """Change the thresholds of outputs."""

    def at(level: Callable[[Problem, Linear], float]) -> Callable[[Problem, int], Trial]:
        def tried(problem: Problem, neurons: int) -> Trial:
            reader = Linear(build(problem, neurons, Choice()).reads())
            seen = extremes(problem, problem.fresh, reader)
            return Trial(neurons, seen.error(level(problem, reader)))

        return tried

    def of_outputs(problem: Problem, neurons: int) -> Trial:
        return Trial(neurons, _with_own_thresholds(problem, build(problem, neurons, Choice())))

    return [
        Recipe("threshold", "half way, 1.5", at(lambda *_: 1.5)),
        Recipe(
            "threshold", "from 6,000 inputs, as shipped", at(partial(calibrated, samples=6_000))
        ),
        Recipe("threshold", "from 60,000 inputs", at(partial(calibrated, samples=60_000))),
        Recipe("threshold", "one per output, computed from W", of_outputs, extra=10_000),
    ]


def _with_own_thresholds(problem: Problem, frames: Frames) -> float:
    reads = frames.reads()
    moved = reads - (thresholds_of_outputs(problem, reads) - np.float32(1.6)) / np.float32(3)
    # One threshold, shifting all, is the best there is, as elsewhere.
    return extremes(problem, problem.fresh, Linear(moved)).least()


def formats() -> list[Recipe]:
    """Change what a weight may be; thresholds are the best for each."""

    def of(
        to_levels: Callable[[Floats], Floats], weight: int, repairs: int
    ) -> Callable[[Problem, int], Trial]:
        def tried(problem: Problem, neurons: int) -> Trial:
            # Codes only: L is solved for, and moved, by `rounded`.
            frames = build(problem, neurons, Choice(weight=weight, reads="plain"))
            frames = rounded(problem, frames, to_levels, repairs)
            seen = extremes(problem, problem.fresh, Linear(frames.reads()))
            return Trial(frames.neurons, seen.least(), entropy(frames.weights))

        return tried

    ternary = float(np.log2(3))
    kinds: tuple[tuple[str, Callable[[Floats], Floats], int, int, float], ...] = (
        ("not rounded", lambda weights: weights, 16, 0, 32.0),
        ("4 bits", evenly(15), 16, 0, 4.0),
        ("4 bits", evenly(15), 64, 4, 4.0),
        ("3 bits", evenly(7), 64, 4, 3.0),
        ("ternary", evenly(3), 64, 0, ternary),
        ("ternary", evenly(3), 64, 4, ternary),
        ("1 bit, signs", signs, 64, 0, 1.0),
        ("1 bit, signs", signs, 64, 4, 1.0),
    )
    found = []
    for name, to_levels, weight, repairs, bits in kinds:
        heavier = f", codes of weight {weight}" if weight > 16 else ""
        note = f"{name}{heavier}{', own reads mended' if repairs else ''}"
        found.append(Recipe("weights", note, of(to_levels, weight, repairs), bits=bits))
    return found


def readouts() -> list[Recipe]:
    """Change how an output weighs its neurons."""

    def weighted(by: str) -> Callable[[Problem, int], Trial]:
        def tried(problem: Problem, neurons: int) -> Trial:
            frames = build(problem, neurons, Choice())
            found = normalised(problem, frames.reads(weighted_readout(problem, frames, by)))
            return Trial(neurons, extremes(problem, problem.fresh, Linear(found)).least())

        return tried

    def both_sides(problem: Problem, neurons: int) -> Trial:
        reader = TwoSided(problem, build(problem, neurons, Choice()))
        return Trial(neurons, extremes(problem, problem.fresh, reader).least())

    return [
        Recipe("readout", "neurons weighted by their noise", weighted("neuron"), extra=1_250),
        Recipe(
            "readout",
            "matched to the noise on its neurons, for every output",
            weighted("output"),
            extra=160_000,
        ),
        Recipe("readout", "likelihood ratio on its neurons (no sum: needs squares)", both_sides),
    ]


def bends() -> list[Recipe]:
    """Let ReLUs bend, at equal numbers of them."""

    def at(deviations: float) -> Callable[[Problem, int], Trial]:
        def tried(problem: Problem, neurons: int) -> Trial:
            frames = build(problem, neurons, Choice())
            loud = np.sqrt(3 * np.square(unit_sums(frames)).mean(dtype=np.float32))
            reader = Bending(frames, np.full(neurons, deviations * loud, np.float32))
            return Trial(neurons, extremes(problem, problem.fresh, reader).least())

        return tried

    def three_channel(height: float | None) -> Callable[[Problem, int], Trial]:
        def tried(problem: Problem, neurons: int) -> Trial:
            units = ThreeChannel(problem.circuit, ACTIVE, ERROR, problem.seed)
            try:
                network = units.clipped(neurons, height) if height else units.plain(neurons)
            except ps.PolysemeError:
                # Too few to lay out.
                return Trial(neurons, 1.0)
            wrong = wrong_samples(network, problem.circuit, problem.fresh[:_NETWORK_SAMPLES])
            return Trial(network.neurons, float(wrong.mean()))

        return tried

    return [
        Recipe("bends", "3 deviations below rest", at(3.0)),
        Recipe("bends", "2 deviations below rest", at(2.0)),
        Recipe("bends", "`three-channel`, one ReLU per unit", three_channel(None)),
        Recipe("bends", "`three-channel`, clipped where a gate is satisfied", three_channel(1.25)),
    ]


def together() -> list[Recipe]:
    """Make all changes that gained at once."""
    choice = Choice(weight=32, reads="rivals")

    def tried(problem: Problem, neurons: int) -> Trial:
        frames = build(problem, neurons, choice)
        return Trial(frames.neurons, _with_own_thresholds(problem, frames))

    return [
        Recipe("together", "weight 32, rivals read as nothing", as_built(choice), bits=16.0),
        Recipe("together", "that, and one threshold per output", tried, bits=16.0, extra=10_000),
    ]


RECIPES = (
    default(),
    *codes(),
    *weights(),
    *reads(),
    *thresholds(),
    *formats(),
    *readouts(),
    *bends(),
    *sharing(),
    *together(),
)
