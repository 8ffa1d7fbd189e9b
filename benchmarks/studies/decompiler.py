"""How much of a network is read back without its answer key, against its load.

    python benchmarks/studies/decompiler.py large     the figures of large networks
    python benchmarks/studies/decompiler.py curves    curves against load, and their picture
    python benchmarks/studies/decompiler.py variants  refined networks, and 1 % noise of weights

Load is the number of neurons over which the gates of one problem are spread, smaller and smaller.
Recall counts the gates of the circuit that are found, precision those found that are gates of it.
`network wrong` is the error of the network itself on satisfied inputs: where it is wrong, so is
what is read from it. `curves` writes `docs/benchmarks/decompiler.png`. Seeds are 0; of curves
of one layer 0 and 1, the mean shown.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import polyseme as ps
from polyseme.interpret.decompiling.agreement import common_gates
from polyseme.interpret.decompiling.columns import Held
from polyseme.interpret.decompiling.layers import encoded, read_layers
from polyseme.networks.activation import Clip

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "examples"))
PICTURE = ROOT / "docs" / "benchmarks" / "decompiler.png"
SEEDS = 2
# Weights are made this many times finer before noise is added, so that it is not rounded away.
FINER = 16


@dataclass(frozen=True)
class Outcome:
    """What was read from one network."""

    network: ps.Network
    level: str
    agreement: ps.Agreement
    seconds: float

    @property
    def row(self) -> str:
        """The cells of a table."""
        found, network = self.agreement, self.network
        equal = {True: "on all inputs", False: "no", None: "no difference found"}[found.equivalent]
        return (
            f"| {network.provenance.construction} | {network.neurons:,} | {self.level} | "
            f"{found.common:,} of {found.gates:,} | {100 * found.recall:.2f} % | "
            f"{100 * found.precision:.2f} % | {equal} | {self.seconds:.1f} |"
        )


def decompiled(network: ps.Network) -> Outcome:
    """Read a network back and compare it with the circuit of its key."""
    assert network.key is not None
    started = time.process_time()
    found = ps.decompile(replace(network, key=None))
    seconds = time.process_time() - started
    active = network.provenance.active
    return Outcome(
        network, found.level, ps.agreement(found.circuit, network.key.circuit, active), seconds
    )


def from_layers(network: ps.Network) -> Outcome:
    """Read a network of one hidden layer as one of several: from strong reads alone."""
    assert network.key is not None
    started = time.process_time()
    features, below = network.encoder.features, encoded(network.encoder.code)
    read = read_layers(network.layers, below, features, network.readout, "found")
    seconds = time.process_time() - started
    return Outcome(network, "layers", common_gates(read.circuit, network.key.circuit), seconds)


def blindly(network: ps.Network) -> Outcome:
    """Read the hidden weights alone, with features told apart by the evaluator if they can be."""
    assert network.key is not None
    code = network.encoder.code
    started = time.process_time()
    if code.weight == 1:
        features = network.encoder.features
        below = Held(np.arange(len(features)), code.matrix(), np.zeros(code.neurons, np.float32))
        circuit = read_layers(network.layers, below, features, None, "found").circuit
        found = common_gates(circuit, network.key.circuit)
    else:
        # Gates over numbers that features share are gates over no feature.
        blind = ps.decompile(network, blind=True)
        found = ps.Agreement(network.key.circuit.computed_gates, blind.gates, 0, None)
    return Outcome(network, "blind", found, time.process_time() - started)


def noised(network: ps.Network, share: float, seed: int) -> ps.Network:
    """Return a copy with normal noise on every weight, of a share of it as standard deviation."""
    generator = np.random.default_rng(seed)
    layers = []
    for layer in network.layers:
        weights = layer.weights.astype(np.int16)
        stored = weights.data if layer.is_sparse else weights
        drawn = 1 + share * generator.standard_normal(stored.shape)
        stored[:] = np.rint(stored.astype(np.float64) * FINER * drawn)
        activation = layer.activation
        if isinstance(activation, Clip):
            activation = Clip(activation.cap * FINER)
        layers.append(
            replace(
                layer,
                weights=weights,
                bias=layer.bias * FINER,
                scale=layer.scale / FINER,
                activation=activation,
            )
        )
    return replace(network, layers=tuple(layers))


HEAD = (
    "| problem | construction | ReLUs | level | gates found | recall | precision | equal "
    "| CPU s |\n|---|---|---|---|---|---|---|---|---|"
)


def large() -> None:
    """Print the table of large networks."""
    from airports_table import read_airports

    print(HEAD)
    airports = read_airports()
    many = ps.problems.pairwise_and(10_000, 10_000)
    layered = ps.problems.layered(5000, 4, 3)
    for name, circuit, options in (
        ("and2, 10,000 gates", many, {"neurons": 1296, "construction": "tight-frames"}),
        ("and2, 10,000 gates", many, {"neurons": 2599, "construction": "least-noise"}),
        ("airports, 30,379 facts", airports, {"neurons": 1500, "active": 2}),
        ("airports, 30,379 facts", airports, {"neurons": 2263, "epsilon": None}),
        ("layered, width 5,000, depth 4", layered, {}),
        ("layered, width 5,000, depth 4", layered, {"neurons": 3600, "construction": "deep"}),
    ):
        if options.get("construction") == "tight-frames":
            options = {**options, "epsilon": None}
        network = ps.compile(circuit, **{"active": 3, **options})
        print(f"| {name} {decompiled(network).row}", flush=True)


def _compiled(source: str, neurons: int, construction: str, seed: int) -> ps.Network | None:
    try:
        return ps.compile(
            ps.read(source),
            neurons=neurons,
            construction=construction,
            active=3,
            epsilon=None,
            seed=seed,
        )
    except ps.PolysemeError:
        return None


CURVES = (
    ("and2:features=1000,gates=1000", "tight-frames", (432, 352, 288, 240, 192, 160)),
    ("and2:features=1000,gates=1000", "least-noise", (592, 480, 400, 320, 250)),
    ("layered:width=5000,depth=4", "deep", (3600, 3000, 2500)),
)


@dataclass(frozen=True)
class Point:
    """The mean of all seeds at one size."""

    neurons: int
    wrong: float
    recall: float
    precision: float


def points(source: str, construction: str, sizes: tuple[int, ...], read: object) -> Iterator[Point]:
    """Yield a point of a curve per size."""
    for neurons in sizes:
        of_seeds = []
        for seed in range(1 if construction == "deep" else SEEDS):
            network = _compiled(source, neurons, construction, seed)
            if network is None:
                continue
            one = read(network).agreement  # type: ignore[operator]
            wrong = ps.verify(network, samples=2000).error
            of_seeds.append((network.neurons, wrong, one.recall, one.precision))
        if of_seeds:
            yield Point(*np.mean(of_seeds, axis=0).tolist())


def curves() -> None:
    """Print curves against load, and draw them."""
    print("| problem | construction | level | ReLUs | network wrong | recall | precision |")
    print("|---|---|---|---|---|---|---|")
    found = []
    for source, construction, sizes in CURVES:
        level, read = ("layers", from_layers) if construction == "deep" else ("terms", decompiled)
        of_curve = []
        for point in points(source, construction, sizes, read):
            of_curve.append(point)
            print(
                f"| {source} | {construction} | {level} | {point.neurons:,.0f} | "
                f"{100 * point.wrong:.2f} % | {100 * point.recall:.2f} % | "
                f"{100 * point.precision:.2f} % |",
                flush=True,
            )
        found.append(of_curve)
    draw(found)


def draw(found: list[list[Point]]) -> None:
    """Draw a panel per curve."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(12, 3.6), sharey=True, layout="constrained")
    for axis, (source, construction, _), of_curve in zip(axes, CURVES, found, strict=True):
        at = [point.neurons for point in of_curve]
        axis.plot(at, [point.recall for point in of_curve], "o-", label="gates found (recall)")
        axis.plot(
            at,
            [point.precision for point in of_curve],
            "s--",
            mfc="white",
            label="true of those found (precision)",
        )
        right = [1 - point.wrong for point in of_curve]
        axis.plot(at, right, "x:", color="0.4", label="inputs that the network gets right")
        axis.set_title(f"{source.split(':')[0]}, {construction}")
        axis.set_xlabel("ReLUs per layer" if construction == "deep" else "ReLUs")
        axis.set_ylim(-0.03, 1.03)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("share")
    axes[0].legend(fontsize=8, loc="lower right")
    figure.savefig(PICTURE, dpi=120, metadata={"Software": None})
    plt.close(figure)


def variants() -> None:
    """Print how much is read from refined networks, and with noise on every weight."""
    print(HEAD)
    circuit = ps.problems.pairwise_and(1000, 1000)
    network = ps.compile(circuit, neurons=400, construction="tight-frames", epsilon=None)
    refined = ps.refine(network)
    print(f"| and2, 1,000 gates, refined {decompiled(refined.network).row}", flush=True)
    for neurons, construction in ((432, "tight-frames"), (592, "least-noise")):
        network = ps.compile(circuit, neurons=neurons, construction=construction, epsilon=None)
        for share in (0.0, 0.01, 0.03, 0.1):
            noisy = noised(network, share, 0)
            print(f"| and2, 1,000 gates, noise {share:.0%} {decompiled(noisy).row}", flush=True)
    deep = ps.problems.layered(1000, 4, 3)
    network = ps.compile(deep, neurons=1400, construction="deep")
    for share in (0.0, 0.01, 0.03):
        noisy = noised(network, share, 0)
        print(f"| layered, width 1,000, noise {share:.0%} {decompiled(noisy).row}", flush=True)
    for source in ("uand:features=60", "layered:width=1000,depth=4"):
        network = ps.compile(ps.read(source), construction="monosemantic")
        print(f"| {source} {blindly(network).row}", flush=True)
    network = ps.compile(
        ps.problems.universal_and(60), neurons=600, construction="input-channel", epsilon=None
    )
    print(f"| uand:features=60 {blindly(network).row}", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore", ps.PolysemeWarning)
    {"large": large, "curves": curves, "variants": variants}[sys.argv[1]]()
