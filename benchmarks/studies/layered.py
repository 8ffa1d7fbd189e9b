"""Layered circuits through one deep network, as large as fits in memory."""

from __future__ import annotations

import time

import polyseme as ps
from harness.compiling import build_staged, exact_size_of, file_bytes, plan_staged
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, apart

ACTIVE, LAYER_SAMPLES = 3, 1_000
# Wires per level, levels, ReLUs per layer (two per clipped unit) and samples.
CASES = (
    (20_000, 50, 10_000, 2_000),
    (20_000, 50, 12_000, 10_000),
    (100_000, 10, 24_900, 2_000),
)
QUICK_CASES = ((1_000, 6, 950, 500),)

ABOUT = (
    "`layered` circuits, 3 features on at once, seed 0, compiled with at most so many ReLUs per",
    "layer, two per clipped unit; fresh *satisfied* inputs, wrong where any output is. *misread*",
    f"counts, of {LAYER_SAMPLES:,} other inputs, those with any wire misread in the first, the",
    "middle and the last layer. *computed per ReLU* leaves identities out, a quarter of the wires",
    "of every level. A dash: known from an earlier run, which did not keep it.",
)
COLUMNS = ("wires per level", "levels", "ReLUs per layer", "computed per ReLU", "wrong")
COLUMNS += ("misread", "build, s", "try, s")
BESIDE = (
    "The same networks beside the exact network, whose identities pass in a residual stream.",
    "*state* is the most numbers that a layer writes; a clipped unit writes one:",
)
BESIDE_COLUMNS = ("wires per level", "levels", "network", "ReLUs in all", "widest layer", "state")
BESIDE_COLUMNS += ("parameters", "bytes")


def built(width: int, depth: int, neurons: int, samples: int) -> Row:
    """Build one network, try it, and count misread wires layer by layer."""
    circuit = ps.problems.layered(width, depth, active=ACTIVE)
    begun = time.perf_counter()
    network = build_staged(plan_staged(circuit, active=ACTIVE), neurons)
    seconds_build = time.perf_counter() - begun
    begun = time.perf_counter()
    seen = ps.verify(network, circuit, samples=samples)
    seconds_try = time.perf_counter() - begun
    layers = ps.verify_layers(network, samples=LAYER_SAMPLES).layers
    return {
        "width": width,
        "depth": depth,
        "neurons": network.neurons,
        **beside(circuit, network),
        "wrong": seen.wrong,
        "samples": seen.samples,
        "misread": [layer.wrong for layer in layers],
        "seconds_build": round(seconds_build, 1),
        "seconds_try": round(seconds_try, 1),
    }


def beside(circuit: ps.Circuit, network: ps.Network) -> Row:
    """Return the sizes of a network and of the exact one, and the gates computed per level."""
    return {
        "computed": circuit.computed_gates // circuit.depth,
        "size": {
            "neurons_total": network.neurons_total,
            "neurons": network.neurons,
            "state": network.state,
            "parameters": network.parameters,
            "bytes": file_bytes(network),
        },
        "exact": exact_size_of(circuit, active=ACTIVE),
    }


class Layered(Part):
    """The largest deep networks that were built."""

    name = "layered"
    title = "Large layered circuits"
    measures = "error of the largest deep networks built"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Build one network after another, each with all cores to itself."""
        names = ("width", "depth", "neurons", "samples")
        rows = []
        for case in QUICK_CASES if size is Size.QUICK else CASES:
            rows.append(apart(Job(built, dict(zip(names, case, strict=True)))))
            tell(f"{case}: {rows[-1]['wrong']:,} of {rows[-1]['samples']:,} wrong")
        return {"cases": rows}

    def section(self, results: Results) -> list[str]:
        """Return the table of networks, and that of their sizes beside exact ones."""
        rows = results[self.name]["cases"]
        sizes = [cells for row in rows for cells in _beside_cells(row)]
        return [
            *ABOUT,
            *table(COLUMNS, [_cells(row) for row in rows]),
            *BESIDE,
            *table(BESIDE_COLUMNS, sizes),
        ]

    def finding(self, results: Results) -> str:
        """Return the error of the deepest network with the fewest errors."""
        row = max(results[self.name]["cases"], key=lambda x: (x["depth"], -x["wrong"]))
        return (
            f"{row['width']:,} wires through {row['depth']} layers of {row['neurons']:,} ReLUs: "
            f"{row['wrong']:,} of {row['samples']:,} wrong"
        )


def _cells(row: Row) -> tuple[str, ...]:
    misread = row["misread"]
    shown = (misread[0], misread[len(misread) // 2], misread[-1]) if misread else ()
    return (
        f"{row['width']:,}",
        f"{row['depth']}",
        f"{row['neurons']:,}",
        f"{row['computed'] / row['neurons']:.2f}",
        f"{row['wrong']:,} of {row['samples']:,}",
        ", ".join(f"{x:,}" for x in shown) or "–",
        _seconds(row["seconds_build"]),
        _seconds(row["seconds_try"]),
    )


def _beside_cells(row: Row) -> list[tuple[str, ...]]:
    numbers = ("neurons_total", "neurons", "state", "parameters", "bytes")
    place = (f"{row['width']:,}", f"{row['depth']}")
    named = (("in superposition", row["size"]), ("exact", row["exact"]))
    return [
        (*place, name, *("–" if size[x] is None else f"{size[x]:,}" for x in numbers))
        for name, size in named
    ]


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:,.0f}"
