"""Whom to cite for a network."""

from __future__ import annotations

from polyseme.common.arguments import instance
from polyseme.common.literature import PUBLICATIONS
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.networks.network import Network


def citation(network: Network) -> str:
    """BibTeX for what a network was made with: its construction's sources, and polyseme.

    A network of a construction that this polyseme does not know is cited as polyseme alone.
    """
    instance("network", network, Network, "a network")
    name = network.provenance.construction
    known = CATALOGUE[name].sources if name in CATALOGUE else ()
    keys = dict.fromkeys((*known, "polyseme"))
    return "\n\n".join(PUBLICATIONS[key].bibtex(key) for key in keys)
