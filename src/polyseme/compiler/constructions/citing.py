"""Citations for a network."""

from __future__ import annotations

from polyseme.common.arguments import instance
from polyseme.common.literature import PUBLICATIONS
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.networks.network import Network


def citation(network: Network) -> str:
    """Return BibTeX entries for the sources of a network's construction and for polyseme.

    If this version of polyseme does not know the construction, there is only the entry for
    polyseme.
    """
    instance("network", network, Network, "a network")
    name = network.provenance.construction
    known = CATALOGUE[name].sources if name in CATALOGUE else ()
    keys = dict.fromkeys((*known, "polyseme"))
    return "\n\n".join(PUBLICATIONS[key].bibtex(key) for key in keys)
