"""What a request comes to: a network, and what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.compiler.constructions.staged.report import LayerDecision
from polyseme.networks.network import Network
from polyseme.verification.sampling import Verification


@dataclass(frozen=True)
class Sized:
    """A network and the confirmation it passed (or, with neurons given, just what was measured).

    `layers` says what was decided about each layer of a deep network. `predicted` is how many
    neurons the construction declared before a search built any; None where there was no search.
    """

    network: Network
    confirmation: Verification | None
    layers: tuple[LayerDecision, ...] = ()
    predicted: int | None = None
