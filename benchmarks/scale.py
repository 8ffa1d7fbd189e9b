"""How far it scales: run with `python benchmarks/scale.py`.

Compiles, saves and verifies ANDs of two of 10^4, 10^5 and 10^6 features, each in a process of its
own, and counts time and memory; sizes the smaller two with the noise model's prediction and says
how good that was; and counts how many inputs a second are checked in each way at 10^5 gates. Writes
its section of `docs/benchmarks.md` and `benchmarks/scale.json`. Times are of this machine and only
good for comparison: the processor's seconds, of both cores together, do not count waiting for
others who use it.
"""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import polyseme as ps
from polyseme.bounds.counting import counting_bits
from polyseme.bounds.lower import least
from polyseme.circuits.evaluate import active_matrix, evaluate_sparse
from polyseme.circuits.problems import pairwise_and
from polyseme.circuits.terms import terms_of
from polyseme.compiler.constructions.construction import Task
from polyseme.compiler.constructions.search import smallest_of
from polyseme.compiler.constructions.tight_frames import CONSTRUCTION
from polyseme.networks.files import key_path, load, save_key
from polyseme.networks.run import LayerRunner
from polyseme.parallel import threads
from polyseme.verify.inputs import draw_inputs
from sections import put_section

ROOT = Path(__file__).resolve().parent.parent
ACTIVE, ERROR, SEED = 3, 1e-3, 0
SAMPLES = 20_000
SIZED = (10_000, 100_000)
# A million gates are not sized but given what is predicted and a little more.
LARGEST, LARGEST_NEURONS = 1_000_000, 14_000
RATES_GATES, BATCH, TORCH_BATCH, REPEATS = 100_000, 2048, 256, 3

console = Console(stderr=True)


class Clock:
    """Seconds by the wall and of the processor since it was made, or last asked."""

    def __init__(self) -> None:
        """Start."""
        self._start = self._now()

    def split(self, name: str) -> dict[str, float]:
        """What has passed, as two entries of a row."""
        wall, processor = (now - then for now, then in zip(self._now(), self._start, strict=True))
        self._start = self._now()
        return {f"{name}_wall": round(wall, 2), f"{name}_processor": round(processor, 2)}

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()


def size(gates: int) -> dict[str, Any]:
    """Predict the smallest network, find it, and count what that took."""
    task = Task(pairwise_and(gates, gates), ACTIVE, ERROR, "auto", SEED)
    predicted, notes, clock = CONSTRUCTION.neurons(task), list[str](), Clock()
    network, seen = smallest_of(CONSTRUCTION, task, notes.append)
    return {
        "gates": gates,
        "predicted": predicted,
        "found": network.neurons,
        "probes": sum(note.startswith("probe") for note in notes),
        "confirmations": sum(note.startswith("confirm") for note in notes),
        "wrong": seen.wrong,
        "samples": seen.samples,
        "parameters": network.parameters,
        "bound": least(counting_bits(task.circuit).bits, 1.0),
        **clock.split("sizing"),
    }


def build(gates: int, neurons: int) -> dict[str, Any]:
    """Compile, save, load and verify one network."""
    circuit, clock = pairwise_and(gates, gates), Clock()
    network = ps.compile(circuit, active=ACTIVE, error=ERROR, neurons=neurons, seed=SEED)
    row = {"gates": gates, "neurons": network.neurons, **clock.split("compile")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.safetensors"
        network.save(path)
        save_key(network.key, key_path(path))
        row |= clock.split("save")
        row["peak_gib"] = _peak_gib()
        row["network_mb"] = round(path.stat().st_size / 1e6)
        row["key_mb"] = round(key_path(path).stat().st_size / 1e6)
        loaded = load(path)
        row |= clock.split("load")
    seen = ps.verify(loaded, circuit, samples=SAMPLES, active=ACTIVE)
    row |= clock.split("verify")
    row |= {"wrong": seen.wrong, "upper": seen.error_interval[1], "peak_all_gib": _peak_gib()}
    return row


def rates(neurons: int) -> dict[str, Any]:
    """Inputs checked per second in each way, at one network, and whether all say the same."""
    import torch

    torch.set_num_threads(2)
    circuit = pairwise_and(RATES_GATES, RATES_GATES)
    network = ps.compile(circuit, active=ACTIVE, error=ERROR, neurons=neurons, seed=SEED)
    rows = draw_inputs(
        "satisfied", terms_of(circuit), ACTIVE, BATCH, np.random.default_rng([SEED, 1])
    )
    few = rows[:TORCH_BATCH]
    runner, module = LayerRunner(network), network.to_torch()
    dense = torch.from_numpy(active_matrix(few, RATES_GATES).astype(np.float32).toarray())
    with torch.no_grad():
        same = np.array_equal((module(dense) >= 0).numpy(), runner.outputs(few).toarray())
        ways: dict[str, tuple[int, Callable[[], object]]] = {
            "sparse evaluation": (len(rows), lambda: runner.outputs(rows)),
            "dense layer, ours": (len(rows), lambda: runner.outputs(rows, sparse=False)),
            "PyTorch dense": (len(few), lambda: module(dense) >= 0),
            "circuit itself": (len(rows), lambda: evaluate_sparse(circuit, rows)),
        }
        best = dict.fromkeys(ways, 0.0)
        # By turns, so that a moment when others use the cores hurts all alike.
        for _ in range(REPEATS):
            for name, (inputs, run) in ways.items():
                begun = time.perf_counter()
                run()
                best[name] = max(best[name], inputs / (time.perf_counter() - begun))
    found = {name: round(rate) for name, rate in best.items()}
    ratio = best["sparse evaluation"] / best["PyTorch dense"]
    return {"neurons": network.neurons, "inputs": found, "ratio": ratio, "same": bool(same)}


def _peak_gib() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def _apart(*arguments: object) -> dict[str, Any]:
    """A step in a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    row: dict[str, Any] = json.loads(done.stdout)
    console.print(row)
    return row


def main() -> None:
    """Run everything, or one step of it as a process of its own."""
    steps: dict[str, Callable[..., dict[str, Any]]] = {"size": size, "build": build, "rates": rates}
    if len(sys.argv) > 1:
        print(json.dumps(steps[sys.argv[1]](*map(int, sys.argv[2:]))))
        return
    sized = [_apart("size", gates) for gates in SIZED]
    neurons = {row["gates"]: row["found"] for row in sized} | {LARGEST: LARGEST_NEURONS}
    built = [_apart("build", gates, size) for gates, size in neurons.items()]
    results = {
        "sized": sized,
        "built": built,
        "slope": {kind: _slope(built, f"compile_{kind}") for kind in ("wall", "processor")},
        "rates": _apart("rates", neurons[RATES_GATES]),
    }
    (ROOT / "benchmarks" / "scale.json").write_text(json.dumps(results, indent=1) + "\n")
    put_section("scale", _section(results))


def _slope(built: list[dict[str, Any]], what: str) -> float:
    gates, seconds = ([log(row[name]) for row in built] for name in ("gates", what))
    return round(float(np.polyfit(gates, seconds, 1)[0]), 2)


def _section(results: dict[str, Any]) -> str:
    rates = results["rates"]
    verdict = "the same decisions" if rates["same"] else "DIFFERENT decisions"
    sized = [
        f"| {row['gates']:,} | {row['predicted']:,} | **{row['found']:,}** "
        f"| {row['found'] / row['predicted']:.3f} | {row['probes']} + {row['confirmations']} "
        f"| {row['wrong']} of {row['samples']:,} | {row['bound']:,} "
        f"| {row['parameters'] ** 0.5 / row['bound']:.2f} | {row['sizing_processor']:.0f} |"
        for row in results["sized"]
    ]
    built = [
        f"| {row['gates']:,} | {row['neurons']:,} | {row['compile_wall']:.1f} "
        f"| {row['compile_processor']:.1f} | {row['save_wall']:.1f} | {row['peak_gib']:.1f} "
        f"| {row['network_mb']} + {row['key_mb']} | {row['verify_wall']:.0f} "
        f"| {row['verify_processor']:.0f} | {row['wrong']} | {row['upper']:.5f} |"
        for row in results["built"]
    ]
    ways = [f"| {name} | {rate:,} |" for name, rate in rates["inputs"].items()]
    return "\n".join(
        [
            "## Scale",
            "",
            "Written by `python benchmarks/scale.py`; do not edit. "
            f"Python {platform.python_version()}, {threads()} threads.",
            f"`and2` with as many gates as features, {ACTIVE} on at once, error under {ERROR:g},",
            "construction tight-frames.",
            "*processor* are the seconds of all threads together, which, unlike those by the wall,",
            "do not count what others did on the machine meanwhile.",
            "",
            "Sizing: the noise model predicts, a probe or two correct it, fresh samples confirm.",
            "",
            "| gates | predicted | found | found / predicted | probes + confirmations | wrong "
            "| counting bound | sqrt(parameters) / bound | processor, s |",
            "|---|---|---|---|---|---|---|---|---|",
            *sized,
            "",
            f"Compiling at a given size, saving, and verifying on {SAMPLES:,} fresh `satisfied` "
            "samples.",
            "",
            "| gates | neurons | compile, s | processor, s | save, s | peak, GiB "
            "| network + key, MB | verify, s | processor, s | wrong | 95 % upper end |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
            *built,
            "",
            "Slope of log compile time against log gates, 10^4 to 10^6, all n x n weights written "
            f"too: {results['slope']['processor']} of the processor's seconds, "
            f"{results['slope']['wall']} by the wall.",
            "",
            f"Inputs checked per second at {RATES_GATES:,} gates and {rates['neurons']:,} neurons, "
            f"with {verdict}; sparse evaluation does {rates['ratio']:.0f} times those of PyTorch "
            "(dense, two threads).",
            "",
            "| | inputs per second |",
            "|---|---|",
            *ways,
        ]
    )


if __name__ == "__main__":
    main()
