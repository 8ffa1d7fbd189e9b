"""Networks and circuits as the stand-alone checker reads them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polyseme as ps
from check_certificate import Circuit as CheckedCircuit
from check_certificate import Network as CheckedNetwork
from polyseme.circuits import Circuit
from polyseme.networks.network import Network


def read_network(network: Network) -> CheckedNetwork:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.safetensors"
        network.save(path)
        return CheckedNetwork(path.read_bytes())


def read_circuit(circuit: Circuit) -> CheckedCircuit:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "circuit.json"
        ps.write(circuit, path)
        return CheckedCircuit(path.read_bytes())
