"""Recompute the errors of linear, Bernoulli and quadratic layers for universal AND."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.sign import sign_code
from polyseme.common.progress import Note
from polyseme.common.random_streams import Stream, stream
from polyseme.reproduce.row import OURS, Row, at_most, equal, explained

ABOUT = """\
Universal AND: what a linear readout cannot do, a Bernoulli layer, and a quadratic one.

Vaintrob, Mendel and Hänni 2024, *Toward A Mathematical Framework for Computation in Superposition*,
the notes that *Mathematical Models of Computation in Superposition* (Hänni, Mendel, Vaintrob and
Chan 2024) grew from.

- The best affine readout of AND(x, y) from x and y is off by 1/4, in least squares and in the worst
  case alike.
- d neurons ReLU(sum of their features - 1), each feature on each neuron with chance p; AND(a, b) is
  read as the mean over the neurons of both. Each of s' other active features adds p on average.
  With N ~ Bin(s', p) of them on a neuron and exactly one of a, b on, each such neuron gives N, so
  the bias is s' p and the variance s'(1-p) d p^2 E[1/number] / (dp); with both on it gives 1 + N.
  What follows for the sum over those neurons over d p^2 is ours: its variance has s'^2 (1-p^2)/d
  more, exactly, and with both on, as the signal too varies with the number of neurons,
  (1 + 2 s' p)(1-p^2)/(d p^2).
- Features in superposition as unit vectors v_i in r dimensions, inner products at most eps; the
  r(r+1)/2 quadratic neurons (x_k + x_l)^2 and x_k^2 hold every product x_k x_l, so (v_i . x)(v_j .
  x) is a linear readout of them. Two features on, it is off by at most 2 eps (1 + eps)."""

SOURCE = "vaintrob2024framework"
LINEAR = 'section 2, "Aren\'t the ANDs already kinda linearly represented in the U-AND input?"'
BIAS = "section 1.2, expected error of a read: p per other feature on"
QUADRATIC = "section 1.5"
NEURONS, DENSITY, OTHERS = 1000, 0.2, 3
DRAWS = 20_000
QUADRATIC_DIMENSIONS, QUADRATIC_FEATURES = 64, 64
_INPUTS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], np.float64)


def linear_and_errors() -> tuple[float, float]:
    """Largest errors of the best affine readout of AND: least squares, and a linear program."""
    design = np.column_stack([np.ones(4), _INPUTS])
    wanted = _INPUTS.prod(axis=1)
    fitted = design @ np.linalg.lstsq(design, wanted, rcond=None)[0]
    # scipy.optimize is imported here: its import is slow and the command line imports all figures.
    from scipy.optimize import linprog

    # Least t with -t <= design w - wanted <= t.
    sides = np.block([[design, -np.ones((4, 1))], [-design, -np.ones((4, 1))]])
    best = linprog([0, 0, 0, 1], sides, np.concatenate([wanted, -wanted]), bounds=(None, None))
    return float(np.abs(fitted - wanted).max()), float(best.fun)


@dataclass(frozen=True, eq=False)
class UniversalAnd:
    """Reads of AND(a, b) over independent layers, scaled by d p^2 and as a mean; (draws,) each."""

    scaled: NDArray[np.float64]
    mean: NDArray[np.float64]


def universal_and(
    neurons: int, density: float, others: int, on: int, draws: int, generator: np.random.Generator
) -> UniversalAnd:
    """Draw Bernoulli layers, switch on `on` of a and b (0 to 2) and `others` more, and read.

    Only the columns of these features are drawn, since no other column matters. A layer without a
    neuron that reads both a and b reads 0.
    """
    scaled, mean = np.zeros(draws), np.zeros(draws)
    for draw in range(draws):
        columns = generator.random((others + 2, neurons)) < density
        activity = np.maximum(columns[2 - on :].sum(axis=0) - 1.0, 0)
        both = columns[0] & columns[1]
        scaled[draw] = activity[both].sum() / (neurons * density**2)
        mean[draw] = activity[both].mean() if both.any() else 0.0
    return UniversalAnd(scaled, mean)


@dataclass(frozen=True)
class Quadratic:
    """Neurons, largest inner product of two codes, and largest error of any AND with any two on."""

    neurons: int
    coherence: float
    error: float


def quadratic_and(features: int, dimensions: int, generator: np.random.Generator) -> Quadratic:
    """Build the quadratic network over a random sign code and try every pair of features on."""
    code = sign_code(features, dimensions, generator).astype(np.float64)
    upper = np.triu_indices(dimensions)
    # Neuron (k, l) adds up both coordinates; on the diagonal it is coordinate k alone.
    neurons = np.zeros((len(upper[0]), dimensions))
    neurons[np.arange(len(neurons)), upper[0]] = 1
    neurons[np.arange(len(neurons)), upper[1]] = 1
    first, second = np.triu_indices(features, 1)
    hidden = ((code[first] + code[second]) @ neurons.T) ** 2
    reads = hidden @ _readout(code[first], code[second], upper).T
    error = np.abs(reads - np.eye(len(first))).max()
    between = np.abs(code @ code.T)[first, second].max()
    return Quadratic(len(neurons), float(between), float(error))


def _readout(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    upper: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> NDArray[np.float64]:
    """Return the weights on the neurons that give (left . x)(right . x), (pairs, neurons).

    Off the diagonal x_k x_l = ((x_k + x_l)^2 - x_k^2 - x_l^2) / 2, so each such weight is taken off
    the weights of the squares x_k^2 and x_l^2.
    """
    row, column = upper
    apart = row != column
    weights = left[:, row] * right[:, column]
    weights[:, apart] = (weights + left[:, column] * right[:, row])[:, apart] / 2
    for side in (row, column):
        taken = np.zeros_like(left)
        np.add.at(taken.T, side[apart], weights[:, apart].T)
        weights[:, ~apart] -= taken
    return weights


def rows(seed: int, note: Note) -> list[Row]:
    """Compare the linear limit, moments of the Bernoulli layer, and the quadratic network."""
    least_squares, minimax = linear_and_errors()
    exactly = "computed over the four inputs; tolerance for rounding"
    found = [
        equal(
            SOURCE,
            f"best linear readout of AND, {name}",
            0.25,
            error,
            locator=LINEAR,
            tolerance=1e-9,
            note=kind,
        )
        for name, error, kind in (
            ("least squares", least_squares, exactly),
            ("minimax", minimax, f"a linear program, {exactly}"),
        )
    ]
    for on in (1, 2):
        note(f"universal AND: {on} of the two features on")
        generator = stream(seed, Stream.REPRODUCED_UNIVERSAL_AND, on)
        found += _moment_rows(on, universal_and(NEURONS, DENSITY, OTHERS, on, DRAWS, generator))
    note("universal AND: quadratic activation")
    return [*found, *_quadratic_rows(stream(seed, Stream.REPRODUCED_UNIVERSAL_AND, 3))]


def _moment_rows(on: int, reads: UniversalAnd) -> list[Row]:
    counted = OTHERS * (1 - DENSITY) / (NEURONS * DENSITY)
    scale = OTHERS**2 * (1 - DENSITY**2) / NEURONS
    signal = (1 + 2 * OTHERS * DENSITY) * (1 - DENSITY**2) / (NEURONS * DENSITY**2)
    state = f"with {on} of a, b on, {OTHERS} others, d = {NEURONS:,}, p = {DENSITY:g}"
    formula = "s'^2(1-p^2)/d + s'(1-p)/(dp)" + (" + (1+2s'p)(1-p^2)/(dp^2)" if on == 2 else "")
    return [
        equal(
            SOURCE,
            f"universal AND read as a mean, bias s'p {state}",
            OTHERS * DENSITY,
            float(reads.mean.mean()) - (on - 1),
            locator=BIAS,
            tolerance=4 * float(reads.mean.std()) / sqrt(DRAWS),
            samples=DRAWS,
            note="mean over the common neurons; 4 standard errors",
        ),
        _variance_row(
            f"universal AND read as a mean, variance s'(1-p)/(dp) {state}",
            counted * (1 + (1 - DENSITY**2) / (NEURONS * DENSITY**2)),
            reads.mean,
            "mean over the common neurons; the value has E[1/number] to first order",
        ),
        _variance_row(
            f"universal AND read as a sum over d p^2, variance {formula} {state}",
            counted + scale + (signal if on == 2 else 0),
            reads.scaled,
            "sum over the common neurons over d p^2",
        ),
    ]


def _variance_row(statement: str, formula: float, reads: NDArray[np.float64], how: str) -> Row:
    off = (reads - reads.mean()) ** 2
    return equal(
        OURS,
        statement,
        formula,
        float(off.mean()),
        locator="this section: moments of a read",
        tolerance=4 * float(off.std()) / sqrt(len(reads)),
        samples=len(reads),
        note=f"{how}; 4 standard errors",
    )


def _quadratic_rows(generator: np.random.Generator) -> list[Row]:
    built = quadratic_and(QUADRATIC_FEATURES, QUADRATIC_DIMENSIONS, generator)
    room = exp(built.coherence**2 * QUADRATIC_DIMENSIONS / 2)
    size = f"m = {QUADRATIC_FEATURES} features in r = {QUADRATIC_DIMENSIONS} dimensions"
    tried = f"every pair on, every pair read; eps = {built.coherence:.4f} as drawn"
    twice = 2 * built.coherence
    first_order, certain = (
        at_most(
            key,
            f"quadratic activation: error of any AND with two on, at most {bound}, {size}",
            value,
            built.error,
            locator=locator,
            tolerance=1e-9,
            note=tried,
        )
        for key, bound, value, locator in (
            (SOURCE, "2 eps", twice, f"{QUADRATIC}, introduction"),
            (OURS, "2 eps (1 + eps)", twice * (1 + built.coherence), "this section"),
        )
    )
    why = (
        "2 eps is the first order: with a, b on, the read of (a, c) is v_a.v_c + v_b.v_c plus "
        "v_a.v_b times both, which comes to 2 eps (1 + eps), and that bound holds here"
    )
    return [
        explained(first_order, why, evidence=built.error <= certain.stated),
        certain,
        at_most(
            SOURCE,
            f"quadratic activation: at most r^2 neurons, {size}",
            QUADRATIC_DIMENSIONS**2,
            built.neurons,
            locator=f"{QUADRATIC}, construction details",
            note="r(r+1)/2, as products commute",
        ),
        at_most(
            SOURCE,
            f"quadratic activation: m < exp(eps^2 r/2), {size}",
            room,
            QUADRATIC_FEATURES,
            locator=f"{QUADRATIC}, after proposition 2",
            note="random signs reach about exp(eps^2 r/4) by the union bound; the published "
            "exponent takes codes picked one by one",
        ),
    ]
