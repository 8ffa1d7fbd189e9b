"""A refined network beside the one it came from, which is kept where refinement made it worse."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from polyseme.common.progress import Note
from polyseme.learning.refinement.held_out import HeldOut
from polyseme.networks.network import Network
from polyseme.verification.reading_error import ReadingError
from polyseme.verification.sampling import Verification


@dataclass(frozen=True, eq=False)
class Refined:
    """A refined network, and its error beside that of the network it came from.

    Attributes:
        network: The refined network, with its answer key.
        measured: Its error on fresh samples.
        before: The error of the network it came from, on the same samples.
        alone: Its error on every gate by itself.
        alone_before: The error of the network it came from on every gate by itself.
        moved: The norm of the change of W over the norm of W.
        passes: Passes over all outputs that were made.
        reading: Its reading error on held-out inputs; None if that was not descended on.
        reading_before: That of the network it came from, on the same inputs.
    """

    network: Network
    measured: Verification
    before: Verification
    alone: Verification
    alone_before: Verification
    moved: float
    passes: int
    reading: ReadingError | None = None
    reading_before: ReadingError | None = None


@dataclass(frozen=True, eq=False)
class Judge:
    """The network that is refined, and its errors on held-out inputs."""

    network: Network
    held_out: HeldOut
    before: Verification
    alone_before: Verification

    def judged(self, refined: Network, passes: int, tell: Note) -> Refined:
        """Return the refined network, or the one it came from if that decides better.

        More gates wrong alone are worse, and so are as many and more held-out samples wrong.
        """
        before, alone_before = self.before, self.alone_before
        alone, measured = self.held_out.verified_alone(refined), self.held_out.verified(refined)
        change = moved(self.network, refined)
        said = f"refined by descent, {passes:,} passes: W moved by {change:.0%} of its norm"
        if (alone.wrong, measured.wrong) > (alone_before.wrong, before.wrong):
            said = (
                f"not refined: {passes:,} passes of descent made {measured.wrong:,} of "
                f"{measured.samples:,} wrong, {before.wrong:,} were before"
            )
            tell(said)
            refined, measured, alone, change = self.network, before, alone_before, 0.0
        provenance = replace(refined.provenance, note=said + _of_gates(alone))
        refined = replace(refined, provenance=provenance)
        return Refined(refined, measured, before, alone, alone_before, change, passes)


def judge_of(network: Network, held_out: HeldOut, tell: Note) -> Judge:
    """Return the judge of the refinement of a network, whose errors it measures."""
    before, alone = held_out.verified(network), held_out.verified_alone(network)
    tell(f"before refinement {before.wrong:,} of {before.samples:,} wrong{_of_gates(alone)}")
    return Judge(network, held_out, before, alone)


def moved(before: Network, after: Network) -> float:
    """Return the norm of the change of all W over the norm of all W; weights are dense."""
    change = size = 0.0
    for old, new in zip(before.layers, after.layers, strict=True):
        if old is not new and not old.is_sparse:
            begun = old.weights * np.float64(old.scale)
            change += float(np.sum((new.weights * np.float64(new.scale) - begun) ** 2))
            size += float(np.sum(begun**2))
    return float(np.sqrt(change / size)) if size else 0.0


def _of_gates(alone: Verification) -> str:
    return f"; {alone.wrong:,} of {alone.samples:,} gates alone wrong"
