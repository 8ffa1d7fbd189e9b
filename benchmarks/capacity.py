"""Neurons needed against gates, for every construction: a part of `bench.py`.

The smallest network of each construction that serves pairwise AND in superposition is searched for,
at the sizes that take no more than a minute or so. Where none was built, what a construction
declares is given, and marked as that.
"""

from __future__ import annotations

import time
from math import log

import numpy as np

import polyseme as ps
from capacity_page import NAME, draw, section
from harness import Job, Part, Row, Size, Tell, serve, side_by_side
from polyseme.circuits.problems import pairwise_and
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Task
from polyseme.compiler.search import smallest_of
from polyseme.limits.counting import counting_bits

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
    """The smallest network of a construction, and its error on other samples than it was tried on.

    Where twice the declared size does not reach the error, `reached` is False.
    """
    task = Task(pairwise_and(gates, gates), active, ERROR, "superposed", SEED)
    recipe, notes = CATALOGUE[construction], list[str]()
    begun = time.process_time()
    found = smallest_of(recipe, task, notes.append)
    seconds = time.process_time() - begun
    network, seen = found.network, found.confirmation
    again = ps.verify(network, task.circuit, samples=AGAIN, active=active)
    return {
        "construction": construction,
        "active": active,
        "gates": gates,
        "declared": recipe.neurons(task),
        "neurons": network.neurons,
        "parameters": network.parameters,
        "probes": sum(note.startswith("probe") for note in notes),
        "wrong": seen.wrong,
        "samples": seen.samples,
        "reached": found.passed,
        "again": again.wrong,
        "bits": counting_bits(task.circuit).bits,
        "seconds": round(seconds, 1),
    }


def declare(active: int, sizes: list[int]) -> Row:
    """What every construction declares, in superposition where it serves that; or why it refuses.

    Of those that want a dimension a feature, `inputs` is "basis".
    """
    rows: list[Row] = []
    refused: dict[str, str] = {}
    bits: dict[str, float] = {}
    for gates in sizes:
        circuit = pairwise_and(gates, gates)
        bits[str(gates)] = counting_bits(circuit).bits
        # Made once for all constructions: plans of a million gates take a while.
        candidates = [Task(circuit, active, ERROR, x, SEED) for x in ("basis", "superposed")]
        for name, recipe in CATALOGUE.items():
            task, reason = None, ""
            for candidate in candidates:
                why = recipe.refuses(candidate)
                # What both refuse is told of inputs in superposition.
                task, reason = (candidate, "") if why is None else (task, why)
            if task is None:
                refused[name] = reason
                continue
            entry = {"construction": name, "active": active, "gates": gates}
            rows.append(entry | {"inputs": task.encoder, "neurons": recipe.neurons(task)})
    return {"rows": rows, "refused": refused, "bits": bits}


def measure(run: Size, tell: Tell) -> Row:
    """Search, and ask for what is declared."""
    quick = run is Size.QUICK
    cases, sizes = (QUICK_SEARCHED, QUICK_DECLARED) if quick else (SEARCHED, DECLARED)
    if run is Size.LONG:
        cases = LONG_SEARCHED + cases
    promises = QUICK_PROMISES if quick else PROMISES
    searches = [
        Job("search", {"construction": name, "active": active, "gates": gates})
        for name, active, gates in cases
    ]
    asked = [Job("declare", {"active": active, "sizes": list(sizes)}) for active in promises]
    found = side_by_side(__file__, searches + asked, tell)
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


def slopes(searched: list[Row]) -> list[Row]:
    """Slopes of log neurons against log gates, wherever three sizes or more were searched."""
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


PART = Part(NAME, measure, section, draw)

if __name__ == "__main__":
    serve({"search": search, "declare": declare})
