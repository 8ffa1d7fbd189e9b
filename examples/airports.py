"""The demo: 8,956 outputs about 7,884 airports, computed by 2,500 ReLUs, every fact checked.

Run it with `make demo`. It compiles the IATA airports of the `airportsdata` package (the country,
subdivision, city and time zone of each, 30,379 facts). An output is a relation and an object, such
as "country=FR". The demo asks the network for every single fact and for 100,000 pairs of airports
at once, answers a few questions by name, and leaves the network, its answer key and a picture in
the folder `demo`.
"""

from __future__ import annotations

import time
from pathlib import Path

import airportsdata
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

import polyseme as ps
from airports_picture import draw
from polyseme.limits.counting import counting_bits
from polyseme.networks.saving.files import key_path
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.sampling import wrong_samples

RELATIONS = {"country": "country", "subd": "subdivision", "city": "city", "tz": "time zone"}
NEURONS = 2500
PAIRS = 100_000
SEED = 0
FOLDER = Path("demo")
QUESTIONS = (
    ("CDG", "country"),
    ("GIG", "city"),
    ("KTM", "time zone"),
    ("LHR", "JFK", "time zone"),
    ("SYD", "AKL", "country"),
)

console = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Compile, check everything, answer a few questions, draw."""
    started = time.perf_counter()
    circuit = read_airports()
    with console.status(f"compiling {len(circuit.outputs):,} outputs into {NEURONS:,} ReLUs"):
        network = ps.compile(circuit, active=3, neurons=NEURONS, epsilon=None, seed=SEED)
    report_size(network, circuit)
    check("every fact by itself", network, circuit, single_queries(circuit))
    check("two airports at once", network, circuit, pair_queries(circuit))
    for question in QUESTIONS:
        console.print(f"  {' + '.join(question):<24} -> {', '.join(network.run(list(question)))}")
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / "airports.safetensors"
    network.save(str(target))
    if network.key:
        network.key.save(str(key_path(target)))
    draw(network, FOLDER / "airports.png")
    console.print(f"wrote {target}, its answer key, and {FOLDER / 'airports.png'}")
    console.print(f"all done in {time.perf_counter() - started:.0f} s")


def read_airports() -> ps.Circuit:
    """Return the airports as a circuit: one AND of subject and relation per fact."""
    table = {
        code: {name: row[field] for field, name in RELATIONS.items() if row[field]}
        for code, row in airportsdata.load("IATA").items()
    }
    return ps.problems.facts(table)


def report_size(network: ps.Network, circuit: ps.Circuit) -> None:
    """Print the size of the network beside the exact one and the counting bound."""
    outputs, exact = len(circuit.outputs), network.provenance.monosemantic_neurons
    bound = int(np.ceil(np.sqrt(counting_bits(circuit).bits)))
    console.print(
        f"{network.neurons:,} ReLUs and thresholds decide {outputs:,} outputs: "
        f"{outputs / network.neurons:.1f} outputs per ReLU; an exact network takes "
        f"{exact:,} ReLUs, {exact / network.neurons:.1f} times as many, "
        f"and the counting bound is {bound:,} (at 1 bit per weight)"
    )
    facts = int(np.sum(circuit.kinds == ps.GateKind.AND))
    console.print(
        f"{len(circuit.features):,} input features in superposition in "
        f"{network.encoder.dimensions:,} dimensions; {facts:,} facts; seed {SEED}"
    )


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
    low, high = clopper_pearson(int(wrong), len(rows))
    console.print(
        f"{what}: {wrong:,} of {len(rows):,} wrong ({wrong / len(rows):.3%}; "
        f"95 % interval {low:.3%} to {high:.3%}), all {len(circuit.outputs):,} outputs compared"
    )


if __name__ == "__main__":
    main()
