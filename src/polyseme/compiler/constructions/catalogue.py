"""Every construction there is, by name."""

from __future__ import annotations

from polyseme.compiler.constructions import monosemantic
from polyseme.compiler.constructions.construction import Construction

CATALOGUE: dict[str, Construction] = {
    module.CONSTRUCTION.name: module.CONSTRUCTION for module in (monosemantic,)
}
