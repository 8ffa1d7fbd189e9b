"""Parameters and bytes of the README's networks, beside those of the exact network.

Prints a table in Markdown. The weights of the exact network are mostly zeros, so they are counted
and stored in sparse rows. Run it with `python examples/parameters_and_bytes.py`; about a minute.
"""

from __future__ import annotations

from dataclasses import replace

import scipy.sparse as sp

import polyseme as ps
from polyseme.networks.saving.files import network_bytes

# Problem, features on at once, ReLUs, the reading error asked for.
ROWS = (
    ("and2:features=10000,gates=10000", 3, 2568, 0.25),
    ("and2:features=1000,gates=1000", 3, 666, 0.25),
    ("and2:features=10000,gates=10000", 3, 1296, None),
    ("permutation:features=10000", 3, 1504, None),
    ("and:k=4,features=5000,gates=5000", 6, 1472, None),
    ("and2:features=2000,gates=10000,influence=zipf", 3, 3931, None),
    ("uand:features=200", 3, 685, None),
)


def main() -> None:
    """Compile each, and print a row."""
    print("| problem | s | ReLUs | parameters | bytes | exact: ReLUs | parameters | bytes |")
    print("|---|---|---|---|---|---|---|---|")
    for problem, active, neurons, epsilon in ROWS:
        circuit = ps.read(problem)
        network = ps.compile(circuit, active=active, neurons=neurons, epsilon=epsilon)
        exact = without_zeros(ps.compile(circuit, active=active, construction="monosemantic"))
        print(f"| `{problem}` | {active} | {sizes(network)} | {sizes(exact)} |", flush=True)


def without_zeros(network: ps.Network) -> ps.Network:
    """Return a network of one hidden layer with its weights in sparse rows, as it would be kept."""
    (layer,) = network.layers
    kept = replace(layer, weights=sp.csr_array(layer.weights))
    return replace(network, layers=(kept,), key=None)


def sizes(network: ps.Network) -> str:
    """Return ReLUs, parameters and bytes of the file as cells."""
    return f"{network.neurons:,} | {network.parameters:,} | {network_bytes(network):,}"


if __name__ == "__main__":
    main()
