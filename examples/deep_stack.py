"""A deep network that computes more gates than it has neurons, and the naive baseline beside it.

Compiles `layered:width=5000,depth=4,active=2`, checks it layer by layer, compares it with a network
of the same neurons that gives each to one gate, and writes plain tensors for other tools to
`demo/stack.npz`: `encoder`, then `weights<i>`, `bias<i>` and `cap<i>` of every layer i, which
computes h = clip(W x + b, 0, cap) / cap; `readout` and `thresholds`; and `wires<i>`, `units<i>`:
the wires of layer i and the units that carry each. Run it with `make stack`; half a minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import polyseme as ps
from polyseme.circuits.circuit import GateKind
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.networks.exporting.dense import dense_encoder, dense_readout
from polyseme.networks.network import Network
from polyseme.verification.inputs import draw_deep_inputs
from polyseme.verification.layers import verify_layers

WIDTH, DEPTH, ACTIVE, NEURONS = 5000, 4, 2, 3500
SAMPLES = 20_000
NAIVE_SAMPLES = 2000


def main() -> None:
    """Compile, check, compare, write."""
    circuit = ps.problems.layered(WIDTH, DEPTH, active=ACTIVE)
    network = ps.compile(circuit, active=ACTIVE, neurons=NEURONS, carry="gates")
    print(
        f"{circuit.name}: {circuit.gates:,} gates in {DEPTH} levels, {ACTIVE} features on at once"
    )
    print("layer   gates   of them no identity   ReLUs   clipped units   gates per ReLU   misread")
    seen = verify_layers(network, samples=SAMPLES)
    for layer, errors in zip(network.layers, seen.layers, strict=True):
        kinds = circuit.kinds[circuit.levels[len(circuit.features) :] == errors.layer + 1]
        computed = int((kinds != GateKind.IDENTITY).sum())
        print(
            f"{errors.layer:5}   {len(kinds):5,}   {computed:19,}   {layer.neurons:5,}   "
            f"{layer.units:13,}   {len(kinds) / layer.neurons:14.2f}   {errors.wrong / SAMPLES:.3%}"
        )
    for inputs in ("satisfied", "uniform"):
        report = ps.verify(network, circuit, samples=SAMPLES, inputs=inputs)
        naive, residual = (
            naive_error(circuit, network.neurons, inputs, free) for free in (False, True)
        )
        print(
            f"{inputs} inputs, any of the {len(circuit.outputs):,} outputs wrong: "
            f"{report.error:.3%} ({report.wrong} of {SAMPLES:,}); naive network {naive:.1%}, "
            f"with identities in a residual stream {residual:.1%} (of {NAIVE_SAMPLES:,})"
        )
    folder = Path("demo")
    folder.mkdir(exist_ok=True)
    write_tensors(network, folder / "stack.npz")
    print(f"wrote {folder / 'stack.npz'}")


def naive_error(circuit: ps.Circuit, neurons: int, inputs: str, free_identities: bool) -> float:
    """Return the share of inputs that the naive network gets wrong: one gate per neuron.

    Gates without a neuron are never on. The gates kept are those on most often in a separate
    sample. With `free_identities`, a residual stream carries identities, and all neurons are for
    other gates.
    """
    features = len(circuit.features)
    generator = np.random.default_rng(1)
    rows = draw_deep_inputs(inputs, circuit, ACTIVE, 2 * NAIVE_SAMPLES, generator)
    bits = np.zeros((len(rows), features), bool)
    bits[np.arange(len(rows))[:, None], rows] = True
    trained, tried = bits[:NAIVE_SAMPLES], bits[NAIVE_SAMPLES:]
    values = walk(circuit, trained, np.ones(circuit.gates, bool))
    kept = free_identities & (circuit.kinds == GateKind.IDENTITY)
    level = circuit.levels[features:]
    often = values[:, features:].sum(axis=0)
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
    np.savez_compressed(path, **tensors)


if __name__ == "__main__":
    main()
