"""Every control by name."""

from __future__ import annotations

from polyseme.interpret.benchmark.controls import (
    decompiler,
    degraded_oracle,
    neurons,
    oracle,
    random_directions,
    shuffled_key,
)
from polyseme.interpret.benchmark.controls.control import Control

CONTROLS: dict[str, Control] = {
    control.name: control
    for control in (
        oracle.CONTROL,
        *degraded_oracle.CONTROLS,
        shuffled_key.CONTROL,
        random_directions.CONTROL,
        neurons.CONTROL,
        decompiler.CONTROL,
    )
}
