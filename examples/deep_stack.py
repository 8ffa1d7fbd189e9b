"""A deep network of fewer ReLUs than gates, beside the exact network and a naive one.

Compiles `layered:width=32000,depth=4,active=2`, checks it layer by layer, compares it with the
exact network, whose identities pass in a residual stream, and with a network of as many ReLUs that
gives each to one gate. Writes plain tensors for other tools to `demo/stack.npz`: `encoder`, then
`weights<i>`, `bias<i>` and `cap<i>` of every layer i, which computes
h = clip(W x + b, 0, cap) / cap; `readout` and `thresholds`; and `wires<i>`, `units<i>`: the wires
of layer i and the units that carry each. Run it with `make stack`; under three minutes.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np

import polyseme as ps
from polyseme.circuits.circuit import GateKind
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.common.files import write_whole
from polyseme.networks.exporting.dense import dense_encoder, dense_readout
from polyseme.networks.network import Network
from polyseme.networks.saving.files import network_bytes
from polyseme.verification.inputs import draw_deep_inputs

WIDTH, DEPTH, ACTIVE, NEURONS = 32_000, 4, 2, 8_600
SAMPLES = 20_000
NAIVE_SAMPLES = 1000


def main() -> None:
    """Compile, check, compare, write."""
    circuit = ps.problems.layered(WIDTH, DEPTH, active=ACTIVE)
    identities = circuit.gates - circuit.computed_gates
    print(
        f"{circuit.name}: {circuit.computed_gates:,} gates, and {identities:,} identities, "
        f"in {DEPTH} levels; {ACTIVE} features on at once"
    )
    network = ps.compile(circuit, active=ACTIVE, neurons=NEURONS, carry="gates")
    exact = ps.compile(circuit, active=ACTIVE, construction="monosemantic", carry="residual")
    print_layers(circuit, network)
    print_sizes(network, exact)
    for inputs in ("satisfied", "uniform"):
        wrong = [
            f"{ps.verify(x, circuit, samples=SAMPLES, inputs=inputs).wrong:,}"
            for x in (network, exact)
        ]
        naive = naive_error(circuit, network.neurons, inputs)
        print(
            f"{inputs} inputs, any of the {len(circuit.outputs):,} outputs wrong: {wrong[0]} of "
            f"{SAMPLES:,}; exact network {wrong[1]}; as many ReLUs, one per gate: {naive:.0%}"
        )
    folder = Path("demo")
    folder.mkdir(exist_ok=True)
    write_tensors(network, folder / "stack.npz")
    print(f"wrote {folder / 'stack.npz'}")


def print_layers(circuit: ps.Circuit, network: Network) -> None:
    """Print what every layer computes, identities not counted, and how often it is misread."""
    print("layer   gates computed    ReLUs   gates per ReLU   misread")
    level = circuit.levels[len(circuit.features) :]
    seen = ps.verify_layers(network, samples=SAMPLES)
    for layer, errors in zip(network.layers, seen.layers, strict=True):
        kinds = circuit.kinds[level == errors.layer + 1]
        computed = int((kinds != GateKind.IDENTITY).sum())
        print(
            f"{errors.layer:5}   {computed:14,}   {layer.neurons:6,}   "
            f"{computed / layer.neurons:14.2f}   {errors.wrong / SAMPLES:.3%}"
        )


def print_sizes(network: Network, exact: Network) -> None:
    """Print the size of the network beside that of the exact one."""
    rows = {
        "ReLUs in all layers": [x.neurons_total for x in (network, exact)],
        "ReLUs in the widest layer": [x.neurons for x in (network, exact)],
        "numbers that a layer writes": [x.state for x in (network, exact)],
        "parameters": [x.parameters for x in (network, exact)],
        "bytes of the file": [network_bytes(x) for x in (network, exact)],
    }
    print(f"{'':27}   in superposition         exact   exact / superposition")
    for what, (ours, theirs) in rows.items():
        print(f"{what:27}   {ours:16,}   {theirs:11,}   {theirs / ours:21.3g}")


def naive_error(circuit: ps.Circuit, neurons: int, inputs: str) -> float:
    """Return the share of inputs that a network of one gate per ReLU gets wrong.

    Every layer computes as many gates as it has ReLUs, those on most often in a separate sample;
    the others are never on. A residual stream carries identities, which take no ReLU.
    """
    features = len(circuit.features)
    generator = np.random.default_rng(1)
    rows = draw_deep_inputs(inputs, circuit, ACTIVE, 2 * NAIVE_SAMPLES, generator)
    bits = np.zeros((len(rows), features), bool)
    bits[np.arange(len(rows))[:, None], rows] = True
    trained, tried = bits[:NAIVE_SAMPLES], bits[NAIVE_SAMPLES:]
    often = walk(circuit, trained, np.ones(circuit.gates, bool))[:, features:].sum(axis=0)
    kept = circuit.kinds == GateKind.IDENTITY
    level = circuit.levels[features:]
    for number in range(1, int(level.max()) + 1):
        gates = np.flatnonzero((level == number) & ~kept)
        kept[gates[np.argsort(-often[gates], kind="stable")[:neurons]]] = True
    computed = walk(circuit, tried, kept)[:, circuit.outputs]
    return float((computed != evaluate_dense(circuit, tried)).any(axis=1).mean())


def walk(circuit: ps.Circuit, bits: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return values of all wires, (samples, wires), gates that are not kept being off."""
    features = len(circuit.features)
    values = np.zeros((len(bits), circuit.wires), bool)
    values[:, :features] = bits
    level = circuit.levels[features:]
    first = circuit.fan_in[circuit.fan_in_offsets[:-1]]
    second = circuit.fan_in[circuit.fan_in_offsets[1:] - 1]
    for number in range(1, int(level.max()) + 1):
        gates = np.flatnonzero((level == number) & kept)
        one, two = values[:, first[gates]], values[:, second[gates]]
        kind = circuit.kinds[gates]
        choices = [kind == GateKind.AND, kind == GateKind.OR, kind == GateKind.AND_NOT]
        values[:, features + gates] = np.select(choices, [one & two, one | two, one & ~two], one)
    return values


def write_tensors(network: Network, path: Path) -> None:
    """Write the network as dense arrays, for tools that know nothing of polyseme."""
    tensors = {
        "encoder": dense_encoder(network),
        "readout": dense_readout(network),
        "thresholds": network.readout.thresholds,
    }
    assert network.key is not None
    for number, (layer, key) in enumerate(zip(network.layers, network.key.layers, strict=True)):
        tensors[f"weights{number}"] = layer.weights
        tensors[f"bias{number}"] = layer.bias
        tensors[f"cap{number}"] = np.int32(layer.activation.stored[0])
        tensors[f"wires{number}"] = key.wires
        tensors[f"units{number}"] = key.positions
    packed = BytesIO()
    np.savez_compressed(packed, **tensors)
    write_whole(path, packed.getbuffer())


if __name__ == "__main__":
    main()
