"""Functions that are called from where they cannot be imported: they stand later in that order.

Running, saving and exporting read networks, so their modules import `network.py`; `Network.run`,
`Network.save` and the like reach the other way. So does `compile` with a guarantee for the worst
case, which refining gives. They call what `polyseme/__init__.py` registers
here by its place, so that no import points back, and nothing is imported before it is called.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PLACES: dict[str, str] = {}


def register(**places: str) -> None:
    """Keep where functions are, as "module:function"; a later one of a name replaces the first."""
    _PLACES.update(places)


def registered(name: str) -> Callable[..., Any]:
    """Return the function of a name, imported. Raises KeyError if none was registered."""
    from importlib import import_module

    module, _, function = _PLACES[name].partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
