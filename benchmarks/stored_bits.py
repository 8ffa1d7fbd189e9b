"""Bits of circuit held per stored bit: a part of `bench.py`.

What the counting bound says a circuit is worth, over what its network takes to store: as it lies in
a file, entropy-coded, and as little as its factor C with the codes from the seed.
"""

from __future__ import annotations

from math import log2, sqrt
from typing import Any

import numpy as np
import scipy.sparse as sp

import polyseme as ps
from harness import Job, Part, Results, Row, Size, Tell, about, serve, side_by_side
from headline import read
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import terms_of
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Task
from polyseme.compiler.search import smallest_of
from polyseme.counting_argument.drawn_codes import Agreed
from polyseme.counting_argument.entropy_coding import encode_integers
from polyseme.counting_argument.message import read_message, write_message
from polyseme.limits.counting import counting_bits
from polyseme.networks.network import Network
from sections import table

NAME = "stored-bits"
ACTIVE, ERROR, SEED, SAMPLES = 3, 1e-3, 0, 20_000
AND2 = "and2:features={0},gates={0}"
# Problem, construction, and the passes of refinement and neurons it is begun with.
CASES: tuple[tuple[str, str, int, int], ...] = (
    (AND2.format(1_000), "tight-frames", 300, 272),
    (AND2.format(100_000), "tight-frames", 0, 0),
    ("airports", "three-channel", 0, 0),
    (AND2.format(10_000), "three-channel", 0, 0),
    (AND2.format(10_000), "tight-frames", 0, 0),
    (AND2.format(10_000), "one-bit", 0, 0),
    ("permutation:features=10000", "tight-frames", 0, 0),
    ("permutation:features=10000", "one-bit", 0, 0),
    (AND2.format(1_000), "tight-frames", 0, 0),
    (AND2.format(1_000), "one-bit", 0, 0),
)
SPARSE = (AND2.format(1_000), AND2.format(10_000), AND2.format(100_000), "airports")
QUICK_CASES = (
    (AND2.format(1_000), "tight-frames", 0, 0),
    (AND2.format(1_000), "one-bit", 0, 0),
    (AND2.format(1_000), "three-channel", 0, 0),
    ("permutation:features=1000", "tight-frames", 0, 0),
)
QUICK_SPARSE = (AND2.format(1_000),)

ABOUT = (
    "Bits of circuit (the counting bound's, which are what it takes to tell the circuit from",
    "all others of its family) for each bit that is stored of the smallest network found for 3",
    "features on at once at an error under 0.001, seed 0 (by the search of `compile",
    "--construction`). *as stored*: W in its own whole numbers, biases of 32 bits, and 32 bits",
    "for every number of encoder and readout that the seed does not give. *message*: all that",
    "the seed does not give, entropy-coded, in bytes that were written and read back to the",
    "last weight; weights of `one-bit`, stored in bytes, take one bit each there. *C*: the",
    "entropy of what neurons read of features, zeros included; with the seed's codes W = C D",
    "follows from it. *1 bit a weight*: as if every parameter were one bit; *ratio* is the root",
    "of the parameters over the root of the bits of circuit. *wrong* are of 20,000 fresh inputs.",
    "The monosemantic network, a neuron a gate, is stored as scipy.sparse does, with positions",
    "of 32 bits; as a message, positions and rows entropy-coded.",
)


def superposed(problem: str, construction: str, passes: int, neurons: int) -> Row:
    """The smallest network of a construction, or a refined one, and what it takes to store it."""
    circuit = read(problem)
    if passes:
        # Imported here so that other steps do not wait for torch.
        from polyseme.learning.refinement.refine import refine

        begin = ps.compile(
            circuit, active=ACTIVE, neurons=neurons, seed=SEED, construction=construction
        )
        network = refine(begin, passes=passes, error=ERROR, seed=SEED).network
    else:
        task = Task(circuit, ACTIVE, ERROR, "auto", SEED)
        network = smallest_of(CATALOGUE[construction], task, lambda _: None).network
    layer, key = network.layers[0], network.key
    assert key is not None
    kept = network.provenance.readout_parameters
    return _row(circuit, problem) | {
        "construction": construction + (", refined" if passes else ""),
        "neurons": network.neurons,
        "weights": str(layer.weights.dtype),
        "parameters": network.parameters,
        "stored": 8 * (layer.weights.nbytes + layer.bias.nbytes) + 32 * kept,
        "message": _message_bits(network, circuit),
        "factor": _entropy(key.layers[0].compression),
        "wrong": ps.verify(network, circuit, samples=SAMPLES).wrong,
    }


def monosemantic(problem: str) -> Row:
    """A neuron a gate as a sparse matrix: what that takes to store."""
    circuit = read(problem)
    terms = terms_of(circuit)
    places, offsets = terms.literals.astype(np.int32), terms.offsets.astype(np.int32)
    signs, bias = terms.signs.astype(np.int8), (1 - terms.plain).astype(np.int32)
    arrays = (signs, places, offsets, bias, terms.output.astype(np.int32))
    # In rising order of outputs, how far each is from the one before tells where it goes.
    coded = (signs, places, np.diff(offsets), bias, np.diff(terms.output, prepend=0))
    return _row(circuit, problem) | {
        "construction": "monosemantic, scipy.sparse",
        "neurons": len(terms),
        "weights": "int8",
        # Where its weights are is most of what it says, so counting them says little.
        "parameters": None,
        "stored": 8 * sum(array.nbytes for array in arrays),
        "message": 8 * sum(len(encode_integers(array)) for array in coded),
        "factor": None,
        "wrong": 0,
    }


def _row(circuit: Circuit, problem: str) -> Row:
    return {"problem": problem, "bits": counting_bits(circuit).bits}


def _message_bits(network: Network, circuit: Circuit) -> int:
    """Bits of the message; it is read back and compared. Raises ValueError where it differs."""
    terms = terms_of(circuit)
    inputs = int(terms.widths.max())
    agreed = Agreed(SEED, len(circuit.features), len(circuit.outputs), inputs)
    content = write_message(network, agreed).content
    received = read_message(content, agreed)
    same = (
        np.array_equal(received.layers[0].weights, network.layers[0].weights),
        np.array_equal(received.layers[0].bias, network.layers[0].bias),
        np.array_equal(received.encoder.code.positions, network.encoder.code.positions),
        np.array_equal(received.readout.neurons, network.readout.neurons),
        np.array_equal(received.readout.weights, network.readout.weights),
        np.array_equal(received.readout.thresholds, network.readout.thresholds),
    )
    if not all(same):
        raise ValueError(f"{network.provenance.source}: its message gives another network")
    return 8 * len(content)


def _entropy(matrix: sp.csr_array) -> float:
    """Entropy of all entries, zeros too, times their number."""
    stored = matrix.data[matrix.data != 0]
    entries = matrix.shape[0] * matrix.shape[1]
    counts = [entries - len(stored), *np.unique(stored, return_counts=True)[1].tolist()]
    return sum(count * log2(entries / count) for count in counts if count)


def measure(run: Size, tell: Tell) -> Row:
    """Every network, side by side."""
    cases, sparse = (QUICK_CASES, QUICK_SPARSE) if run is Size.QUICK else (CASES, SPARSE)
    names = ("problem", "construction", "passes", "neurons")
    jobs = [Job("superposed", dict(zip(names, case, strict=True))) for case in cases]
    jobs += [Job("monosemantic", {"problem": problem}) for problem in sparse]
    rows = side_by_side(__file__, jobs, tell)
    return {"networks": sorted(rows, key=lambda row: (row["bits"], row["stored"]))}


def section(results: Results) -> list[str]:
    """The section of the page."""
    header = ("problem", "network", "neurons", "wrong", "bits of circuit", "weights", "as stored")
    header += ("message", "C", "1 bit a weight", "ratio")
    return [
        "## Bits of circuit held per stored bit",
        "",
        about(results, NAME),
        "",
        *ABOUT,
        *table(header, [_cells(row) for row in results[NAME]["networks"]]),
    ]


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    def held(stored: float | None) -> str:
        return "–" if stored is None else f"{row['bits'] / stored:.4f}"

    return (
        row["problem"],
        row["construction"],
        f"{row['neurons']:,}",
        f"{row['wrong']}",
        f"{row['bits']:,.0f}",
        row["weights"],
        held(row["stored"]),
        held(row["message"]),
        held(row["factor"]),
        held(row["parameters"]),
        f"{sqrt(row['parameters'] / row['bits']):.2f}" if row["parameters"] else "–",
    )


PART = Part(NAME, measure, section)

if __name__ == "__main__":
    serve({"superposed": superposed, "monosemantic": monosemantic})
