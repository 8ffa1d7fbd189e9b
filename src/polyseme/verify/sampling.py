"""Verification by sampling: is the network the circuit, on inputs from a named distribution?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.circuits.terms import terms_of
from polyseme.errors import CompileError
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verify.inputs import draw_inputs
from polyseme.verify.intervals import clopper_pearson

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Verification:
    """What was tried and what failed. A sample is wrong when any of its outputs is."""

    inputs: str
    active: int
    samples: int
    wrong: int
    first_wrong: tuple[str, ...] = ()

    @property
    def error(self) -> float:
        """Share of samples with any output wrong."""
        return self.wrong / self.samples

    @property
    def error_interval(self) -> tuple[float, float]:
        """Exact 95 % interval for the error rate."""
        return clopper_pearson(self.wrong, self.samples)

    def __str__(self) -> str:
        """One sentence for a notebook or a terminal."""
        low, high = self.error_interval
        return (
            f"{self.wrong:,} of {self.samples:,} {self.inputs} inputs ({self.active} on at once) "
            f"gave any wrong output: 95 % interval {low:.2g} to {high:.2g}"
        )


def verify(
    network: Network,
    circuit: Circuit | None = None,
    *,
    active: int | None = None,
    samples: int = 100_000,
    inputs: str = "satisfied",
    seed: int = 1,
    progress: Progress | None = None,
) -> Verification:
    """Compare a network with its circuit on `samples` inputs from the distribution `inputs`.

    `circuit` defaults to the one in the network's answer key, `active` to the promise it was
    compiled for. The inputs are fresh: drawn from a stream that compilation never uses. Raises
    CompileError when there is no circuit, when it does not have the network's names, and for
    numbers out of range.
    """
    key = network.key
    if circuit is None and key is None:
        raise CompileError("a network without its answer key needs the circuit to compare with")
    compared = circuit if circuit is not None else key.circuit  # type: ignore[union-attr]
    active = network.provenance.active if active is None else active
    _check_numbers(active, samples)
    _check_names(network, compared)
    # The key knows which terms share neurons, but only of the circuit the network was made from.
    own = key is not None and compared is key.circuit
    terms = key.terms if key and own else terms_of(compared)
    hosts = key.hosts() if key and own else None
    rows = draw_inputs(inputs, terms, active, samples, np.random.default_rng([seed, 0x5EED]), hosts)
    wrong = wrong_samples(network, compared, rows, progress)
    first = rows[np.argmax(wrong)] if wrong.any() else np.empty(0, np.int32)
    names = tuple(compared.features[int(feature)] for feature in first if feature >= 0)
    return Verification(inputs, active, len(rows), int(wrong.sum()), names)


def wrong_samples(
    network: Network,
    circuit: Circuit,
    active: NDArray[np.int32],
    progress: Progress | None = None,
) -> NDArray[np.bool_]:
    """Which samples have any output wrong, Boolean (samples,)."""
    runner = LayerRunner(network)
    wrong = np.zeros(len(active), bool)
    for begin, batch in batches(active, batch_size(network)):
        differs = (runner.outputs(batch) != evaluate_sparse(circuit, batch)).tocoo()
        wrong[begin + differs.row[differs.data]] = True
        if progress:
            progress(begin + len(batch), len(active))
    return wrong


def batches(rows: NDArray[np.int32], size: int) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Cut rows into consecutive pieces: (where it begins, the piece)."""
    for begin in range(0, len(rows), size):
        yield begin, rows[begin : begin + size]


def batch_size(network: Network) -> int:
    """Samples at a time, so that readings stay near 32 MB."""
    return int(np.clip(8_000_000 // max(len(network.readout.outputs), network.neurons), 16, 2048))


def _check_numbers(active: int, samples: int) -> None:
    if active < 1:
        raise CompileError(f"active is {active}; it must be at least 1")
    if samples < 1:
        raise CompileError(f"samples is {samples}; it must be at least 1")


def _check_names(network: Network, circuit: Circuit) -> None:
    for ours, theirs, what in (
        (network.encoder.features, circuit.features, "features"),
        (network.readout.outputs, circuit.output_names, "outputs"),
    ):
        if len(ours) != len(theirs):
            raise CompileError(
                f"the network has {len(ours):,} {what} and {circuit.name} has {len(theirs):,}"
            )
        if ours != theirs:
            place = next(
                i for i, pair in enumerate(zip(ours, theirs, strict=True)) if len(set(pair)) > 1
            )
            raise CompileError(
                f"{what} differ at {place}: the network has {ours[place]!r} and {circuit.name} "
                f"has {theirs[place]!r}"
            )
