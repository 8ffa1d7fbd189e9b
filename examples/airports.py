"""The demo: 8,956 outputs about 7,884 airports, computed by 1,500 ReLUs, every fact checked.

Run it with `make demo`. It compiles the IATA airports of the `airportsdata` package (the country,
subdivision, city and time zone of each, 30,379 facts). An output is a relation and an object, such
as "country=FR". The demo asks for every single fact, measures how near affine readings of the
hidden layer come to 0 and 1, and leaves the network, its answer key and a picture in the folder
`demo`. Then it compiles a network that takes two airports at once, in which thresholds finish the
work, and asks it for 100,000 pairs.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

import polyseme as ps
from airports_computed import listed, measured
from airports_picture import draw
from airports_table import RELATIONS, read_airports
from parameters_and_bytes import without_zeros
from polyseme.limits.counting import counting_bits
from polyseme.networks.saving.files import network_bytes
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.sampling import wrong_samples

NEURONS, NEURONS_FOR_TWO = 1500, 2500
PAIRS = 100_000
SEED = 0
FOLDER = Path("demo")
QUESTIONS = (("CDG", "country"), ("GIG", "city"), ("KTM", "time zone"))
QUESTIONS_OF_TWO = (("LHR", "JFK", "time zone"), ("SYD", "AKL", "country"))

console = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Compute the facts of one airport; then decide those of two at once."""
    started = time.perf_counter()
    circuit = read_airports()
    show_computed(circuit)
    show_thresholded(circuit)
    console.print(f"all done in {time.perf_counter() - started:.0f} s")


def show_computed(circuit: ps.Circuit) -> None:
    """Compile for one airport and one relation, check everything, answer, save, draw."""
    with console.status(f"compiling {len(circuit.outputs):,} outputs into {NEURONS:,} ReLUs"):
        network = ps.compile(circuit, active=2, neurons=NEURONS, seed=SEED)
        exact = without_zeros(ps.compile(circuit, active=2, construction="monosemantic"))
    outputs, ands = len(circuit.outputs), int(np.sum(circuit.kinds == ps.GateKind.AND))
    bound = int(np.ceil(np.sqrt(counting_bits(circuit).bits)))
    console.print(
        f"{network.neurons:,} ReLUs compute {outputs:,} outputs, one airport and one relation on: "
        f"{outputs / network.neurons:.1f} outputs per ReLU\n"
        f"{ands:,} facts; {len(circuit.features):,} features in superposition in "
        f"{network.encoder.dimensions:,} dimensions; counting bound {bound:,} ReLUs at 1 bit per "
        f"weight; seed {SEED}\n"
        f"{'':<18}{'ReLUs':>7}{'parameters':>12}{'bytes of the file':>19}"
    )
    for name, one in (("in superposition", network), ("exact, sparse", exact)):
        size = f"{one.neurons:7,}{one.parameters:12,}{network_bytes(one):19,}"
        console.print(f"{name:<18}{size}")
    check("every fact", network, circuit, single_queries(circuit))
    with console.status("reading the hidden layer"):
        readings = measured(network, circuit)
    console.print("reading error of all outputs at once, all but a thousandth of 20,000 inputs:")
    console.print(f"  {listed(readings.kinds)}\n  satisfied, {listed(readings.relations)}")
    answer(network, QUESTIONS)
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / "airports.safetensors"
    network.save(target, key=True)
    draw(network, readings, FOLDER / "airports.png")
    console.print(f"wrote {target}, its answer key, and {FOLDER / 'airports.png'}")


def show_thresholded(circuit: ps.Circuit) -> None:
    """Compile for two airports and one relation, which thresholds decide; check, answer."""
    with console.status(f"compiling {len(circuit.outputs):,} outputs into {NEURONS_FOR_TWO:,}"):
        network = ps.compile(circuit, active=3, neurons=NEURONS_FOR_TWO, epsilon=None, seed=SEED)
    console.print(
        f"two airports at once: {network.neurons:,} ReLUs, and thresholds that finish the work"
    )
    check("every fact", network, circuit, single_queries(circuit))
    check("two airports", network, circuit, pair_queries(circuit))
    answer(network, QUESTIONS_OF_TWO)


def answer(network: ps.Network, questions: tuple[tuple[str, ...], ...]) -> None:
    """Ask questions by name."""
    for question in questions:
        console.print(f"  {' + '.join(question):<24} -> {', '.join(network.run(list(question)))}")


def single_queries(circuit: ps.Circuit) -> NDArray[np.int32]:
    """Return one row per fact: its subject and its relation."""
    ands = np.flatnonzero(circuit.kinds == ps.GateKind.AND)
    return circuit.fan_in[circuit.fan_in_offsets[ands][:, None] + np.arange(2)]


def pair_queries(circuit: ps.Circuit) -> NDArray[np.int32]:
    """Return random queries of two different airports and one relation."""
    generator = np.random.default_rng([SEED, 2])
    subjects = len(circuit.features) - len(RELATIONS)
    first = generator.integers(subjects, size=PAIRS)
    second = (first + generator.integers(1, subjects, size=PAIRS)) % subjects
    relation = subjects + generator.integers(len(RELATIONS), size=PAIRS)
    return np.stack((first, second, relation), axis=1).astype(np.int32)


def check(what: str, network: ps.Network, circuit: ps.Circuit, rows: NDArray[np.int32]) -> None:
    """Compare every output on every row with the circuit, and print the number of wrong rows."""
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=len(rows))
        wrong = wrong_samples(
            network, circuit, rows, lambda done, _: progress.update(task, completed=done)
        ).sum()
    found = f"{what}: {wrong:,} of {len(rows):,} wrong"
    if what != "every fact":
        low, high = clopper_pearson(int(wrong), len(rows))
        found += f" ({wrong / len(rows):.3%}; 95 % interval {low:.3%} to {high:.3%})"
    console.print(f"{found}, all {len(circuit.outputs):,} outputs compared")


if __name__ == "__main__":
    main()
