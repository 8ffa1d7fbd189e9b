"""Neurons needed against gates, for every construction.

The smallest network of each construction that serves pairwise AND in superposition is searched for,
at the sizes that take no more than a minute or so. Where none was built, the declared size is given
and marked as declared.
"""

from __future__ import annotations

import time
from math import log
from pathlib import Path

import numpy as np

import polyseme as ps
from harness.compiling import counting_bits, declarations, smallest
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, side_by_side
from parts.capacity.page import section
from parts.capacity.picture import draw

ERROR, SEED, AGAIN = 1e-3, 0, 20_000
PROMISES, QUICK_PROMISES = (2, 3, 5, 8), (3, 2)
# Construction, features on at once, gates: those that take longest first.
SEARCHED = (
    ("tight-frames", 5, 100_000),
    ("tight-frames", 3, 100_000),
    ("tight-frames", 2, 100_000),
    ("targeted-pairs", 3, 10_000),
    ("three-channel", 5, 10_000),
    ("three-channel", 3, 10_000),
    ("three-channel", 2, 10_000),
    ("and-tree", 2, 10_000),
    ("output-channel", 3, 10_000),
    ("output-channel", 2, 10_000),
    ("tight-frames", 8, 30_000),
    ("tight-frames", 5, 30_000),
    ("tight-frames", 3, 30_000),
    ("tight-frames", 8, 10_000),
    ("tight-frames", 5, 10_000),
    ("tight-frames", 3, 10_000),
    ("tight-frames", 2, 10_000),
    ("one-bit", 5, 10_000),
    ("one-bit", 3, 10_000),
    ("one-bit", 2, 10_000),
    ("targeted-pairs", 2, 10_000),
    ("tight-frames", 8, 3_000),
    ("tight-frames", 3, 3_000),
    ("one-bit", 3, 3_000),
    ("three-channel", 3, 3_000),
    ("output-channel", 3, 3_000),
    ("three-channel", 3, 1_000),
    ("three-channel", 2, 1_000),
    ("output-channel", 3, 1_000),
    ("output-channel", 2, 1_000),
    ("k-and", 3, 1_000),
    ("targeted-pairs", 2, 1_000),
    ("tight-frames", 5, 1_000),
    ("tight-frames", 3, 1_000),
    ("tight-frames", 2, 1_000),
    ("one-bit", 5, 1_000),
    ("one-bit", 3, 1_000),
    ("one-bit", 2, 1_000),
)
# Minutes each.
LONG_SEARCHED = (
    ("universal-and", 2, 10_000),
    ("and-tree", 3, 10_000),
    ("targeted-pairs", 8, 10_000),
    ("targeted-pairs", 5, 10_000),
    ("tight-frames", 8, 100_000),
    ("three-channel", 3, 100_000),
    ("three-channel", 3, 30_000),
    ("three-channel", 8, 10_000),
    ("output-channel", 5, 10_000),
)
DECLARED = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SEARCHED = (
    ("three-channel", 2, 1_000),
    *(("tight-frames", 3, gates) for gates in (2_000, 1_000, 500)),
    ("tight-frames", 2, 1_000),
)
QUICK_DECLARED = (500, 1_000, 2_000)


def search(construction: str, active: int, gates: int) -> Row:
    """Return the smallest network of a construction, and its error on further samples.

    Where twice the declared size does not reach the error, `reached` is False.
    """
    circuit, notes = ps.problems.pairwise_and(gates, gates), list[str]()
    begun = time.process_time()
    found = smallest(
        construction,
        circuit,
        active=active,
        error=ERROR,
        encoder="superposed",
        seed=SEED,
        note=notes.append,
    )
    seconds = time.process_time() - begun
    network = found.network
    again = ps.verify(network, circuit, samples=AGAIN, active=active)
    return {
        "construction": construction,
        "active": active,
        "gates": gates,
        "declared": found.declared,
        "neurons": network.neurons,
        "parameters": network.parameters,
        "probes": sum(note.startswith("probe") for note in notes),
        "wrong": found.wrong,
        "samples": found.samples,
        "reached": found.reached,
        "again": again.wrong,
        "bits": counting_bits(circuit).bits,
        "seconds": round(seconds, 1),
    }


def declare(active: int, sizes: list[int]) -> Row:
    """Return what every construction declares, in superposition where it serves that, or why not.

    Of those that take one dimension per feature, `inputs` is "basis".
    """
    rows: list[Row] = []
    refused: dict[str, str] = {}
    bits: dict[str, float] = {}
    for gates in sizes:
        circuit = ps.problems.pairwise_and(gates, gates)
        bits[str(gates)] = counting_bits(circuit).bits
        declared, reasons = declarations(circuit, active=active, error=ERROR, seed=SEED)
        refused |= reasons
        rows += [
            {
                "construction": name,
                "active": active,
                "gates": gates,
                "inputs": inputs,
                "neurons": neurons,
            }
            for name, (inputs, neurons) in declared.items()
        ]
    return {"rows": rows, "refused": refused, "bits": bits}


def slopes(searched: list[Row]) -> list[Row]:
    """Return slopes of log neurons against log gates, where three sizes or more were found."""
    found = []
    for active, name in sorted({(row["active"], row["construction"]) for row in searched}):
        rows = [
            row
            for row in searched
            if (row["active"], row["construction"], row["reached"]) == (active, name, True)
        ]
        if len(rows) < 3:
            continue
        gates = [row["gates"] for row in rows]
        neurons = [log(row["neurons"]) for row in rows]
        slope = float(np.polyfit(np.log(gates), neurons, 1)[0])
        entry = {"active": active, "construction": name, "slope": round(slope, 3)}
        found.append(entry | {"from": min(gates), "to": max(gates)})
    return found


class Capacity(Part):
    """Neurons against gates."""

    name = "capacity"
    title = "Neurons against gates"
    measures = "neurons that every construction needs, and the lower bound, against gates"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Search, and ask every construction for the size it declares."""
        quick = size is Size.QUICK
        cases, sizes = (QUICK_SEARCHED, QUICK_DECLARED) if quick else (SEARCHED, DECLARED)
        if size is Size.LONG:
            cases = LONG_SEARCHED + cases
        promises = QUICK_PROMISES if quick else PROMISES
        searches = [
            Job(search, {"construction": name, "active": active, "gates": gates})
            for name, active, gates in cases
        ]
        asked = [Job(declare, {"active": active, "sizes": list(sizes)}) for active in promises]
        found = side_by_side(searches + asked, tell)
        searched, declared = found[: len(searches)], found[len(searches) :]
        return {
            "searched": sorted(
                searched, key=lambda row: (row["active"], row["construction"], row["gates"])
            ),
            "declared": [row for promise in declared for row in promise["rows"]],
            "refused": declared[1]["refused"],
            "bits": declared[1]["bits"],
            "slopes": slopes(searched),
        }

    def section(self, results: Results) -> list[str]:
        """Return tables of sizes found and declared."""
        return section(results)

    def finding(self, results: Results) -> str:
        """Return how neurons of tight frames grow with gates."""
        (row,) = [
            x
            for x in results[self.name]["slopes"]
            if (x["construction"], x["active"]) == ("tight-frames", 3)
        ]
        return f"tight-frames, s = 3: neurons grow as gates to the {row['slope']:.3f}"

    def draw(self, results: Results, folder: Path) -> None:
        """Draw neurons against gates."""
        draw(results, folder)
