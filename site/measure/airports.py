"""Parts 2 and 9: the airports network, its polysemanticity and its errors beyond the promise."""

from __future__ import annotations

import sys
from typing import Any

import airportsdata
import numpy as np

import polyseme as ps
from polyseme.limits.counting import counting_bits
from polyseme.verification.sampling import wrong_samples

from .shared import ROOT

sys.path.append(str(ROOT / "examples"))
from airports_table import RELATIONS, read_airports

NEURONS, PROVED_NEURONS, ACTIVE, SEED = 2500, 1500, 3, 0
SAMPLES = 20_000
# Two airports that a test has wrong are shown, as many as these.
SHOWN = 12
MOST_ON = 8


def compiled_for_one() -> ps.Network:
    """Return the network of part 2: one airport and one relation."""
    return ps.compile(read_airports(), active=2, neurons=PROVED_NEURONS, seed=SEED)


def compiled_for_two() -> ps.Network:
    """Return the network of part 9: two airports and one relation."""
    return ps.compile(read_airports(), active=ACTIVE, neurons=NEURONS, epsilon=None, seed=SEED)


def places() -> dict[str, Any]:
    """Return name and place of every airport, in the order of the features."""
    listed = airportsdata.load("IATA").values()
    return {
        "code": [row["iata"] for row in listed],
        "name": [row["name"] for row in listed],
        "latitude": [round(row["lat"], 2) for row in listed],
        "longitude": [round(row["lon"], 2) for row in listed],
        "relations": list(RELATIONS.values()),
    }


def measure() -> dict[str, Any]:
    """Return sizes, polysemanticity, errors by the number of airports, and pairs that are wrong."""
    circuit, network = read_airports(), compiled_for_two()
    pairs = ps.wrong_pairs(network, circuit, beside=list(RELATIONS.values()))
    bound = int(np.ceil(np.sqrt(counting_bits(circuit).bits)))
    return {
        "neurons": network.neurons,
        "weights": int(network.layers[0].weights.size),
        "features": len(circuit.features),
        "dimensions": network.encoder.dimensions,
        "outputs": len(circuit.outputs),
        "facts": int(np.sum(circuit.kinds == ps.GateKind.AND)),
        "airports": len(places()["code"]),
        "exact": network.provenance.monosemantic_neurons,
        "bound": bound,
        "active": network.provenance.active,
        "pairs": {
            "inputs": pairs.inputs,
            "wrong": pairs.wrong,
            "share": pairs.wrong / pairs.inputs,
        },
        "wrong_pairs": [list(names) for names in pairs.names(SHOWN)],
        "errors": [error(network, circuit, on) for on in range(2, MOST_ON + 1)],
        "proved": proved(circuit),
        "samples": SAMPLES,
    }


def error(network: ps.Network, circuit: ps.Circuit, on: int) -> dict[str, Any]:
    """Return how many samples are wrong with so many features on: airports and one relation."""
    generator = np.random.default_rng(on)
    airports, relations = len(circuit.features) - len(RELATIONS), len(RELATIONS)
    rows = np.zeros((SAMPLES, on), np.int32)
    for row in rows:
        row[:-1] = generator.choice(airports, on - 1, replace=False)
        row[-1] = airports + generator.integers(relations)
    wrong = int(wrong_samples(network, circuit, rows).sum())
    return {"airports": on - 1, "wrong": wrong, "samples": SAMPLES, "share": wrong / SAMPLES}


def proved(circuit: ps.Circuit) -> dict[str, Any]:
    """Return the proof of the smaller network, for one airport and one relation."""
    network = compiled_for_one()
    proof = ps.prove(network, circuit)
    counts = ps.polysemanticity(network).layers[0].counts
    return {
        "neurons": network.neurons,
        "dimensions": network.encoder.dimensions,
        "exact": network.provenance.monosemantic_neurons,
        "inputs": proof.inputs,
        "holds": proof.proved,
        "reading_error": proof.reading_error,
        "median": float(np.median(counts)),
        "least": int(counts.min()),
        "most": int(counts.max()),
    }
