"""Inputs on which the layers of a deep network descend: those that it is used on, and hard ones.

Five eighths of the inputs switch on a gate and fill up with random features, as they do where
networks are verified. A gate (a and not b) with both a and b on is rare among those, and a descent
gives up what is rare: it would read b too weakly. So an eighth of the inputs switch on the inputs
of such a gate. On inputs with fewer features on, or with none of the gates, noise is another; an
eighth switches a gate on alone, and an eighth is uniformly random.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.supports import guess_supports
from polyseme.common.ragged import places_in_rows
from polyseme.verification.inputs import draw_deep_inputs, fill

# Eighths of the inputs.
_SATISFIED, _BLOCKED, _ALONE, _UNIFORM = 5, 1, 1, 1


def hard_inputs(
    circuit: Circuit, active: int, samples: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Return inputs of all four kinds in random order, int32 (samples, active), -1 pads."""
    eighth = -(-samples // 8)
    blocked = blocked_inputs(circuit, active, _BLOCKED * eighth, generator)

    def drawn(kind: str, eighths: int) -> NDArray[np.int32]:
        return draw_deep_inputs(kind, circuit, active, eighths * eighth, generator)

    rows = np.concatenate(
        [
            drawn("satisfied", _SATISFIED),
            blocked if len(blocked) else drawn("satisfied", _BLOCKED),
            drawn("alone", _ALONE),
            drawn("uniform", _UNIFORM),
        ]
    )
    return rows[generator.permutation(len(rows))[:samples]]


def blocked_inputs(
    circuit: Circuit, active: int, samples: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Return inputs that switch on the first input of a gate (a and not b) and one it negates.

    Features that switch on either are guessed (`guess_supports`), and the rest is filled up with
    random ones. Gates whose two inputs take more than `active` features are left out; there are no
    rows if that leaves none.
    """
    pairs = _blocked_pairs(circuit)
    supports = guess_supports(circuit, active)
    rows = _united(supports[pairs[:, 0]], supports[pairs[:, 1]])
    known = (supports[pairs, 0] >= 0).all(axis=1)
    rows = rows[known & ((rows >= 0).sum(axis=1) <= active), :active]
    if not len(rows):
        return np.empty((0, active), np.int32)
    chosen = rows[generator.integers(len(rows), size=samples)]
    return fill(chosen, len(circuit.features), active, generator)


def _blocked_pairs(circuit: Circuit) -> NDArray[np.int64]:
    """Return the wire read plain and one read negated, for all such gates, (pairs, 2)."""
    gates = np.flatnonzero(circuit.kinds == GateKind.AND_NOT)
    starts, widths = circuit.fan_in_offsets[gates], np.diff(circuit.fan_in_offsets)[gates]
    plain = np.repeat(circuit.fan_in[starts], widths - 1)
    negated = circuit.fan_in[np.repeat(starts, widths - 1) + 1 + places_in_rows(widths - 1)]
    return np.stack([plain, negated], axis=1).astype(np.int64)


def _united(left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the distinct features of each pair of rows, first in their row, -1 pads."""
    both = -np.sort(-np.concatenate([left, right], axis=1), axis=1)
    both[:, 1:][both[:, 1:] == both[:, :-1]] = -1
    found: NDArray[np.int32] = -np.sort(-both, axis=1)
    return found
