"""Compile time and peak memory against the number of gates.

ANDs of two of 10^3 to 10^6 features are compiled, saved, loaded and verified, each in a process of
its own. Times are by the wall; the processor's seconds, of all threads together, do not count
waiting for others who use the machine.
"""

from __future__ import annotations

import resource
import tempfile
import time
from math import log
from pathlib import Path

import numpy as np

import polyseme as ps
from harness.compiling import declared_neurons, save_with_key
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.plots import lines_of, panels
from harness.processes import Job, apart

ACTIVE, ERROR, SEED = 3, 1e-3, 0
SAMPLES = 20_000
GATES = (1_000, 10_000, 30_000, 100_000, 300_000)
# A million gates are not built at what is declared but at a little more.
LARGEST, LARGEST_NEURONS = 1_000_000, 14_000
QUICK_GATES = (500, 1_000, 3_000, 10_000)

ABOUT = (
    f"`and2` with as many gates as features, {ACTIVE} on at once, seed {SEED}, construction",
    f"tight-frames, compiled at the size it declares for an error under {ERROR:g} (a million",
    f"gates at {LARGEST_NEURONS:,} neurons), saved with its key, loaded, and verified on",
    f"{SAMPLES:,} fresh `satisfied` samples; one process per size, on all cores. *processor*",
    "counts the seconds of all threads together, and none of waiting for others who use the",
    "machine. *peak* is the most memory the process ever had until the network was saved; its",
)


class Clock:
    """Seconds by the wall and of the processor since it was made, or last asked."""

    def __init__(self) -> None:
        """Start."""
        self._start = self._now()

    def split(self, name: str) -> dict[str, float]:
        """Return what has passed, as two entries of a row."""
        wall, processor = (now - then for now, then in zip(self._now(), self._start, strict=True))
        self._start = self._now()
        return {f"{name}_wall": round(wall, 3), f"{name}_processor": round(processor, 3)}

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()


def build(gates: int, neurons: int | None = None) -> Row:
    """Compile, save, load and verify one network, of as many neurons as are declared or given."""
    circuit = ps.problems.pairwise_and(gates, gates)
    if neurons is None:
        neurons = declared_neurons("tight-frames", circuit, active=ACTIVE, error=ERROR, seed=SEED)
    before, clock = peak_gib(), Clock()
    network = ps.compile(
        circuit, active=ACTIVE, error=ERROR, epsilon=None, neurons=neurons, seed=SEED
    )
    row: Row = {"gates": gates, "neurons": network.neurons, **clock.split("compile")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.safetensors"
        key = save_with_key(network, path)
        row |= clock.split("save")
        row |= {"peak_gib": peak_gib(), "before_gib": before}
        row["network_mb"] = round(path.stat().st_size / 1e6, 1)
        row["key_mb"] = round(key.stat().st_size / 1e6, 1)
        loaded = ps.load(path)
        row |= clock.split("load")
    seen = ps.verify(loaded, circuit, samples=SAMPLES, active=ACTIVE)
    row |= clock.split("verify")
    row |= {"wrong": seen.wrong, "samples": seen.samples, "upper": seen.error_interval[1]}
    return row


def _slopes_line(found: Row) -> str:
    slopes = found["slopes"]
    return (
        f"Slopes of the logarithms against that of gates, from {found['slopes_from']:,} on, all "
        f"n x n weights written too: compile time {slopes['compile_wall']:.2f} by the wall and "
        f"{slopes['compile_processor']:.2f} of the processor's seconds, peak memory "
        f"{slopes['peak_gib']:.2f}."
    )


class Scale(Part):
    """Cost of compiling, up to a million gates."""

    name = "scale"
    title = "Compile time and memory"
    measures = "compile time and peak memory up to a million gates"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Build one size after another, each with all cores to itself."""
        jobs = [Job(build, {"gates": gates}) for gates in GATES]
        jobs.append(Job(build, {"gates": LARGEST, "neurons": LARGEST_NEURONS}))
        if size is Size.QUICK:
            jobs = [Job(build, {"gates": gates}) for gates in QUICK_GATES]
        built = []
        for job in jobs:
            built.append(apart(job))
            tell(f"{job}: compiled in {built[-1]['compile_wall']:.1f} s")
        kinds = ("compile_wall", "compile_processor", "peak_gib")
        # The smallest are over before a second is, and show what starting takes.
        large = [row for row in built if row["gates"] >= built[-1]["gates"] / 100]
        slopes = {kind: _slope(large, kind) for kind in kinds}
        return {"built": built, "slopes": slopes, "slopes_from": large[0]["gates"]}

    def section(self, results: Results) -> list[str]:
        """Return the table of costs, and the slopes."""
        found = results[self.name]
        built = found["built"]
        header = ("gates", "neurons", "compile, s", "processor, s", "save, s", "peak, GiB")
        header += ("network + key, MB", "verify, s", "processor, s", "wrong", "95 % upper end")
        return [
            *ABOUT,
            f"memory before compiling began was {built[0]['before_gib']:.2f} GiB.",
            *table(header, [_cells(row) for row in built]),
            _slopes_line(found),
            "",
            "![Compile time and peak memory against gates](scale.png)",
        ]

    def finding(self, results: Results) -> str:
        """Return the cost of the largest network."""
        row = results[self.name]["built"][-1]
        cost = f"{row['compile_wall']:.2g} s and {row['peak_gib']:.2g} GiB"
        return f"{row['gates']:,} gates compiled in {cost}"

    def draw(self, results: Results, folder: Path) -> None:
        """Draw seconds and GiB against gates."""
        built, titles = (
            results[self.name]["built"],
            ("time to compile, seconds", "peak memory, GiB"),
        )
        with panels(folder / "scale.png", "gates", "", titles) as (seconds, memory):
            seconds.set_ylabel("seconds")
            memory.set_ylabel("GiB")
            lines_of(seconds, [(x["gates"], x["compile_wall"]) for x in built], "by the wall")
            processor = [(x["gates"], x["compile_processor"]) for x in built]
            lines_of(seconds, processor, "of the processor")
            whole = [(x["gates"], x["peak_gib"]) for x in built]
            lines_of(memory, whole, "whole process", color="C2")
            added = [(x["gates"], x["peak_gib"] - x["before_gib"]) for x in built]
            # Of small networks the most is what was there before.
            lines_of(memory, [x for x in added if x[1] > 0.005], "added by compiling", color="C3")


def peak_gib() -> float:
    """Return the most memory this process ever had."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3)


def _slope(built: list[Row], what: str) -> float:
    gates, values = ([log(row[name]) for row in built] for name in ("gates", what))
    return round(float(np.polyfit(gates, values, 1)[0]), 2)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row['gates']:,}",
        f"{row['neurons']:,}",
        f"{row['compile_wall']:.2f}",
        f"{row['compile_processor']:.2f}",
        f"{row['save_wall']:.2f}",
        f"{row['peak_gib']:.2f}",
        f"{row['network_mb']:g} + {row['key_mb']:g}",
        f"{row['verify_wall']:.1f}",
        f"{row['verify_processor']:.1f}",
        f"{row['wrong']}",
        f"{row['upper']:.5f}",
    )
