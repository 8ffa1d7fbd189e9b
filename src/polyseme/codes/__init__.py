"""Codes, which give each feature the neurons that carry it, and their interference."""

from polyseme.codes.affine import affine_code, affine_or_balanced_code
from polyseme.codes.arithmetic_progressions import progression_code
from polyseme.codes.balanced import balanced_code
from polyseme.codes.code import SparseCode
from polyseme.codes.features_per_neuron import Polysemanticity, polysemanticity
from polyseme.codes.gaussian import gaussian_code
from polyseme.codes.inner_products import Coherence, coherence
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.codes.readout import (
    Recovery,
    mean_square_cross_talk,
    pseudo_inverse_readout,
    recover,
    tied_readout,
)
from polyseme.codes.reed_solomon import reed_solomon_code
from polyseme.codes.sign import sign_code

__all__ = [
    "Coherence",
    "Polysemanticity",
    "Recovery",
    "SparseCode",
    "affine_code",
    "affine_or_balanced_code",
    "balanced_code",
    "coherence",
    "gaussian_code",
    "mean_square_cross_talk",
    "orthogonal_block_code",
    "polysemanticity",
    "progression_code",
    "pseudo_inverse_readout",
    "recover",
    "reed_solomon_code",
    "sign_code",
    "tied_readout",
]
