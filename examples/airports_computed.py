"""Airports whose facts the hidden layer computes: the reading error of each relation.

The demo (`airports.py`) lets the thresholds of the readout finish the work, and takes two airports
at once. Here one airport and one relation are on, and affine readings of the hidden layer must be
within 1/4 of all 8,956 outputs at once, so that a next layer could use them. Run it with
`python examples/airports_computed.py [ReLUs] [seeds ...]`; it takes about a minute per seed.
"""

from __future__ import annotations

import sys

import numpy as np
from rich.console import Console

import polyseme as ps
from airports import RELATIONS, read_airports
from polyseme.common.random_streams import Stream, stream
from polyseme.verification.affine_reading import beyond, fitted_reading
from polyseme.verification.extremes import extremes
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import shallow_terms
from polyseme.verification.term_readings import KINDS, term_readings

NEURONS, SEEDS = 1500, (101, 102, 103, 104, 105)
SAMPLES, FITTED = 20_000, 6000

console = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Compile for every seed, and print reading errors by kind of input and by relation."""
    given = [int(number) for number in sys.argv[1:]]
    neurons, seeds = given[0] if given else NEURONS, given[1:] or SEEDS
    circuit = read_airports()
    for seed in seeds:
        network = ps.compile(circuit, active=2, neurons=neurons, seed=seed)
        found = ", ".join(f"{name} {epsilon:.3f}" for name, epsilon in errors(network, circuit))
        console.print(
            f"{network.neurons:,} ReLUs (exact: {network.provenance.monosemantic_neurons:,}), "
            f"seed {seed}: reading error {found}"
        )


def errors(network: ps.Network, circuit: ps.Circuit) -> list[tuple[str, float]]:
    """Return reading errors of the kinds of input, and of satisfied inputs by their relation.

    All but a thousandth of the inputs of each kind, or with each relation on, keep them.
    """
    terms = shallow_terms(network, circuit)
    assert terms is not None
    generator = stream(network.provenance.seed, Stream.VERIFICATION)
    read = term_readings(network, circuit, terms, 2, generator)
    fitted = fitted_reading([read.seen(kind, FITTED, generator) for kind in KINDS])
    found: list[tuple[str, float]] = []
    relations: list[tuple[str, float]] = []
    for kind in KINDS:
        rows = draw_inputs(kind, terms, 2, SAMPLES, generator)
        seen = extremes(read.runner, circuit, rows, scale=read.scale, rest=read.rest)
        worst = fitted.errors(seen).max(axis=0)
        found.append((kind, beyond(worst)))
        if kind == "satisfied":
            first = terms.features - len(RELATIONS)
            for number, name in enumerate(RELATIONS.values()):
                asked = np.any(rows == first + number, axis=1)
                relations.append((name, beyond(worst[asked])))
    return found + relations


if __name__ == "__main__":
    main()
