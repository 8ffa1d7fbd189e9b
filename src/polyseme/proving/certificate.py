"""Certificates: a proof as a file that anyone can check again, with other programs than ours.

`docs/certificates.md` specifies the file; `tools/check_certificate.py` checks one with nothing but
Python's standard library. A certificate names the bytes of the network file and of the circuit file
by their hashes, and states a claim about them. What can be derived from the two files is not in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.circuits.readers.json_circuit import read_json
from polyseme.common.arguments import instance
from polyseme.common.files import shown_path, write_whole
from polyseme.common.version import VERSION
from polyseme.errors import FileFormatError, OptionError
from polyseme.networks.checks import check_path
from polyseme.networks.network import Network
from polyseme.networks.saving.files import key_beside, load, load_key
from polyseme.proving.extreme_readings import extreme_readings, extremes_of
from polyseme.proving.largest_sum import largest_sum
from polyseme.proving.linear_reads import LinearReads
from polyseme.proving.proof import Proof
from polyseme.proving.worst_sums import linear_active
from polyseme.verification.sampling import Verification

FORMAT = "polyseme-certificate"
FORMAT_VERSION = 1
Path_ = str | os.PathLike[str]
# Methods that a checker carries out again, from the files alone.
_DERIVED = ("linear", "branch-and-bound")


@dataclass(frozen=True)
class Certificate:
    """A claim about a network file and a circuit file, with what a checker needs beside them.

    Attributes:
        network_sha256: Hash of the bytes of the network file, in hexadecimal digits.
        circuit_sha256: Hash of the bytes of the circuit file.
        claim: What is claimed: `proved`, `active`, `inputs`, `outputs`, `wrong`, `largest_active`.
        method: Name of the method: one of those of a `Proof`, or "sampled".
        evidence: What the method found, as `docs/certificates.md` lists it.
        counterexample: An input that is wrong: `on`, the names of its features, `output` and
            `must_be_on`; None if there is none.
        polyseme: Version of the polyseme that made it.
    """

    network_sha256: str
    circuit_sha256: str
    claim: dict[str, Any]
    method: str
    evidence: dict[str, Any]
    counterexample: dict[str, Any] | None
    polyseme: str = VERSION

    def as_json(self) -> str:
        """Return the text of the certificate's file, the same for the same certificate."""
        body = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "polyseme": self.polyseme,
            "network": {"sha256": self.network_sha256},
            "circuit": {"sha256": self.circuit_sha256},
            "claim": self.claim,
            "method": self.method,
            "evidence": self.evidence,
            "counterexample": self.counterexample,
        }
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
        body["sha256"] = hashlib.sha256(canonical.encode()).hexdigest()
        return json.dumps(body, sort_keys=True, indent=1) + "\n"

    def save(self, path: Path_) -> None:
        """Write the certificate. Raises PolysemeError if the file cannot be written."""
        write_whole(path, self.as_json().encode())


def certificate(
    proof: Proof, network_file: Path_, circuit_file: Path_ | None = None
) -> Certificate:
    """Return the certificate of a proof about the network and the circuit of two files.

    Args:
        proof: What `polyseme.prove` returned for the network and the circuit in the files.
        network_file: A network file, as `Network.save` writes it.
        circuit_file: The circuit, as `polyseme convert SOURCE -o circuit.json` writes it, or an
            answer key; by default the answer key beside the network.

    Returns:
        The certificate. Of a refuted claim it holds the counterexample, and the largest number of
        features on up to which the network is right, where that was found.

    Raises:
        OptionError: An argument is of a wrong type, or there is no circuit.
        FileFormatError: A file is not of its format.
        SourceError: The circuit's file breaks a rule.

    Example:
        >>> import polyseme as ps
        >>> ps.certificate(None, "net.safetensors")
        Traceback (most recent call last):
        ...
        polyseme.errors.OptionError: proof is None; it must be a proof
    """
    instance("proof", proof, Proof, "a proof")
    check_path(network_file, "network_file")
    if circuit_file is not None:
        check_path(circuit_file, "circuit_file")
    network, circuit, circuit_file = _files(network_file, circuit_file)
    held, method = _held(proof), proof.method
    if method == "linear" and held is not None and not _is_linear(network, held):
        method = "branch-and-bound"
    claim = {
        "proved": proof.proved,
        "active": proof.active,
        "inputs": proof.inputs,
        "outputs": len(network.readout.outputs),
        "wrong": proof.wrong,
        "largest_active": held,
    }
    return Certificate(
        _sha256(network_file),
        _sha256(circuit_file),
        claim,
        method,
        _evidence(proof, network, circuit, (method, held)),
        _counterexample(proof, circuit),
    )


def write_certificate(
    path: Path_, proof: Proof, network_file: Path_, circuit_file: Path_ | None = None
) -> None:
    """Write the certificate of a proof; arguments and errors are those of `certificate`."""
    certificate(proof, network_file, circuit_file).save(path)


def certificate_of_sample(
    found: Verification, seed: int, network_file: Path_, circuit_file: Path_ | None = None
) -> Certificate:
    """Return the certificate of a network that was tried on inputs drawn at random.

    It proves nothing: it says what `polyseme verify` will find again with the same seed.

    Args:
        found: What `polyseme.verify` returned.
        seed: The seed of its inputs.
        network_file: The network file.
        circuit_file: The circuit or the answer key, as for `certificate`.
    """
    instance("found", found, Verification, "a verification")
    network, _, circuit_file = _files(network_file, circuit_file)
    wrong = [list(found.first_wrong)] if found.wrong else []
    claim = {
        "proved": None,
        "active": found.active,
        "inputs": found.samples,
        "outputs": len(network.readout.outputs),
        "wrong": found.wrong,
        "largest_active": None,
    }
    evidence = {"distribution": found.inputs, "seed": seed, "failures": wrong}
    hashes = (_sha256(network_file), _sha256(circuit_file))
    return Certificate(*hashes, claim, "sampled", evidence, None)


def _files(network_file: Path_, circuit_file: Path_ | None) -> tuple[Network, Circuit, Path_]:
    """Return network and circuit, and the file of the circuit."""
    network = load(network_file, key=False)
    if circuit_file is None:
        circuit_file = key_beside(network_file)
        if circuit_file is None:
            raise OptionError(
                f"{shown_path(network_file)} has no answer key beside it; name a circuit file"
            )
    with_json = Path(circuit_file).suffix.lower() == ".json"
    circuit = read_json(circuit_file) if with_json else load_key(circuit_file).circuit
    if network.encoder.features != circuit.features:
        raise OptionError(f"{shown_path(circuit_file)} has not the features of the network")
    return network, circuit, circuit_file


def _sha256(path: Path_) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise FileFormatError(f"{shown_path(path)}: cannot be read: {error.strerror}") from None


def _held(proof: Proof) -> int | None:
    """Return the largest number of features on up to which a checker can find no wrong input."""
    if proof.method not in _DERIVED:
        return None
    if proof.largest_active is not None:
        return proof.largest_active or None
    return proof.active if proof.proved else None


def _is_linear(network: Network, active: int) -> bool:
    return linear_active(LinearReads.of(network, active), None) >= active


def _evidence(
    proof: Proof, network: Network, circuit: Circuit, how: tuple[str, int | None]
) -> dict[str, Any]:
    """Return what a method found of the inputs up to which it was right."""
    method, held = how
    if proof.method == "exhaustive":
        return {"failures": [] if proof.counterexample is None else [list(proof.counterexample)]}
    if held is None:
        return {}
    evidence: dict[str, Any] = {"largest_sum": largest_sum(network, held)}
    if method == "linear":
        return evidence | extreme_readings(network, circuit, held)
    if proof.margins is not None and held == proof.active:
        evidence |= extremes_of(proof.margins, circuit)
    return evidence


def _counterexample(proof: Proof, circuit: Circuit) -> dict[str, Any] | None:
    if proof.counterexample is None:
        return None
    output = circuit.output_names.index(proof.wrong_outputs[0])
    on = sorted(circuit.features.index(name) for name in proof.counterexample)
    differs = output in evaluate_sparse(circuit, np.array([on], np.int32).reshape(1, -1)).indices
    return {
        "on": list(proof.counterexample),
        "output": proof.wrong_outputs[0],
        "must_be_on": bool(differs ^ circuit.inverted[output]),
    }
