"""Tampered certificates, networks and circuits are rejected, and true certificates are accepted."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from check_certificate import verdict
from polyseme.proving.largest_sum import largest_sum
from polyseme.proving.proof import Proof
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
@pytest.mark.timeout(3000)
def test_a_thousand_true_certificates_are_accepted():
    for seed in range(MANY):
        status, said = verdict(*certified(KINDS[seed % len(KINDS)], seed // len(KINDS)).files)
        assert status == 0, (seed, said)


@pytest.mark.parametrize("kind", ["linear", "bending"])
def test_a_network_forged_with_all_hashes_right_is_accepted_only_if_it_is_right(kind):
    """A changed weight may leave a claim true; truth is found by running all inputs."""
    made = certified(kind)
    accepted = 0
    for seed in range(6):
        forged = _forged(made, seed)
        network, circuit = forged.loaded()
        right = ps.verify_exhaustively(network, circuit, active=2).wrong == 0
        accepted += is_accepted(forged.files)
        assert right or not is_accepted(forged.files)
    assert accepted < 6


def _forged(made: Certified, seed: int) -> Certified:
    """The network with changed weights, and a certificate that says of it what the other says."""
    generator = np.random.default_rng(seed)
    network, circuit = made.loaded()
    layer = network.layers[0]
    weights = layer.weights.copy()
    for _ in range(1 + 1000 * (seed % 3)):
        place = tuple(int(generator.integers(0, size)) for size in weights.shape)
        weights[place] = generator.integers(-127, 128)
    network = replace(network, layers=(replace(layer, weights=weights),))
    undecided = Proof(None, 2, "branch-and-bound", 0, None, None, None, None, 0.0)
    forged = certificate_of(undecided, network, circuit)
    found = json.loads(made.certificate)
    found["network"] = json.loads(forged.certificate)["network"]
    found["evidence"] = {"largest_sum": largest_sum(network, 2)}
    found["claim"]["largest_active"] = 2
    return replace(forged, certificate=resealed(found))


def test_certificates_are_the_same_bytes_for_the_same_proof():
    made = certified("linear")
    network, circuit = made.loaded()
    proof = ps.prove(network, circuit, active=2)
    assert certificate_of(proof, network, circuit).certificate == made.certificate
