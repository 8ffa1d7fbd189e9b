"""Refinement of networks whose readings are to be near 0 and 1."""

from __future__ import annotations

from dataclasses import replace

from polyseme.common.extras import import_numba
from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream, stream
from polyseme.learning.refinement.asked import Asked
from polyseme.learning.refinement.held_out import HeldOut
from polyseme.learning.refinement.refined import Refined, moved
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.verification.reading_error import ReadingError, readings_of, summed_up
from polyseme.verification.term_readings import KINDS

# Inputs of each kind on which the reading error of a refined network is looked at.
_READ = 30_000


def refined_readings(asked: Asked) -> Refined:
    """Descend until the readings of the hidden layer are near 0 and 1."""
    import_numba("refining least-noise")
    # What it imports is compiled by numba, which is an extra.
    from polyseme.learning.refinement.readings.refiner import ReadingRefiner

    network, key, passes, tell = asked.network, asked.key, asked.passes, asked.tell
    held_out = HeldOut(network, key, asked.seed)
    refiner = ReadingRefiner(network, key, asked.epsilon, asked.seed)
    before = _read(network, key, asked.seed)
    tell(f"before refinement the reading error is {before.epsilon:.3f}")

    def watch(done: int, loss: float) -> None:
        step(done, passes)
        tell(f"refined {done:,} of {passes:,} passes: loss {loss:.3g} on fresh pairs")

    with phase(f"refining {network.neurons:,} neurons") as step:
        descent = refiner.descent(passes)
        made = descent.run(asked.kept, watch)
        refined = refiner.finished(descent.weights)
    after = _read(refined, key, asked.seed)
    change = moved(network, refined)
    said = (
        f"refined by descent on readings, {made:,} passes: W moved by {change:.0%} of its norm, "
        f"reading error {before.epsilon:.3f} before and {after.epsilon:.3f} after"
    )
    if after.epsilon >= before.epsilon:
        said = (
            f"not refined: {made:,} passes of descent made the reading error {after.epsilon:.3f}, "
            f"{before.epsilon:.3f} it was before"
        )
        refined, after, change = network, before, 0.0
    tell(said)
    refined = replace(refined, provenance=replace(refined.provenance, note=said))
    return Refined(
        refined,
        held_out.verified(refined),
        held_out.verified(network),
        held_out.verified_alone(refined),
        held_out.verified_alone(network),
        change,
        made,
        after,
        before,
    )


def _read(network: Network, key: AnswerKey, seed: int) -> ReadingError:
    """Return the reading error on held-out inputs, the same for all networks."""
    active, generator = network.provenance.active, stream(seed, Stream.REFINEMENT_READINGS)
    counts = dict.fromkeys(KINDS, _READ)
    return summed_up(network, active, readings_of(network, key.circuit, active, counts, generator))
