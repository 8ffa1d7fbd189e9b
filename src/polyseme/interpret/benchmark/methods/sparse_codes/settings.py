"""Settings that all sparse codes share, as they are printed."""

from __future__ import annotations

from polyseme.interpret.benchmark.methods.settled import SETTLED

# The rate of Adam for 2^14 latents; it falls with the root of their number (Gao et al. 2024). Twice
# that of the publication, whose descents are a hundred times longer.
RATE = 4e-4
_LATENTS = 2**14
# Counts tried as the target L0, in pilots of this share of the steps at so many times the rate.
TRIED = (1, 2, 3, 4, 6, 8, 12, 16)
SHARE = 0.05
FASTER = 4

COMMON: dict[str, float | int | str] = {
    "rate": "4e-4 / sqrt(K / 2^14), falling to 0 over the last fifth",
    "target L0": "the knee of the loss of TopK pilots of 1, 2, 3, 4, 6, 8, 12 and 16, each of a "
    "twentieth of the steps at four times the rate",
    "converged": f"{SETTLED}, or is under 1 % of the variance",
}
PENALTY = (
    "warmed up over a third of the steps; its logarithm follows that of L0 over the target, by .02 "
    "a step at the most, until the rate falls"
)


def rate_for(latents: int) -> float:
    """Return the rate for a number of latents."""
    return float(RATE / (latents / _LATENTS) ** 0.5)
