"""Every construction there is, by name."""

from __future__ import annotations

from polyseme.compiler.constructions import monosemantic, quadratic
from polyseme.compiler.constructions import reed_solomon as reed_solomon_exact
from polyseme.compiler.constructions.construction import Construction
from polyseme.compiler.constructions.frames import one_bit, tight_frames
from polyseme.compiler.constructions.random_weights import (
    sign_products,
    targeted_pairs,
    universal_and,
)
from polyseme.compiler.constructions.staged import and_tree, error_correction
from polyseme.compiler.constructions.three_channel import (
    input_channel,
    k_and,
    mixed_channel,
    output_channel,
    permutation,
    single_use,
    three_channel,
)

_ALL = (
    monosemantic.CONSTRUCTION,
    three_channel.CONSTRUCTION,
    tight_frames.CONSTRUCTION,
    one_bit.CONSTRUCTION,
    output_channel.CONSTRUCTION,
    single_use.CONSTRUCTION,
    input_channel.CONSTRUCTION,
    mixed_channel.CONSTRUCTION,
    k_and.CONSTRUCTION,
    and_tree.CONSTRUCTION,
    permutation.CONSTRUCTION,
    error_correction.CONSTRUCTION,
    universal_and.CONSTRUCTION,
    sign_products.GAUSSIAN,
    sign_products.RADEMACHER,
    targeted_pairs.CONSTRUCTION,
    reed_solomon_exact.CONSTRUCTION,
    quadratic.CONSTRUCTION,
)
CATALOGUE: dict[str, Construction] = {construction.name: construction for construction in _ALL}
