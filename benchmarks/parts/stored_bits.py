"""Bits of circuit held per stored bit.

The bits that the counting bound says a circuit is worth, over those its network takes to store: as
it lies in a file, entropy-coded, and as its factor C alone, with the codes from the seed.
"""

from __future__ import annotations

from math import log2, sqrt
from typing import Any

import numpy as np
import scipy.sparse as sp

import polyseme as ps
from harness.compiling import (
    counting_bits,
    encode_integers,
    factor_of,
    message_of,
    smallest,
    terms_of,
)
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.problems import read
from harness.processes import Job, side_by_side

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
    "Bits of circuit (the counting bound's: what it takes to tell the circuit from all others of",
    "its family) per stored bit, for the smallest network found for 3 features on at once at an",
    "error under 0.001, seed 0 (by the search of `compile --construction`). *as stored*: W in its",
    "own whole numbers, biases of 32 bits, and 32 bits for every number of encoder and readout",
    "that the seed does not give. *message*: all that the seed does not give, entropy-coded, in",
    "bytes that were written and read back to the last weight; weights of `one-bit`, stored in",
    "bytes, take one bit each there. *C*: the entropy of the factor C, zeros included; with the",
    "seed's codes W = C D follows from it. *1 bit per weight*: as if every parameter were one",
    "bit; *ratio* is the root of the parameters over the root of the bits of circuit. *wrong*",
    "counts errors on 20,000 fresh inputs. The monosemantic network, one neuron per gate, is",
    "stored as scipy.sparse does, with positions of 32 bits; as a message, positions and rows are",
    "entropy-coded.",
)


def superposed(problem: str, construction: str, passes: int, neurons: int) -> Row:
    """Return the bits to store the smallest network of a construction, or a refined one."""
    circuit = read(problem)
    if passes:
        begin = ps.compile(
            circuit, active=ACTIVE, neurons=neurons, seed=SEED, construction=construction
        )
        network = ps.refine(begin, passes=passes, error=ERROR, seed=SEED).network
    else:
        network = smallest(construction, circuit, active=ACTIVE, error=ERROR, seed=SEED).network
    layer = network.layers[0]
    kept = network.provenance.readout_parameters
    return _row(circuit, problem) | {
        "construction": construction + (", refined" if passes else ""),
        "neurons": network.neurons,
        "weights": str(layer.weights.dtype),
        "parameters": network.parameters,
        "stored": 8 * (layer.weights.nbytes + layer.bias.nbytes) + 32 * kept,
        "message": 8 * len(message_of(network, circuit, SEED)),
        "factor": _entropy(factor_of(network)),
        "wrong": ps.verify(network, circuit, samples=SAMPLES).wrong,
    }


def monosemantic(problem: str) -> Row:
    """Return the bits it takes to store one neuron per gate as a sparse matrix."""
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


def _row(circuit: ps.Circuit, problem: str) -> Row:
    return {"problem": problem, "bits": counting_bits(circuit).bits}


def _entropy(matrix: sp.csr_array) -> float:
    """Return the entropy of all entries, zeros too, times their number."""
    stored = matrix.data[matrix.data != 0]
    entries = matrix.shape[0] * matrix.shape[1]
    counts = [entries - len(stored), *np.unique(stored, return_counts=True)[1].tolist()]
    return sum(count * log2(entries / count) for count in counts if count)


class StoredBits(Part):
    """Bits of circuit per stored bit."""

    name = "stored_bits"
    title = "Bits of circuit held per stored bit"
    measures = "bits of circuit per bit stored, in four encodings"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Build every network, side by side."""
        quick = size is Size.QUICK
        cases, sparse = (QUICK_CASES, QUICK_SPARSE) if quick else (CASES, SPARSE)
        names = ("problem", "construction", "passes", "neurons")
        jobs = [Job(superposed, dict(zip(names, case, strict=True))) for case in cases]
        jobs += [Job(monosemantic, {"problem": problem}) for problem in sparse]
        rows = side_by_side(jobs, tell)
        return {"networks": sorted(rows, key=lambda row: (row["bits"], row["stored"]))}

    def section(self, results: Results) -> list[str]:
        """Return the table of networks."""
        header = ("problem", "network", "neurons", "wrong", "bits of circuit", "weights")
        header += ("as stored", "message", "C", "1 bit per weight", "ratio")
        return [*ABOUT, *table(header, [_cells(row) for row in results[self.name]["networks"]])]

    def finding(self, results: Results) -> str:
        """Return the most that a message of a network in superposition holds."""
        rows = [x for x in results[self.name]["networks"] if x["parameters"] is not None]
        best = max(rows, key=lambda row: row["bits"] / row["message"])
        held = f"{best['bits'] / best['message']:.4f}"
        return f"{held} bits of circuit per bit of a message (`{best['construction']}`)"


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
