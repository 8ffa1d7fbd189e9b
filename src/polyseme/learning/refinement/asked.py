"""Refinement as it was asked for, checked."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.common.progress import Note
from polyseme.learning.refinement.descent import Kept
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network


@dataclass(frozen=True, eq=False)
class Asked:
    """A network that is to be refined, and how.

    Attributes:
        network: The network.
        key: Its answer key.
        passes: The most passes.
        error: The error asked for, of decisions.
        epsilon: The reading error asked for, of readings.
        seed: The random seed.
        kept: The file that keeps the state, if any.
        tell: Called with a line on each step.
    """

    network: Network
    key: AnswerKey
    passes: int
    error: float
    epsilon: float
    seed: int
    kept: Kept | None
    tell: Note
