"""The rows about holding a circuit's features, which takes exponentially fewer dimensions."""

from __future__ import annotations

import math

from polyseme.limits import ball_and_box, representation
from polyseme.limits.rows import HOLDING, Row, cited

_GARG = cited("garg2026features")


def holding_rows(features: int, active: int, failure: float) -> tuple[Row, ...]:
    """Return one row per way of reading: the dimensions that hold the features.

    At most `active` features are on, and random codes fail with probability at most `failure`.
    Where a formula gives more dimensions than there are features, the row has one dimension per
    feature, which is always enough.
    """
    apart = 1 / (2 * active)
    found = [
        (
            "read by any means, 1 bit each, at least",
            representation.any_access_least(features, active, 1),
            "counting",
        ),
        (
            "read by search, random signs",
            representation.any_access_enough(features, active, failure),
            "union bound",
        ),
        (
            "read linearly, every input, at least",
            representation.linear_access_least(features, active),
            cited("garg2026features", "alon2003problems"),
        ),
        (
            "read linearly, one random input, random signs",
            representation.linear_access_once(features, active, failure),
            "union bound",
        ),
        (
            "read linearly, every input, random signs",
            representation.linear_access_enough(features, active, failure),
            _GARG,
        ),
        *_interference(features, apart, failure),
        *_ball_and_box(features, active),
    ]
    return tuple(
        Row(name, min(features, size), source, kind=HOLDING) for name, size, source in found
    )


def _interference(features: int, apart: float, failure: float) -> list[tuple[str, int, str]]:
    """Return rows of codes with inner products so small that every linear read is right."""
    return [
        (
            f"inner products within {apart:.3g}, at least",
            representation.welch_dimensions(features, apart),
            cited("welch1974lower"),
        ),
        (
            f"inner products within {apart:.3g}, random signs",
            representation.separated_dimensions(features, apart, failure),
            cited("johnson1984extensions"),
        ),
    ]


def _ball_and_box(features: int, active: int) -> list[tuple[str, int, str]]:
    """Return the widths at which a threshold gate reads the AND of any pair.

    The probability that it does tends to 1 as the number of features grows.
    """
    if active < 2 or features - active < 2:
        return []
    source = cited("li2026ball")
    tuned = ball_and_box.tuned_width(features, active, finite=False)
    midpoint = ball_and_box.midpoint_width(features, active, finite=False)
    return [
        ("any pair's AND read by a tuned threshold", math.ceil(tuned), source),
        ("any pair's AND read by the threshold 3/2", math.ceil(midpoint), source),
    ]
