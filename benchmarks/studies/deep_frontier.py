"""ReLUs of deep networks in superposition against those of the exact network.

Layered circuits by width, depth and features on. The exact network's size follows from its
schedule, and so does the declared size in superposition; the smallest network is searched for where
that is affordable.
"""

from __future__ import annotations

import time
from itertools import groupby

import numpy as np

import polyseme as ps
from harness.compiling import declared_neurons, exact_size_of, file_bytes, smallest
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, apart

ERROR, SEED = 1e-3, 0
# Depth, features on at once, widths, and those of them at which the smallest network is searched.
CASES = (
    (4, 2, (2_000, 4_000, 8_000, 16_000, 32_000, 64_000), (4_000, 8_000, 16_000, 32_000)),
    (4, 3, (4_000, 8_000, 16_000, 32_000, 64_000), (16_000,)),
    (16, 3, (8_000, 16_000, 32_000), ()),
    (50, 3, (10_000, 15_000, 20_000), ()),
)
QUICK_CASES = ((2, 2, (1_000, 2_000), (2_000,)),)
TIMES = {1: "as many ReLUs", 2: "half as many", 4: "a quarter"}

ABOUT = (
    "`layered` circuits, seed 0; a quarter of the wires of every level are identities, which count",
    f"as computed nowhere. *declared* is the size that `deep` declares for an error of {ERROR:g}",
    "before anything is built, times the layers: a prediction. *found* is the smallest network at",
    "that error, confirmed on fresh *satisfied* inputs; the others were not built. A clipped unit",
    "counts as two ReLUs and writes one number. *exact* is the exact network with fewer ReLUs in",
    "all, of those with wires carried by gates and in a residual stream; here it is always the",
    "latter. *state* is the most numbers that a layer writes, carried ones among them. Bytes are",
    "those of the files, and of an exact network those of the tensors in it.",
)


def sizes(width: int, depth: int, active: int, search: bool) -> Row:
    """Return the sizes of the exact network and of one in superposition, found if `search`."""
    circuit = ps.problems.layered(width, depth, active=active)
    declared = declared_neurons("deep", circuit, active=active, error=ERROR, carry="gates")
    return {
        "width": width,
        "depth": depth,
        "active": active,
        "computed": circuit.computed_gates,
        "exact": exact_size_of(circuit, active=active),
        "declared": declared,
        "found": found(circuit, active) if search else None,
    }


def found(circuit: ps.Circuit, active: int) -> Row:
    """Search for the smallest network, and return its sizes and its error."""
    begun = time.perf_counter()
    result = smallest("deep", circuit, active=active, error=ERROR, seed=SEED, carry="gates")
    network = result.network
    return {
        "neurons": network.neurons,
        "neurons_total": network.neurons_total,
        "state": network.state,
        "parameters": network.parameters,
        "bytes": file_bytes(network),
        "wrong": result.wrong,
        "samples": result.samples,
        "reached": result.reached,
        "seconds": round(time.perf_counter() - begun, 1),
    }


class DeepFrontier(Part):
    """Where superposition has fewer ReLUs than the exact network."""

    name = "deep_frontier"
    title = "Deep networks beside the exact one"
    measures = "ReLUs of deep networks and of the exact network, by width, depth and features on"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Measure one circuit after another."""
        rows = []
        for depth, active, widths, searched in QUICK_CASES if size is Size.QUICK else CASES:
            for width in widths:
                asked = {"width": width, "depth": depth, "active": active}
                rows.append(apart(Job(sizes, {**asked, "search": width in searched})))
                tell(f"{asked}: declared {rows[-1]['declared']:,}, found {rows[-1]['found']}")
        return {"error": ERROR, "seed": SEED, "cases": rows}

    def section(self, results: Results) -> list[str]:
        """Return the table of all circuits, the widths that pay, and the networks found."""
        rows = results[self.name]["cases"]
        return [
            *ABOUT,
            *_sizes_table(rows),
            *_widths_table(rows),
            *_against_declared(rows),
            *_found_table(rows),
        ]

    def finding(self, results: Results) -> str:
        """Return the largest factor that was measured."""
        rows = [row for row in results[self.name]["cases"] if row["found"]]
        best = max(rows, key=lambda row: _total(row["exact"]) / _total(row["found"]))
        factor = _total(best["exact"]) / _total(best["found"])
        return (
            f"{best['width']:,} wires, {best['depth']} levels, {best['active']} on: "
            f"{factor:.1f} times fewer ReLUs in all than the exact network"
        )


def times_fewer(row: Row) -> float:
    """Return the ReLUs of the exact network over those declared, in all layers."""
    return float(_total(row["exact"]) / (row["depth"] * row["declared"]))


def paying_width(rows: list[Row], times: float) -> int:
    """Return about the width from which the exact network has so many times the ReLUs.

    The factor grows as the square root of the width; it is scaled from the nearest row.
    """
    row = min(rows, key=lambda one: abs(times_fewer(one) - times))
    return 100 * round(row["width"] * (times / times_fewer(row)) ** 2 / 100)


def _total(size: Row) -> int:
    return int(size["neurons_total"])


def _sizes_table(rows: list[Row]) -> list[str]:
    header = ("levels", "on", "wires per level", "exact: ReLUs in all", "declared", "factor")
    header += ("found", "wrong", "factor")
    cells = []
    for row in rows:
        seen, exact = row["found"], _total(row["exact"])
        measured = ("–", "–", "–")
        if seen:
            wrong = f"{seen['wrong']:,} of {seen['samples']:,}"
            measured = (f"{_total(seen):,}", wrong, f"**{exact / _total(seen):.2f}**")
        cells.append(
            (
                f"{row['depth']}",
                f"{row['active']}",
                f"{row['width']:,}",
                f"{exact:,}",
                f"{row['depth'] * row['declared']:,}",
                f"{times_fewer(row):.2f}",
                *measured,
            )
        )
    return table(header, cells)


def _widths_table(rows: list[Row]) -> list[str]:
    header = ("levels", "on", *TIMES.values())
    cells = []
    for (depth, active), group in groupby(rows, key=lambda row: (row["depth"], row["active"])):
        alike = list(group)
        widths = (f"{paying_width(alike, times):,}" for times in TIMES)
        cells.append((f"{depth}", f"{active}", *widths))
    return [
        "Wires per level from which superposition has at most that share of the exact network's",
        "ReLUs, predicted from the declared sizes, which grow as the square root of the width:",
        *table(header, cells),
    ]


def _against_declared(rows: list[Row]) -> list[str]:
    """Return how far the networks found are from what was declared, and how they grow."""
    searched = [row for row in rows if row["found"]]
    ratios = [row["found"]["neurons"] / row["declared"] for row in searched]
    lines = [
        f"The networks found have {min(ratios):.2f} to {max(ratios):.2f} times the ReLUs declared,",
        "the widest most, so these widths are optimistic where wide networks are predicted.",
    ]
    place = (searched[0]["depth"], searched[0]["active"])
    alike = [row for row in searched if (row["depth"], row["active"]) == place]
    if len(alike) > 1:
        widths, totals = ([np.log(value) for value in values] for values in _grown(alike))
        exponent = np.polyfit(widths, totals, 1)[0]
        lines.append(
            f"At {place[0]} levels and {place[1]} on, those found grow as the width to the "
            f"{exponent:.2f}."
        )
    return [*lines, ""]


def _grown(rows: list[Row]) -> tuple[list[int], list[int]]:
    return [row["width"] for row in rows], [_total(row["found"]) for row in rows]


def _found_table(rows: list[Row]) -> list[str]:
    header = ("levels", "on", "wires per level", "gates computed", "network", "ReLUs in all")
    header += ("widest layer", "state", "parameters", "bytes", "found in, s")
    cells = []
    for row in rows:
        if row["found"]:
            place = (f"{row['depth']}", f"{row['active']}", f"{row['width']:,}")
            for name in ("found", "exact"):
                size = row[name]
                numbers = ("neurons_total", "neurons", "state", "parameters", "bytes")
                seconds = f"{size['seconds']:,.0f}" if name == "found" else "–"
                told = "in superposition" if name == "found" else "exact"
                cells.append(
                    (
                        *place,
                        f"{row['computed']:,}",
                        told,
                        *(f"{size[number]:,}" for number in numbers),
                        seconds,
                    )
                )
    return ["The networks found, beside the exact ones:", *table(header, cells)]
