"""The rows about networks of one hidden layer at a number of features on and an error."""

from __future__ import annotations

from polyseme.limits.ands import Ands
from polyseme.limits.epsilon_floor import epsilon_floor
from polyseme.limits.linear_floor import linear_floor
from polyseme.limits.rows import FLOOR, GUESS, Row, cited

EPSILONS = (0.25, 0.1)
_WAYS = (
    (True, "drawn codes", ("polyseme",)),
    (False, "any encoder and readout", ("welch1974lower", "polyseme")),
)


def floor_rows(ands: Ands, active: int, error: float) -> tuple[Row, ...]:
    """Return floors for linear layers and for layers that compute to within an epsilon.

    The result is empty if no promised input switches a gate on. A floor of one neuron is left out.
    """
    if active < ands.inputs:
        return ()
    linear = [
        Row(
            f"linear, Gaussian noise, {name}",
            linear_floor(ands, active, error, readout_is_drawn=drawn),
            cited(*sources),
            kind=FLOOR,
        )
        for drawn, name, sources in _WAYS
    ]
    computed = [
        Row(
            f"computed to {epsilon:g}, drawn codes",
            epsilon_floor(ands, active, epsilon),
            cited("amelunxen2014living", "polyseme"),
            kind=GUESS,
        )
        for epsilon in EPSILONS
    ]
    # Where one feature is in very many gates, the bound on the rank of reads says nothing.
    return tuple(row for row in (*linear, *computed) if row.neurons > 1)
