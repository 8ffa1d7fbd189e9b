"""Tampered certificates, networks and circuits are rejected, and true certificates are accepted."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

import polyseme as ps
from check_certificate import verdict
from support.certified import KINDS, Certified, certificate_of, certified, resealed
from support.tampering import is_accepted, tampered

SOME, MANY = 60, 1000


@pytest.mark.parametrize("seed", range(SOME))
def test_what_is_tampered_with_is_rejected(seed):
    _rejected(seed)


@pytest.mark.slow
def test_a_thousand_tamperings_are_rejected():
    for seed in range(MANY):
        _rejected(seed)


def _rejected(seed: int) -> None:
    kind, files = tampered(seed)
    status, said = verdict(*files)
    assert status in (1, 2), (seed, kind, said)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_true_certificates_are_accepted(kind, seed):
    assert verdict(*certified(kind, seed).files)[0] == 0


@pytest.mark.slow
def test_a_thousand_true_certificates_are_accepted():
    for seed in range(MANY):
        status, said = verdict(*certified(KINDS[seed % len(KINDS)], seed // len(KINDS)).files)
        assert status == 0, (seed, said)


@pytest.mark.parametrize("kind", ["linear", "bending"])
def test_a_network_forged_with_all_hashes_right_is_accepted_only_if_it_is_right(kind):
    """A changed weight may leave a claim true; truth is found by running all inputs."""
    made = certified(kind)
    accepted = 0
    for seed in range(12):
        forged = _forged(made, seed)
        network, circuit = _loaded(forged)
        right = ps.verify_exhaustively(network, circuit, active=2).wrong == 0
        accepted += is_accepted(forged.files)
        assert right or not is_accepted(forged.files)
    assert accepted < 12


def _forged(made: Certified, seed: int) -> Certified:
    """The network with changed bytes of its weights, and the certificate's hashes made right."""
    generator = np.random.default_rng(seed)
    network = bytearray(made.network)
    (length,) = struct.unpack("<Q", network[:8])
    header = json.loads(network[8 : 8 + length])
    begin, end = header["layers.0.weights"]["data_offsets"]
    for _ in range(1 + 40 * (seed % 3)):
        network[8 + length + int(generator.integers(begin, end))] ^= int(generator.integers(1, 256))
    found = json.loads(made.certificate)
    found["network"]["sha256"] = sha256(network).hexdigest()
    found["evidence"].pop("lowest_on", None)
    found["evidence"].pop("highest_off", None)
    found["claim"]["largest_active"] = 2
    changed = replace(made, network=bytes(network))
    found["evidence"]["largest_sum"] = _largest_sum(changed)
    return replace(changed, certificate=resealed(found))


def _largest_sum(made: Certified) -> int:
    from polyseme.proving.largest_sum import largest_sum

    return largest_sum(_loaded(made)[0], 2)


def _loaded(made: Certified):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "n.safetensors", Path(folder) / "k.json"
        paths[0].write_bytes(made.network)
        paths[1].write_bytes(made.circuit)
        return ps.load(paths[0]), ps.read(paths[1])


def test_certificates_are_the_same_bytes_for_the_same_proof():
    made = certified("linear")
    network, circuit = _loaded(made)
    proof = ps.prove(network, circuit, active=2)
    assert certificate_of(proof, network, circuit).certificate == made.certificate
