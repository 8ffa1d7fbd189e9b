"""Recompute the capacities of embeddings, and the errors of rotations in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.arithmetic_progressions import progression_capacity, progression_code
from polyseme.codes.inner_products import coherence
from polyseme.codes.reed_solomon import largest_field, reed_solomon_code
from polyseme.common.progress import Note
from polyseme.common.random_streams import Stream, stream
from polyseme.reproduce.row import Row, equal, explained
from polyseme.reproduce.small_networks import (
    SmallNetworks,
    SuperposedNetworks,
    superpose,
)

ABOUT = """\
How many small networks fit in a large one, and how their errors grow over five rotations.

Bushnaq and Mendel 2024; Linsefors and Bushnaq 2025, *Circuits in Superposition* 1 and 2 and
*Rotations in Superposition*. At D = 1000 neurons, small networks of width d = 4 and S = 6 neurons
for each of theirs, their embedding (arithmetic progressions) holds T = 557; a Reed-Solomon code
holds 41^2 = 1,681. Each small network rotates a vector of the plane by an angle of its own: neurons
0 and 1 hold whether it is active as the step a_0 - a_1, neurons 2 and 3 the vector, shifted by 1.

What is compared. The articles show errors as plots; the numbers here are from running the authors'
published code (Rot-in-Sup, revision 7c3c438, `CompInSup`, capped, as for their figures 5 and 6) for
random seeds 0 to 4, 1,500 sets each, and averaging: mean squared error of the vector of active
networks after each of five rotations, with 1, 2 and 3 active. The error terms of the articles (see
`small_networks.py`) are compared too: they are linear in the noise, so they hold until inactive
networks wake up."""

NEURONS, WIDTH, SPREAD, ROTATIONS = 1000, 4, 6, 5
BLOCK = NEURONS // WIDTH
# Mean squared error after rotations 1 to 5, by active networks: the authors' code, 5 runs.
PUBLISHED = {
    1: (0.0, 0.0084, 0.1255, 0.6018, 1.6494),
    2: (0.0345, 0.1526, 0.5749, 1.5436, 3.4959),
    3: (0.0793, 0.324, 0.881, 2.0717, 4.837),
}
PUBLISHED_RUNS = 5
NETWORKS = 12
SAMPLES = 600
_BIAS = np.array([-0.5, -1.5, -1.0, -1.0])


@dataclass(frozen=True, eq=False)
class Errors:
    """Mean squared error of active vectors, and strongest inactive indicator, (rotations,) each."""

    active: NDArray[np.float64]
    inactive_indicator: NDArray[np.float64]


def rotations(networks: int, layers: int, generator: np.random.Generator) -> SmallNetworks:
    """Draw small networks of width 4, each turning a vector by its own angle at every layer."""
    angle = generator.uniform(0, 2 * np.pi, networks)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = np.moveaxis(turn, 2, 0)
    shared = np.zeros((4, 4))
    # All rows read the indicator a_0 - a_1, which makes up for the bias and the vector's shift.
    shared[:, 0], shared[:, 1] = 2, -2
    own = np.zeros((networks, 4, 4))
    own[:, 2:, 2:] = turn
    own[:, 2:, 0], own[:, 2:, 1] = -turn.sum(axis=2), turn.sum(axis=2)
    return SmallNetworks(
        np.tile(shared, (layers, 1, 1)),
        np.tile(own, (layers, 1, 1, 1)),
        np.tile(_BIAS, (layers, 1)),
    )


def rotation_errors(
    large: SuperposedNetworks, active: int, samples: int, generator: np.random.Generator
) -> Errors:
    """Run random sets of `active` networks on random unit vectors and compare after each layer."""
    networks = large.small.networks
    which = np.array([generator.choice(networks, active, replace=False) for _ in range(samples)])
    angle = generator.uniform(0, 2 * np.pi, which.shape)
    states = np.stack(
        [np.full_like(angle, 1.5), np.full_like(angle, 0.5), 1 + np.cos(angle), 1 + np.sin(angle)],
        axis=-1,
    )
    wanted = large.small.run(states, which)
    row = np.arange(samples)[:, np.newaxis]
    errors, awake = [], []
    for layer, activations in enumerate(large.run(states, which)):
        found = large.read(activations, layer)
        indicator = found[..., 0] - found[..., 1]
        vector = found[row, which, 2:] - indicator[row, which, np.newaxis]
        errors.append(((vector - (wanted[layer][..., 2:] - 1)) ** 2).sum(axis=-1).mean())
        indicator[row, which] = 0
        awake.append(indicator.max())
    return Errors(np.array(errors, np.float64), np.array(awake, np.float64))


def predicted_error(networks: int, active: int, layer: int) -> float:
    """Return the published error terms for active networks after `layer` rotations.

    In the vector's rows, own weights put out the turned vector, of squared length 1. All weights
    together put out the turned vector plus 2 in either row, of squared length 9 on average.
    """
    kappa = WIDTH / NEURONS - 1 / (networks * SPREAD)
    passed_on = (layer - 1) * networks * kappa**2 * (active + (active - 1) * 9)
    return passed_on + layer * kappa * (active - 1) * 9


def rows(seed: int, note: Note) -> list[Row]:
    """Compare capacities, and errors with those of the authors' code and with their error terms."""
    note("circuits in superposition: embeddings")
    found = _capacity_rows()
    networks = progression_capacity(BLOCK, SPREAD)
    code = progression_code(networks, BLOCK, SPREAD)
    seen: dict[int, list[Errors]] = {active: [] for active in PUBLISHED}
    for run in range(NETWORKS):
        generator = stream(seed, Stream.REPRODUCED_ROTATIONS, run)
        large = superpose(rotations(networks, ROTATIONS, generator), code, generator)
        for active, errors in seen.items():
            note(f"circuits in superposition: network {run + 1} of {NETWORKS}, {active} active")
            errors.append(rotation_errors(large, active, SAMPLES, generator))
    for active, errors in seen.items():
        found += _error_rows(networks, active, errors)
    return found


def _capacity_rows() -> list[Row]:
    held = progression_capacity(BLOCK, SPREAD)
    words = progression_code(held, BLOCK, SPREAD)
    field = largest_field(BLOCK, SPREAD)
    dense = reed_solomon_code(field**2, SPREAD, 2)
    size = f"networks at D = {NEURONS:,}, d = {WIDTH}, S = {SPREAD}"
    return [
        equal(
            key,
            f"{size}, {how}",
            published,
            code.features,
            note=f"two share at most {coherence(code).worst_intersection} neuron, all compared",
        )
        for key, how, published, code in (
            ("linsefors2025rotations", "arithmetic progressions", 557, words),
            ("kautz1964nonrandom", "Reed-Solomon", 1681, dense),
        )
    ]


def _error_rows(networks: int, active: int, errors: list[Errors]) -> list[Row]:
    each = np.array([one.active for one in errors])
    awake = np.max([one.inactive_indicator for one in errors], axis=0)
    ours, spread = each.mean(axis=0), each.std(axis=0, ddof=1)
    samples = SAMPLES * len(errors)
    found = []
    for layer in range(1, ROTATIONS + 1):
        here = float(ours[layer - 1])
        slack = 4 * float(spread[layer - 1])
        state = f"mean squared error, {active} of {networks} active, rotation {layer}"
        found.append(
            equal(
                "linsefors2025rotations",
                f"{state}, authors' code",
                PUBLISHED[active][layer - 1],
                here,
                tolerance=slack * (1 / PUBLISHED_RUNS + 1 / len(errors)) ** 0.5 + 5e-5,
                samples=samples,
                note=f"{len(errors)} networks against {PUBLISHED_RUNS} runs of theirs; 4 standard "
                "errors, from the spread of ours, and rounding",
            )
        )
        predicted = predicted_error(networks, active, layer)
        terms = equal(
            "linsefors2025circuits",
            f"{state}, published error terms",
            predicted,
            here,
            tolerance=slack / len(errors) ** 0.5 + 0.15 * predicted + 5e-5,
            samples=samples,
            note="the terms leave out products of errors; 15 % and 4 standard errors",
        )
        before = float(awake[layer - 2]) if layer > 1 else 0.0
        why = (
            "the terms take inactive networks to stay asleep; one rotation earlier the indicator "
            f"of one already stood at {before:.2f} (1 is active), and what it passes on is not "
            "counted. The authors' code errs as ours does"
        )
        found.append(explained(terms, why, evidence=before > 0.5 and found[-1].agrees))
    return found
