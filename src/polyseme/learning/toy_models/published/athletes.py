"""Eight athletes recognised by hand-made networks: in superposition by 6 neurons, else by 2.

A first and a last name are on; the output is on if they are an athlete's. Nothing is trained.

In superposition: every athlete has a code word, 3 of the 6 neurons, and both of its names have
weight 1 there. The bias is -1, so a neuron is on where both names are of its words: each is an AND
of two ORs of four names. All 3 are on only if both names have one word, since two different words
share at most 2; the threshold is 2 1/2. The words are four and their complements, so that every
neuron serves four athletes.

Without superposition: athlete i has the number i; its first name weighs i and its last 16 - i, and
two ReLUs add up to |sum - 16|, which is 0 for names of one athlete alone. Any number of athletes
takes two neurons; the numbers grow.

Both networks are right on every input of at most two names, whichever they are.

Source: RGRGRG and Ray 2026, *Computation in Superposition: Two Handcrafted Models*. The names of
six of the athletes, and their words, are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.compiler.parts.assembly import basis_code
from polyseme.learning.toy_models.toy_figure import Finished
from polyseme.networks.answer_key import term_key
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import CHANNELS
from polyseme.networks.network import Network, Provenance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Networks are said to be "compiled by" their construction.
BY_HAND = "hand"
ATHLETES = (
    ("Peyton", "Manning"),
    ("Babe", "Ruth"),
    ("Serena", "Williams"),
    ("Usain", "Bolt"),
    ("Simone", "Biles"),
    ("Lionel", "Messi"),
    ("Steffi", "Graf"),
    ("Muhammad", "Ali"),
)
# Neurons of each; the words of Peyton Manning and Babe Ruth share two.
WORDS = ((0, 1, 2), (0, 1, 3), (0, 4, 5), (1, 4, 5), (3, 4, 5), (2, 4, 5), (1, 2, 3), (0, 2, 3))
_OUTPUT = "athlete"


@dataclass(frozen=True)
class Settings:
    """Sizes."""

    athletes: int = len(ATHLETES)


def athletes() -> Circuit:
    """Return the circuit: 8 first and 8 last names, on if any first name and its last name are.

    Example:
        >>> athletes()
        Circuit('athletes': 16 features, 9 gates, 1 output, depth 2)
    """
    count = len(ATHLETES)
    gates = [(GateKind.AND, (one, count + one)) for one in range(count)]
    pairs = tuple(range(2 * count, 3 * count))
    return build_circuit(
        [first for first, _ in ATHLETES] + [last for _, last in ATHLETES],
        [*gates, (GateKind.OR, pairs)],
        [3 * count],
        [_OUTPUT],
        "athletes",
    )


def in_superposition() -> Network:
    """Return the network of 6 neurons, each name on 3 of them.

    Example:
        >>> network = in_superposition()
        >>> network.run([["Peyton", "Manning"], ["Peyton", "Ruth"]])
        [['athlete'], []]
    """
    words = np.zeros((len(ATHLETES), 6), np.int8)
    np.put_along_axis(words, np.array(WORDS), 1, axis=1)
    weights = np.concatenate((words, words)).T
    note = "6 neurons in superposition, every name on 3"
    return _network(weights, np.full(6, -1), np.ones(6), 2.5, np.array(WORDS), note)


def two_neurons() -> Network:
    """Return the network of 2 neurons, which holds nothing in superposition.

    Example:
        >>> two_neurons().run([["Peyton", "Manning"], ["Peyton", "Ruth"]])
        [['athlete'], []]
    """
    count = len(ATHLETES)
    numbers = np.arange(1, count + 1)
    sums = np.concatenate((numbers, 2 * count - numbers))
    weights = np.stack((sums, -sums))
    bias = 2 * count * np.array([-1, 1])
    both = np.tile(np.arange(2), (count, 1))
    note = "2 neurons, without superposition"
    return _network(weights, bias, -np.ones(2), -0.5, both, note)


def _network(
    weights: NDArray[Any],
    bias: NDArray[Any],
    reads: NDArray[Any],
    threshold: float,
    units: NDArray[Any],
    note: str,
) -> Network:
    """Return a network with its answer key; `units` (athletes, ...) are those of every pair."""
    circuit, neurons = athletes(), len(weights)
    code, count = basis_code(len(circuit.features)), len(ATHLETES)
    key = term_key(
        circuit,
        code,
        neurons,
        np.arange(count + 1, dtype=np.int64) * units.shape[1],
        units.ravel().astype(np.int32),
        np.full(count, CHANNELS.index("output"), np.uint8),
    )
    return Network(
        encoder=Encoder(circuit.features, code),
        layers=(Layer(np.ascontiguousarray(weights, np.int8), bias.astype(np.int32), 1.0),),
        readout=Readout(
            outputs=circuit.output_names,
            offsets=np.array([0, neurons], np.int64),
            neurons=np.arange(neurons, dtype=np.int32),
            weights=reads.astype(np.int16),
            thresholds=np.array([threshold], np.float32),
        ),
        provenance=Provenance(
            source=circuit.name,
            construction=BY_HAND,
            active=2,
            seed=0,
            gates=circuit.gates,
            monosemantic_neurons=count,
            readout_parameters=neurons + 1,
            channels={name: count * (name == "output") for name in CHANNELS},
            note=note,
        ),
        key=key,
    )


NETWORKS = {"in superposition": in_superposition, "two neurons": two_neurons}


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Run both networks on all pairs of names, and on all other inputs of at most two names."""
    circuit = athletes()
    first, last = circuit.features[: len(ATHLETES)], circuit.features[len(ATHLETES) :]
    asked = [[one, other] for one in first for other in last]
    truth = np.array([tuple(pair) in ATHLETES for pair in asked])
    some = [list(names) for size in (0, 1, 2) for names in combinations(circuit.features, size)]
    findings: dict[str, Any] = {"athletes": [" ".join(names) for names in ATHLETES]}
    data: dict[str, NDArray[Any]] = {}
    for name, made in NETWORKS.items():
        network = made()
        told = np.array([bool(found) for found in network.run(asked)])
        right = [
            bool(found) == (tuple(names) in ATHLETES)
            for names, found in zip(some, network.run(some), strict=True)
        ]
        read = network.activations(asked)[network.sites[-1]]
        findings[name] = {
            "neurons": network.neurons,
            "pairs_decided": int((told == truth).sum()),
            "pairs": len(asked),
            "inputs_of_two_names_at_most_decided": int(sum(right)),
            "inputs": len(some),
            "Peyton Ruth": "athlete" if network.run(["Peyton", "Ruth"]) else "refused",
        }
        # Readings are told from the threshold on.
        data[name] = (read + network.readout.thresholds).reshape(len(first), len(last))
        data[f"weights {name}"] = np.asarray(network.layers[0].weights, np.int64)
        data[f"threshold {name}"] = network.readout.thresholds
    nothing = np.zeros(1, np.float32)
    return Finished(findings, data, nothing, 0)


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw what both networks read of every pair of names, and their weights."""
    canvas.set_size_inches(10.5, 8.0)
    first, last = ([names[side] for names in ATHLETES] for side in (0, 1))
    grid = canvas.subplots(2, len(NETWORKS), height_ratios=(1.6, 1))
    for (above, below), name in zip(grid.T, NETWORKS, strict=True):
        sums, threshold = data[name], float(data[f"threshold {name}"][0])
        above.imshow(sums >= threshold, cmap="Greens", vmin=0, vmax=2)
        for (row, column), value in np.ndenumerate(sums):
            above.text(column, row, f"{value:g}", ha="center", va="center", fontsize=9)
        above.set_xticks(range(len(last)), last, rotation=45, ha="right")
        above.set_yticks(range(len(first)), first)
        above.set_title(f"{name}: on from {threshold:g}")
        weights = data[f"weights {name}"]
        below.imshow(weights, cmap="RdBu_r", vmin=-abs(weights).max(), vmax=abs(weights).max())
        below.set_xticks(range(len(first + last)), first + last, rotation=90, fontsize=8)
        below.set(yticks=range(len(weights)), ylabel="neuron", title="weights")
