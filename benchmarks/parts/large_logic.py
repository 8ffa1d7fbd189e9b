"""Exact logic of a thousand to a hundred thousand gates: time per gate of every step.

Unrolled square roots are written as files, read, compiled, saved, loaded, verified and inspected,
each size in a process of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import polyseme as ps
from harness.compiling import inspect, save_with_key
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, apart
from harness.square_root import square_root
from parts.scale import Clock, peak_gib

# Bits of the roots: 975, 10,121, 25,201 and 100,816 gates.
BITS, QUICK_BITS = (14, 45, 71, 142), (5, 10)
SAMPLES, QUICK_SAMPLES = 100_000, 5_000
ERROR, SEED = 1e-3, 0
STEPS = ("read", "compile", "save", "load", "verify", "inspect")
TIMED = (*STEPS, "independent")

ABOUT = (
    "An unrolled restoring square root (`benchmarks/harness/square_root.py`) of *bits* bits, out",
    "of twice as many inputs, is written as an AIGER file, read, compiled for half of its inputs",
    f"on at once (`ps.compile_report`, error {ERROR:g}, seed {SEED}; reading errors and the",
    "confirmation are part of it), saved with its key, loaded, verified on {samples:,} fresh",
    "*satisfied* inputs, seed 1, and inspected (what `polyseme inspect --json` does, loading",
    "included). The same inputs are then compared with the file as read, simulated as an AIG by",
    "code that compiling does not use: *independent*. One process per size. Times are seconds of",
    "the processor, of all threads together, which leave out waiting for others who use the",
    "machine; *wall* are seconds of the clock. *GiB* is the most memory that the process ever had",
    "by then.",
)


def measured(bits: int, samples: int) -> Row:
    """Take one circuit through all steps; return seconds, sizes and peaks."""
    with tempfile.TemporaryDirectory() as folder:
        source, path = Path(folder) / "root.aag", Path(folder) / "root.safetensors"
        source.write_text(square_root(bits))
        clock = Clock()
        circuit = ps.read(source)
        row: Row = clock.split("read")
        report = ps.compile_report(circuit, active=bits, error=ERROR, seed=SEED)
        row |= clock.split("compile") | {"compile_gib": peak_gib()}
        key = save_with_key(report.network, path)
        row |= clock.split("save")
        loaded = ps.load(path, key)
        row |= clock.split("load")
        seen = ps.verify(loaded, samples=samples)
        row |= clock.split("verify") | {"verify_gib": peak_gib()}
        as_read = ps.verify(loaded, samples=samples, reference=ps.reference_as_read(str(source)))
        row |= clock.split("independent")
        inspect(path)
        row |= clock.split("inspect")
        return row | {
            "bits": bits,
            "gates": circuit.gates,
            "depth": circuit.depth,
            "layers": len(loaded.layers),
            "relus": loaded.neurons_total,
            "carried": loaded.carried,
            "network_mb": round(path.stat().st_size / 1e6, 1),
            "key_mb": round(key.stat().st_size / 1e6, 1),
            "epsilon": 0.0 if report.reading is None else report.reading.epsilon,
            "samples": samples,
            "wrong": seen.wrong,
            "wrong_independent": as_read.wrong,
        }


def _per_gate(row: Row) -> float:
    """Return microseconds of the processor per gate, all steps together."""
    return float(1e6 * sum(row[f"{step}_processor"] for step in STEPS) / row["gates"])


def _compiling(row: Row) -> float:
    return float(1e6 * row["compile_processor"] / row["gates"])


class LargeLogic(Part):
    """Cost of deep exact logic, up to a hundred thousand gates."""

    name = "large_logic"
    title = "Large logic"
    measures = "time per gate of deep exact logic, read to verified, from 1,000 to 100,000 gates"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Take one circuit after another through all steps, each with all cores to itself."""
        quick = size is Size.QUICK
        samples, rows = QUICK_SAMPLES if quick else SAMPLES, []
        for bits in QUICK_BITS if quick else BITS:
            row = apart(Job(measured, {"bits": bits, "samples": samples}))
            rows.append(row)
            tell(
                f"{row['gates']:,} gates: compiled in {row['compile_wall']:.1f} s, verified in "
                f"{row['verify_wall']:.1f} s, {_per_gate(row):.0f} microseconds per gate"
            )
        return {"circuits": rows}

    def section(self, results: Results) -> list[str]:
        """Return the tables of sizes, of seconds, and of microseconds per gate."""
        rows = results[self.name]["circuits"]
        sizes = ("bits", "gates", "levels", "layers", "ReLUs", "carried", "network + key, MB")
        sizes += ("reading error", "wrong", "wrong, independent")
        seconds = (
            "gates",
            *TIMED,
            "compile, wall",
            "verify, wall",
            "compiled, GiB",
            "verified, GiB",
        )
        return [
            "\n".join(ABOUT).format(samples=rows[0]["samples"]),
            *table(sizes, [_sizes(row) for row in rows]),
            "Seconds, and memory:",
            *table(seconds, [_seconds(row) for row in rows]),
            "Microseconds of the processor per gate:",
            *table(("gates", *STEPS, "all"), [_microseconds(row) for row in rows]),
            f"From {rows[0]['gates']:,} to {rows[-1]['gates']:,} gates, compiling takes between "
            f"{_extent(rows, _compiling)} microseconds per gate, and all steps together between "
            f"{_extent(rows, _per_gate)}. What does not depend on the gates, above all drawing "
            f"{rows[0]['samples']:,} inputs, shows at the smallest size.",
        ]

    def finding(self, results: Results) -> str:
        """Return the cost of the circuit of about 25,000 gates, or else of the largest."""
        rows = results[self.name]["circuits"]
        row = min(rows, key=lambda row: abs(row["gates"] - 25_000))
        return (
            f"{row['gates']:,} gates in {row['layers']:,} layers: compiled in "
            f"{row['compile_wall']:.1f} s and {row['compile_gib']:.2f} GiB, {row['samples']:,} "
            f"inputs verified in {row['verify_wall']:.1f} s"
        )


def _extent(rows: list[Row], cost: Callable[[Row], float]) -> str:
    costs = [cost(row) for row in rows]
    return f"{min(costs):.0f} and {max(costs):.0f} ({max(costs) / min(costs):.2f} times)"


def _sizes(row: Row) -> tuple[str, ...]:
    return (
        f"{row['bits']}",
        f"{row['gates']:,}",
        f"{row['depth']:,}",
        f"{row['layers']:,}",
        f"{row['relus']:,}",
        f"{row['carried']:,}",
        f"{row['network_mb']:g} + {row['key_mb']:g}",
        f"{row['epsilon']:.3f}",
        f"{row['wrong']:,} of {row['samples']:,}",
        f"{row['wrong_independent']:,} of {row['samples']:,}",
    )


def _seconds(row: Row) -> tuple[str, ...]:
    return (
        f"{row['gates']:,}",
        *(f"{row[f'{step}_processor']:.2f}" for step in TIMED),
        f"{row['compile_wall']:.2f}",
        f"{row['verify_wall']:.2f}",
        f"{row['compile_gib']:.2f}",
        f"{row['verify_gib']:.2f}",
    )


def _microseconds(row: Row) -> tuple[str, ...]:
    each = (1e6 * row[f"{step}_processor"] / row["gates"] for step in STEPS)
    return (f"{row['gates']:,}", *(f"{time:.0f}" for time in each), f"{_per_gate(row):.0f}")
