"""A network of the suite from its spec, and its hash."""

from __future__ import annotations

import warnings
from hashlib import sha256

from polyseme.bench.suite.spec import Spec
from polyseme.compiler.compile import compile
from polyseme.errors import PolysemeWarning
from polyseme.learning.refinement.refine import refine
from polyseme.networks.network import Network
from polyseme.networks.saving.files import network_pieces


def built(name: str, spec: Spec) -> Network:
    """Return the network of a spec, compiled, and refined where the spec says so."""
    with warnings.catch_warnings():
        # That superposition does not pay at a few hundred features is no news here.
        warnings.simplefilter("ignore", PolysemeWarning)
        network = compile(
            spec.circuit(name),
            active=spec.active,
            neurons=spec.neurons,
            construction=spec.construction,
            seed=spec.seed,
        )
    return refine(network, passes=spec.passes).network if spec.passes else network


def hash_of(network: Network) -> str:
    """Return the SHA-256 of the bytes of a network's file, without its key."""
    digest = sha256()
    for piece in network_pieces(network):
        digest.update(piece)
    return digest.hexdigest()
