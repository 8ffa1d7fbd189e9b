"""Whom to cite for a network."""

from __future__ import annotations

from polyseme.common.arguments import instance
from polyseme.common.literature import PUBLICATIONS
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.networks.network import Network


def citation(network: Network) -> str:
    """Return BibTeX for the sources of a network's construction, and for polyseme.

    A network of a construction that this polyseme does not know is cited as polyseme alone.

    Args:
        network: A network, compiled or loaded.

    Returns:
        BibTeX entries with blank lines between them.

    Raises:
        OptionError: `network` is no network.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.problems.pairwise_and(features=100, gates=100), neurons=90)
        >>> [line for line in ps.citation(network).splitlines() if line.startswith("@")]
        ['@misc{adler2024complexity,', '@misc{polyseme,']
    """
    instance("network", network, Network, "a network")
    name = network.provenance.construction
    known = CATALOGUE[name].sources if name in CATALOGUE else ()
    keys = dict.fromkeys((*known, "polyseme"))
    return "\n\n".join(PUBLICATIONS[key].bibtex(key) for key in keys)
