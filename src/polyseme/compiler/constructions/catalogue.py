"""All constructions, by name."""

from __future__ import annotations

from typing import Any

from polyseme.compiler.constructions.adler_shavit.adler_shavit import AdlerShavit
from polyseme.compiler.constructions.construction import Construction
from polyseme.compiler.constructions.frames.one_bit import OneBit
from polyseme.compiler.constructions.frames.tight_frames import TightFrames
from polyseme.compiler.constructions.hops.hops import Hops
from polyseme.compiler.constructions.least_noise.least_noise import LeastNoise
from polyseme.compiler.constructions.monosemantic import Monosemantic
from polyseme.compiler.constructions.pooled.pooled import Pooled
from polyseme.compiler.constructions.quadratic import Quadratic
from polyseme.compiler.constructions.random_weights.sign_products import (
    GaussianProducts,
    RademacherProducts,
)
from polyseme.compiler.constructions.random_weights.targeted_pairs import TargetedPairs
from polyseme.compiler.constructions.random_weights.universal_and import UniversalAnd
from polyseme.compiler.constructions.reed_solomon import ReedSolomon
from polyseme.compiler.constructions.staged.and_tree import AndTree
from polyseme.compiler.constructions.staged.error_correction import ErrorCorrection
from polyseme.compiler.constructions.staged.superposed import SuperposedLayers
from polyseme.compiler.constructions.three_channel.input_channel import InputChannel
from polyseme.compiler.constructions.three_channel.k_and import KAnd
from polyseme.compiler.constructions.three_channel.mixed_channel import MixedChannel
from polyseme.compiler.constructions.three_channel.output_channel import OutputChannel
from polyseme.compiler.constructions.three_channel.permutation import Permutation
from polyseme.compiler.constructions.three_channel.single_use import SingleUse
from polyseme.compiler.constructions.three_channel.three_channel import ThreeChannel

MONOSEMANTIC = Monosemantic()
THREE_CHANNEL = ThreeChannel()
TIGHT_FRAMES = TightFrames()
LEAST_NOISE = LeastNoise()
POOLED = Pooled()
REED_SOLOMON = ReedSolomon()
SUPERPOSED_LAYERS = SuperposedLayers()
HOPS = Hops()

_ALL: tuple[Construction[Any], ...] = (
    MONOSEMANTIC,
    THREE_CHANNEL,
    LEAST_NOISE,
    POOLED,
    TIGHT_FRAMES,
    OneBit(),
    AdlerShavit(),
    OutputChannel(),
    SingleUse(),
    InputChannel(),
    MixedChannel(),
    KAnd(),
    AndTree(),
    Permutation(),
    SUPERPOSED_LAYERS,
    HOPS,
    ErrorCorrection(),
    UniversalAnd(),
    GaussianProducts(),
    RademacherProducts(),
    TargetedPairs(),
    REED_SOLOMON,
    Quadratic(),
)
CATALOGUE: dict[str, Construction[Any]] = {recipe.name: recipe for recipe in _ALL}
