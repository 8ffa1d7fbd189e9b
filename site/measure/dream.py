"""Part 1: six concepts, each with a neuron of its own."""

from __future__ import annotations

from typing import Any

import polyseme as ps

from .shared import packed

CONCEPTS = ("cat", "piano", "Paris", "sarcasm", "Tuesday", "rust")


def measure() -> dict[str, Any]:
    """Return the network, and what it has."""
    gates = [(ps.GateKind.IDENTITY, (wire,)) for wire in range(len(CONCEPTS))]
    outputs = range(len(CONCEPTS), 2 * len(CONCEPTS))
    circuit = ps.build_circuit(CONCEPTS, gates, list(outputs), output_names=CONCEPTS)
    network = ps.compile(circuit, active=len(CONCEPTS), construction="monosemantic")
    return {"network": packed(network), "concepts": CONCEPTS, "neurons": network.neurons}
