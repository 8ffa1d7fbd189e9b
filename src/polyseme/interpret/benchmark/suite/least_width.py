"""The least width of a circuit's networks, of which loads are multiples."""

from __future__ import annotations

from dataclasses import replace

from polyseme.errors import CapacityError
from polyseme.interpret.benchmark.suite.building import built
from polyseme.interpret.benchmark.suite.spec import Spec
from polyseme.networks.network import Network
from polyseme.verification.reading_error import reading_error
from polyseme.verification.sampling import verify

_ERROR = 1e-3


def least_width(name: str, spec: Spec) -> int:
    """Return the ReLUs of the smallest network of a spec's circuit that is verified.

    That is one whose error `verify` finds under 1e-3 with 95 % confidence and whose hidden layer
    computes the gates, as `reading_error` finds. Sizes up to twice that of the spec are bisected,
    as if every larger one passed too; the sizes that a construction builds are some neurons apart.

    The numbers of `networks.py` come from

        python -m polyseme.interpret.benchmark.suite.least_width
    """
    below, above = 1, 2 * spec.neurons
    least = 0
    while above - below > 1:
        tried = (below + above) // 2
        network = _built(name, replace(spec, neurons=tried))
        if network is not None and passes(network):
            least = above = tried
        else:
            below = tried
    return least


def passes(network: Network) -> bool:
    """Return whether a network errs under 1e-3 and its hidden layers compute the gates."""
    if verify(network).error_interval[1] >= _ERROR:
        return False
    return all(layer.computed for layer in reading_error(network).layers)


def _built(name: str, spec: Spec) -> Network | None:
    """Return a network in superposition; None where there is none of so few neurons."""
    try:
        network = built(name, spec)
    except CapacityError:
        return None
    return network if network.provenance.construction == spec.construction else None


if __name__ == "__main__":
    from polyseme.interpret.benchmark.suite.networks import LEAST, SPECS

    for circuit in LEAST:
        name = f"{circuit}-load1"
        print(circuit, least_width(name, SPECS[name]), flush=True)
