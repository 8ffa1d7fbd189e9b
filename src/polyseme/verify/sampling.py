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
    CompileError when there is no circuit, or when it does not have the network's names.
    """
    circuit = circuit or (network.key.circuit if network.key else None)
    if circuit is None:
        raise CompileError("a network without its answer key needs the circuit to compare with")
    _check_names(network, circuit)
    terms = network.key.terms if network.key else terms_of(circuit)
    active = active or network.provenance.active
    generator = np.random.default_rng([seed, 0x5EED])
    hosts = network.key.hosts() if network.key else None
    rows = draw_inputs(inputs, terms, active, samples, generator, hosts)
    wrong = wrong_samples(network, circuit, rows, progress)
    first = rows[np.argmax(wrong)] if wrong.any() else np.empty(0, np.int32)
    names = tuple(circuit.features[int(feature)] for feature in first if feature >= 0)
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


def _check_names(network: Network, circuit: Circuit) -> None:
    for ours, theirs, what in (
        (network.encoder.features, circuit.features, "features"),
        (network.readout.outputs, circuit.output_names, "outputs"),
    ):
        if ours != theirs:
            raise CompileError(
                f"the network and {circuit.name} differ in their {what}: "
                f"{len(ours)} and {len(theirs)}, starting {ours[0]!r} and {theirs[0]!r}"
            )
