"""Airports whose facts the hidden layer computes: the reading error of each relation.

One airport and one relation are on, and affine readings of the hidden layer must be within 1/4 of
all 8,956 outputs at once, so that a next layer could use them. The demo (`airports.py`) measures
one seed with this; `python examples/airports_computed.py [ReLUs] [seeds ...]` measures others, in
about 15 seconds per seed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from rich.console import Console

import polyseme as ps
from airports_table import RELATIONS, read_airports
from polyseme.common.random_streams import Stream, stream
from polyseme.verification.affine_reading import AffineReading, beyond, fitted_reading
from polyseme.verification.drawing import shallow_terms
from polyseme.verification.extremes import extremes
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.term_readings import KINDS, TermReadings, term_readings

NEURONS, SEEDS = 1500, (101, 102, 103, 104, 105)
SAMPLES, FITTED = 20_000, 6000

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, eq=False)
class Readings:
    """The affine readings of a network's outputs, and how far they are from 0 and 1.

    All but a thousandth of the inputs of each kind, or of satisfied ones with each relation on,
    keep the errors.
    """

    read: TermReadings
    fitted: AffineReading
    kinds: dict[str, float]
    relations: dict[str, float]


def main() -> None:
    """Compile for every seed, and print reading errors by kind of input and by relation."""
    given = [int(number) for number in sys.argv[1:]]
    neurons, seeds = given[0] if given else NEURONS, given[1:] or SEEDS
    circuit = read_airports()
    for seed in seeds:
        network = ps.compile(circuit, active=2, neurons=neurons, seed=seed)
        found = measured(network, circuit)
        console.print(
            f"{network.neurons:,} ReLUs (exact: {network.provenance.monosemantic_neurons:,}), "
            f"seed {seed}: reading error {listed(found.kinds)}, {listed(found.relations)}"
        )


def listed(errors: dict[str, float]) -> str:
    """Return names and errors as a list in words."""
    return ", ".join(f"{name} {epsilon:.3f}" for name, epsilon in errors.items())


def measured(network: ps.Network, circuit: ps.Circuit) -> Readings:
    """Fit affine readings, and measure their errors on inputs drawn apart."""
    terms = shallow_terms(network, circuit)
    assert terms is not None
    generator = stream(network.provenance.seed, Stream.VERIFICATION)
    read = term_readings(network, circuit, terms, 2, generator)
    fitted = fitted_reading([read.seen(kind, FITTED, generator) for kind in KINDS])
    kinds: dict[str, float] = {}
    relations: dict[str, float] = {}
    for kind in KINDS:
        rows = draw_inputs(kind, terms, 2, SAMPLES, generator)
        seen = extremes(read.runner, circuit, rows, scale=read.scale, rest=read.rest)
        worst = fitted.errors(seen).max(axis=0)
        kinds[kind] = beyond(worst)
        if kind == "satisfied":
            first = terms.features - len(RELATIONS)
            for number, name in enumerate(RELATIONS.values()):
                asked = np.any(rows == first + number, axis=1)
                relations[name] = beyond(worst[asked])
    return Readings(read, fitted, kinds, relations)


if __name__ == "__main__":
    main()
