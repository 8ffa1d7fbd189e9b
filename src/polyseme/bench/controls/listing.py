"""Every control by name."""

from __future__ import annotations

from polyseme.bench.controls import oracle
from polyseme.bench.controls.control import Control

CONTROLS: dict[str, Control] = {control.name: control for control in (oracle.CONTROL,)}
