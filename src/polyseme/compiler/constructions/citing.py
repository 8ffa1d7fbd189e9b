"""Citations for a network."""

from __future__ import annotations

from polyseme.common.arguments import instance
from polyseme.common.literature import PUBLICATIONS
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.networks.network import Network


def citation(network: Network) -> str:
    """Return BibTeX for the sources of a network's construction, and for polyseme.

    A network of a construction that this polyseme does not know is cited as polyseme alone.

    Args:
        network: The network.

    Returns:
        BibTeX entries, separated by empty lines.

    Raises:
        OptionError: `network` is no network.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("and2:features=20,gates=10"))
        >>> ps.citation(network).startswith("@")
        True
    """
    instance("network", network, Network, "a network")
    name = network.provenance.construction
    known = CATALOGUE[name].sources if name in CATALOGUE else ()
    keys = dict.fromkeys((*known, "polyseme"))
    return "\n\n".join(PUBLICATIONS[key].bibtex(key) for key in keys)
