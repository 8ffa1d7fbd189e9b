"""Functions that methods of networks and keys call though they stand later in the order of imports.

Running, saving and exporting read networks, so their modules import `network.py`; `Network.run`,
`Network.save` and the like reach the other way. They call what `polyseme/__init__.py` registers
here, so that no import points back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_FUNCTIONS: dict[str, Callable[..., Any]] = {}


def register(**functions: Callable[..., Any]) -> None:
    """Keep functions by name; a later one of the same name takes the place of the earlier."""
    _FUNCTIONS.update(functions)


def registered(name: str) -> Callable[..., Any]:
    """Return the function of a name. Raises KeyError if none was registered."""
    return _FUNCTIONS[name]
