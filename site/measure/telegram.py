"""Part 6: a permutation sent through a network's compressed weights, and back."""

from __future__ import annotations

from typing import Any

import polyseme as ps

FEATURES = 2000


def measure() -> dict[str, Any]:
    """Return the counting argument carried out, as `polyseme counting --json` prints it."""
    run = ps.run_counting_argument(ps.problems.permutation(FEATURES), seed=0)
    told = run.as_json()
    del told["seconds"]
    return {"features": FEATURES, **told}
