"""The kinds of inputs on which a network is worth trying."""

from __future__ import annotations

from types import NoneType

from polyseme.circuits.circuit import Circuit
from polyseme.common.arguments import instance
from polyseme.networks.network import Network
from polyseme.verification.drawing import shallow_terms
from polyseme.verification.inputs import DEEP_DESCRIPTIONS, DESCRIPTIONS
from polyseme.verification.sampling import circuit_of


def input_kinds(network: Network, circuit: Circuit | None = None) -> dict[str, str]:
    """Return all kinds of inputs to try a network on, by name and in words.

    Mixed inputs, which are satisfied and uniform ones by turns, are left out.

    Args:
        network: The network.
        circuit: The circuit to compare with; by default that of the answer key.

    Returns:
        Names that the `inputs` of `polyseme.verify` takes, each with a description.

    Raises:
        PolysemeError: There is no circuit, or it does not have the network's names.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("and2:features=20,gates=10"))
        >>> {name: ps.verify(network, inputs=name, samples=500).wrong
        ...  for name in ps.input_kinds(network)}
        {'satisfied': 0, 'one-short': 0, 'near-miss': 0, 'uniform': 0, 'alone': 0}
    """
    instance("network", network, Network, "a network")
    instance("circuit", circuit, (Circuit, NoneType), "a circuit")
    deep = shallow_terms(network, circuit_of(network, circuit)) is None
    described = DEEP_DESCRIPTIONS if deep else DESCRIPTIONS
    return {name: words for name, words in described.items() if name != "mixed"}
