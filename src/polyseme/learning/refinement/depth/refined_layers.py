"""Refinement of deep networks, layer after layer."""

from __future__ import annotations

from polyseme.common.extras import import_numba
from polyseme.common.progress import phase
from polyseme.learning.refinement.asked import Asked
from polyseme.learning.refinement.held_out import HeldOut
from polyseme.learning.refinement.refined import Refined, judge_of


def refined_layers(asked: Asked) -> Refined:
    """Descend on one layer after another until its units are on where they should be."""
    import_numba("refining deep networks")
    # What it imports is compiled by numba, which is an extra.
    from polyseme.learning.refinement.depth.refiner import DepthRefiner

    network, key, passes, tell = asked.network, asked.key, asked.passes, asked.tell
    refiner = DepthRefiner(network, key, asked.seed)
    judge = judge_of(network, HeldOut(network, key, asked.seed), tell)

    def watch(made: int, steps: int) -> None:
        step(made, steps)
        if made % passes == 0:
            tell(f"refined {made // passes:,} of {steps // passes:,} layers by {passes:,} passes")

    with phase(f"refining {network.neurons:,} neurons") as step:
        refined = refiner.run(passes, asked.kept, watch)
    return judge.judged(refined, passes, tell)
