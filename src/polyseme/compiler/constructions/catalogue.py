"""Every construction there is, by name."""

from __future__ import annotations

from polyseme.compiler.constructions import (
    and_tree,
    error_correction,
    input_channel,
    k_and,
    mixed_channel,
    monosemantic,
    one_bit,
    output_channel,
    permutation,
    quadratic,
    reed_solomon_exact,
    sign_products,
    single_use,
    targeted_pairs,
    three_channel,
    tight_frames,
    universal_and,
)
from polyseme.compiler.constructions.construction import Construction

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
