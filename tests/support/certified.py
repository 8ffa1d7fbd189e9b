"""Small networks with their certificates, one of each kind, as bytes of three files."""

from __future__ import annotations

import hashlib
import json
import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polyseme as ps
from polyseme.circuits import Circuit
from polyseme.networks.network import Network
from polyseme.proving.certificate import write_certificate
from polyseme.proving.proof import Proof

KINDS = ("linear", "refuted", "bending", "logic", "enumerated")


@dataclass(frozen=True)
class Certified:
    """A certificate, a network file and a circuit file, and what they are about."""

    certificate: bytes
    network: bytes
    circuit: bytes
    active: int | None

    @property
    def files(self) -> tuple[bytes, bytes, bytes]:
        return self.certificate, self.network, self.circuit

    def loaded(self) -> tuple[Network, Circuit]:
        """The network and the circuit of the files."""
        with tempfile.TemporaryDirectory() as folder:
            paths = Path(folder) / "n.safetensors", Path(folder) / "k.json"
            paths[0].write_bytes(self.network)
            paths[1].write_bytes(self.circuit)
            return ps.load(paths[0]), ps.read(paths[1])


@cache
def certified(kind: str, seed: int = 0) -> Certified:
    """A network of a kind with a true certificate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network, circuit, active = _drawn(kind, seed)
        method = {"bending": "branch-and-bound", "enumerated": "exhaustive"}.get(kind, "auto")
        proof = ps.prove(network, circuit, active=active, method=method)
    return certificate_of(proof, network, circuit)


def certificate_of(proof: Proof, network: Network, circuit: Circuit) -> Certified:
    """The certificate of a proof, and the files that it is about."""
    with tempfile.TemporaryDirectory() as folder:
        names = [Path(folder) / name for name in ("c.json", "n.safetensors", "k.json")]
        network.save(names[1])
        ps.write(circuit, names[2])
        write_certificate(names[0], proof, names[1], names[2])
        return Certified(*(name.read_bytes() for name in names), proof.active)


def _drawn(kind: str, seed: int) -> tuple[Network, Circuit, int | None]:
    if kind == "logic":
        circuit = ps.read("y = (a & b) ^ c; z = ~(a | c); w = (c & ~b) | (a & d & e); v = ~w ^ y")
        return ps.compile(circuit, construction="monosemantic"), circuit, None
    features = 12 if kind == "enumerated" else 200
    circuit = ps.read(f"and2:features={features},gates={features},seed={seed}")
    neurons = {"refuted": 96, "linear": 192}.get(kind, 240)
    construction = "three-channel" if kind == "bending" else "tight-frames"
    if kind == "enumerated":
        construction = "monosemantic"
    given = {} if kind == "enumerated" else {"neurons": neurons, "epsilon": None}
    network = ps.compile(circuit, construction=construction, active=2, seed=seed, **given)
    return network, circuit, 2


def resealed(certificate: dict[str, object]) -> bytes:
    """The bytes of a certificate that a forger made: its own hash is right again."""
    body = {key: value for key, value in certificate.items() if key != "sha256"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    body["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(body).encode()
