"""One layered circuit through one deep network, as large as you like.

    python benchmarks/layered.py WIDTH DEPTH NEURONS SAMPLES

compiles `layered:width=WIDTH,depth=DEPTH,active=3` (seed 0) with at most NEURONS ReLUs a layer (two
a clipped unit), tries SAMPLES fresh "satisfied" inputs, and reports every layer of 1,000.
20,000 wires through 50 layers of 12,000 ReLUs took twelve minutes on a busy core, and over 2 GB.
"""

from __future__ import annotations

import sys
import time

import polyseme as ps
from polyseme.compiler.constructions.staged.build import build_deep
from polyseme.compiler.constructions.staged.plan import make_deep_plan
from polyseme.compiler.schedule.scheduling import Carry

ACTIVE = 3


def main(width: int, depth: int, neurons: int, samples: int) -> None:
    """Build, try, report."""
    circuit = ps.problems.layered(width, depth, active=ACTIVE)
    begun = time.perf_counter()
    network = build_deep(make_deep_plan(circuit, ACTIVE, 1e-3, 0, Carry.GATES), neurons)
    built = time.perf_counter()
    print(f"{circuit.name}: {network.neurons:,} ReLUs a layer, built in {built - begun:.0f} s")
    print(f"{width / network.neurons:.2f} computed features a ReLU", flush=True)
    print(ps.verify(network, circuit, samples=samples))
    print(f"tried in {time.perf_counter() - built:.0f} s", flush=True)
    seen = ps.verify_layers(network, samples=1000)
    print("layer: samples of 1,000 with any wire misread")
    print(", ".join(f"{layer.layer}: {layer.wrong}" for layer in seen.layers))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
