"""The mixed channel: some inputs are heavy; a gate has a code inside the sets of those.

A heavy input drives its set, as in the input channel, and a light one the codes of its gates, as in
the output channel. The code of a gate is drawn from the set of its heavy input, or from what the
sets share if it has several. The set of an input also takes at least as large a share of the
neurons as the input has of the gates (this is ours): otherwise the codes of an input that most
gates read would crowd its set.

A set is sized as if all inputs of the gate were heavy. For ANDs of two it takes about sqrt(w n)
of n neurons, unless the share above is more. Two codes of w neurons inside it have about
w sqrt(w / n) in common, few enough to tell the gates of one heavy input apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.adler_shavit.input_channel import (
    in_shared_sets,
    set_density,
)
from polyseme.compiler.constructions.adler_shavit.output_channel import Placement
from polyseme.compiler.schedule.stages import Stage


def place(
    stage: Stage,
    heavy: NDArray[np.bool_],
    width: int,
    weight: int,
    generator: np.random.Generator,
) -> Placement:
    """Return the gates of a stage on so many neurons, with codes of so many each."""
    influence = np.bincount(stage.literals, minlength=stage.inputs)
    density = np.maximum(
        set_density(width, weight, int(stage.widths.max())), influence / len(stage)
    )
    return in_shared_sets(stage, heavy, density, width, weight, generator)
