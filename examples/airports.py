"""The demo: 8,956 outputs about 7,884 airports, computed by 1,500 ReLUs, proved for every input.

Run it with `make demo`. It compiles the IATA airports of the `airportsdata` package (the country,
subdivision, city and time zone of each, 30,379 facts). An output is a relation and an object, such
as "country=FR". The demo asks for every single fact, proves that the network is right on every
input with at most two features on, measures how near affine readings of the hidden layer come to 0
and 1, and leaves the network, its answer key, the certificate of the proof and a picture in the
folder `demo`. Then it compiles a network that takes two airports at once, in which thresholds
finish the work, and finds every pair of airports that it gets wrong.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from rich.console import Console

import polyseme as ps
from airports_computed import listed, measured
from airports_picture import draw
from airports_table import RELATIONS, read_airports
from parameters_and_bytes import without_zeros
from polyseme.limits.counting import counting_bits
from polyseme.networks.saving.files import network_bytes
from polyseme.verification.sampling import wrong_samples

NEURONS, NEURONS_FOR_TWO = 1500, 2500
SEED = 0
# Wrong pairs that are named.
NAMED = 5
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
    check_facts(network, circuit)
    proof = prove(network, circuit)
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
    certify(proof, target)


def show_thresholded(circuit: ps.Circuit) -> None:
    """Compile for two airports and one relation, which thresholds decide; check, answer."""
    with console.status(f"compiling {len(circuit.outputs):,} outputs into {NEURONS_FOR_TWO:,}"):
        network = ps.compile(circuit, active=3, neurons=NEURONS_FOR_TWO, epsilon=None, seed=SEED)
    console.print(
        f"two airports at once: {network.neurons:,} ReLUs, and thresholds that finish the work"
    )
    check_facts(network, circuit)
    find_wrong_pairs(network, circuit)
    answer(network, QUESTIONS_OF_TWO)


def answer(network: ps.Network, questions: tuple[tuple[str, ...], ...]) -> None:
    """Ask questions by name."""
    for question in questions:
        console.print(f"  {' + '.join(question):<24} -> {', '.join(network.run(list(question)))}")


def check_facts(network: ps.Network, circuit: ps.Circuit) -> None:
    """Ask for every fact, compare all outputs with the circuit, and print how many are wrong."""
    ands = np.flatnonzero(circuit.kinds == ps.GateKind.AND)
    # One row per fact: its subject and its relation.
    rows = circuit.fan_in[circuit.fan_in_offsets[ands][:, None] + np.arange(2)]
    with console.status("every fact"):
        wrong = wrong_samples(network, circuit, rows).sum()
    console.print(
        f"every fact: {wrong:,} of {len(rows):,} wrong, "
        f"all {len(circuit.outputs):,} outputs compared"
    )


def prove(network: ps.Network, circuit: ps.Circuit) -> ps.Proof:
    """Prove that no input with at most two features on is wrong, or print one that is."""
    proof = ps.prove(network, circuit, progress=True)
    if proof.proved:
        console.print(
            f"proved: right on all {proof.inputs:,} inputs with at most {proof.active} on, reading "
            f"error at most {proof.reading_error:.3f} on each ({proof.method})"
        )
    elif proof.counterexample:
        wrong = ", ".join(proof.wrong_outputs[:NAMED])
        console.print(f"refuted: {' + '.join(proof.counterexample)} gives {wrong} wrong")
    else:
        console.print(f"undecided: {len(proof.undecided):,} outputs")
    return proof


def certify(proof: ps.Proof, target: Path) -> None:
    """Write the certificate of a proof beside its network, and print what it says."""
    certificate = ps.certificate(proof, target)
    beside = target.with_suffix(".certificate.json")
    certificate.save(beside)
    answer = {True: "proved", False: "refuted", None: "undecided"}[proof.proved]
    console.print(
        f"wrote {beside}: network {certificate.network_sha256[:12]} {answer} for circuit "
        f"{certificate.circuit_sha256[:12]} on {proof.inputs:,} inputs by {certificate.method}"
    )


def find_wrong_pairs(network: ps.Network, circuit: ps.Circuit) -> None:
    """Count all questions about two airports that are answered wrong, and name a few."""
    found = ps.wrong_pairs(network, circuit, beside=list(RELATIONS.values()), progress=True)
    console.print(
        f"two airports and one relation: {found.wrong:,} of all {found.inputs:,} inputs wrong "
        f"({found.wrong / found.inputs:.3%}), found by pruning, each run"
    )
    for names in found.names(NAMED):
        console.print(f"  wrong: {' + '.join(names)}")


if __name__ == "__main__":
    main()
