"""The folder in which networks of the suite are kept, so that they are compiled once.

Files appear whole or not at all. One that is damaged, or is not the network that was asked for, is
made again. A folder that cannot be written to is done without.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from polyseme.errors import PolysemeError
from polyseme.interpret.benchmark.suite.building import hash_of
from polyseme.networks.network import Network
from polyseme.networks.saving.files import load, save_network


def cache_folder() -> Path:
    """Return the folder: $POLYSEME_CACHE, or polyseme in $XDG_CACHE_HOME or in ~/.cache."""
    own = os.environ.get("POLYSEME_CACHE")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "polyseme"


def kept(name: str, wanted: str, make: Callable[[], Network]) -> Network:
    """Return the network of a name out of the cache if its hash is the one wanted, or else made.

    Raises PolysemeError if the network that is made has another hash.
    """
    # Networks of other versions have other hashes, and may lie beside.
    place = cache_folder() / "suite" / f"{name}-{wanted[:16]}.safetensors"
    with suppress(PolysemeError, OSError):
        found = load(place)
        if found.key is not None and hash_of(found) == wanted:
            return found
    made = make()
    if hash_of(made) != wanted:
        raise PolysemeError(
            f"network {name} of the suite has the hash {hash_of(made)[:16]}, and {wanted[:16]} was "
            "published: this is another version of polyseme, or its results differ on this machine"
        )
    with suppress(PolysemeError, OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        save_network(made, place, True)
    return made
