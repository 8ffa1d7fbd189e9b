"""Verification by sampling: comparing a network with its circuit on random inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.promise import check_promise
from polyseme.common.arguments import instance, shown_value, text, whole_number
from polyseme.common.parallel import in_order, threads
from polyseme.common.progress import Progress, phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.common.random_streams import Stream, stream
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.boolean_form import BooleanForm, boolean_form
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.changed import check_module, compare_module
from polyseme.verification.drawing import drawing
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.reference import Reference, reference_of

if TYPE_CHECKING:
    import torch

# Lists of active features are held in memory: at most this many entries.
MAX_ENTRIES = 10**9
# The name of the inputs where all that keep the promise were tried.
EXHAUSTIVE = "exhaustive"


@dataclass(frozen=True)
class Verification:
    """Result of `verify` and `verify_exhaustively`. A sample is wrong when any output is wrong.

    Attributes:
        inputs: Name of the distribution that the samples were drawn from, or "exhaustive".
        active: Largest number of features on at once.
        samples: Number of samples.
        wrong: Number of wrong samples.
        first_wrong: Names of the features on in the first wrong sample; empty if there is none.
    """

    inputs: str
    active: int
    samples: int
    wrong: int
    first_wrong: tuple[str, ...] = ()

    @property
    def error(self) -> float:
        """Share of samples that are wrong, 0 to 1."""
        return self.wrong / self.samples

    @property
    def error_interval(self) -> tuple[float, float]:
        """Exact (Clopper-Pearson) 95 % interval for the share of wrong inputs, (low, high).

        Of all inputs it is the share itself.
        """
        if self.inputs == EXHAUSTIVE:
            return self.error, self.error
        return clopper_pearson(self.wrong, self.samples)

    def __str__(self) -> str:
        """Return one sentence for a notebook or a terminal."""
        if self.inputs == EXHAUSTIVE:
            return (
                f"{self.wrong:,} of all {self.samples:,} inputs (at most {self.active} on at "
                "once) gave any wrong output"
            )
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
    progress: Watcher = None,
    reference: Reference | None = None,
    module: torch.nn.Module | None = None,
) -> Verification:
    """Compare a network, or a changed copy of it in torch, with its circuit on random inputs.

    The inputs are drawn from a stream of random numbers that compilation never uses.

    Args:
        network: The network to check.
        circuit: The circuit to compare with; by default that of the network's answer key.
        active: Largest number of features on at once; by default the promise that the network was
            compiled for.
        samples: Number of inputs to draw.
        inputs: Name of their distribution: "satisfied", "one-short", "near-miss", "uniform" or
            "alone"; for deep circuits "satisfied", "uniform", "alone" or "mixed".
        seed: Seed of the inputs, at least 0; those of network and problem are others.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.
        reference: An evaluator of the outputs that the network must have; by default the circuit.
        module: A torch module to try in the network's place, such as an ablated, quantised or
            fine-tuned copy of `network.to_torch()`: it takes (samples, features) and returns
            (samples, outputs), of which those of 0 or more are on. Inputs go to the device and in
            the type of its parameters; hooks on it are heard.

    Returns:
        The number of samples and of wrong ones.

    Raises:
        OptionError: There is no circuit, its names are not those of the network, or an argument is
            of a wrong type or out of range.
        MissingExtraError: A module is given and torch is not installed.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.problems.pairwise_and(50, 50), construction="monosemantic")
        >>> print(ps.verify(network, samples=1000))
        0 of 1,000 satisfied inputs (3 on at once) gave any wrong output: 95 % interval 0 to 0.0037
    """
    compared = circuit_of(network, circuit)
    if reference is not None:
        instance("reference", reference, Reference, "a Reference")
    if module is not None:
        check_module(module)
    active = promise_asked(network, active)
    truth = reference or reference_of(compared)
    with watched(progress):
        with phase(f"drawing {inputs} inputs"):
            rows = draw_fresh(network, compared, inputs, active, samples, seed)
        with phase(f"{inputs} inputs") as step:
            if module is None:
                wrong = compare(network, truth, rows, step)
            else:
                wrong = compare_module(module, truth, len(compared.features), rows, step)
    first = rows[np.argmax(wrong)] if wrong.any() else np.empty(0, np.int32)
    names = tuple(compared.features[int(feature)] for feature in first if feature >= 0)
    return Verification(inputs, active, len(rows), int(wrong.sum()), names)


def circuit_of(network: Network, circuit: Circuit | None = None) -> Circuit:
    """Return the circuit to compare with: the one given, or else that of the answer key.

    Raises OptionError when there is none, and when its names are not those of the network.
    """
    hint = "; a torch module is given as module=" if hasattr(network, "state_dict") else ""
    instance("network", network, Network, f"a network{hint}")
    if circuit is None:
        if network.key is None:
            raise OptionError("a network without its answer key needs the circuit to compare with")
        circuit = network.key.circuit
    instance("circuit", circuit, Circuit, "a circuit")
    _check_names(network, circuit)
    return circuit


def promise_asked(network: Network, active: int | None) -> int:
    """Return the number of features on at once: the one asked for, or else the network's promise.

    Raises OptionError if it is not from 1 to the number of features.
    """
    features = len(network.encoder.features)
    if active is None:
        return min(network.provenance.active, features)
    return check_promise(active, features)


def draw_fresh(
    network: Network, circuit: Circuit, inputs: str, active: int, samples: int, seed: int
) -> NDArray[np.int32]:
    """Draw inputs, int32 (samples, active), from a stream that compilation never uses."""
    active = whole_number("active", active, 1)
    samples = whole_number("samples", samples, 1)
    if active * samples > MAX_ENTRIES:
        raise CapacityError(
            f"{shown_value(samples)} samples of {shown_value(active)} active features are more "
            f"than {MAX_ENTRIES:,} numbers"
        )
    text("inputs", inputs)
    generator = stream(whole_number("seed", seed, 0), Stream.VERIFICATION)
    return drawing(network, circuit, inputs, active)(samples, generator)


def wrong_samples(
    network: Network,
    circuit: Circuit,
    active: NDArray[np.int32],
    progress: Progress | None = None,
) -> NDArray[np.bool_]:
    """Return True for each sample with any output wrong, Boolean (samples,)."""
    return compare(network, reference_of(circuit), active, progress)


def compare(
    network: Network,
    reference: Reference,
    active: NDArray[np.int32],
    progress: Progress | None = None,
) -> NDArray[np.bool_]:
    """Return True for each sample with any output unlike the reference's, Boolean (samples,)."""
    return Comparison(network, reference, len(active)).wrong(active, progress)


class Comparison:
    """A network made ready to be compared with a reference, on one batch of samples or many."""

    def __init__(self, network: Network, reference: Reference, samples: int) -> None:
        """Make ready for about so many samples."""
        # What a network of ANDs gives is what `run` gives, many times faster.
        folded = samples >= len(network.encoder.features)
        self._runner = boolean_form(network) or LayerRunner(network, folded)
        self._reference = reference
        # If resting values differ, equal changes from rest mean unequal outputs.
        self._flipped = self._runner.resting != reference.resting

    def wrong(
        self, active: NDArray[np.int32], progress: Progress | None = None
    ) -> NDArray[np.bool_]:
        """Return True for each sample with any output unlike the reference's."""
        runner, reference = self._runner, self._reference
        in_threads = isinstance(runner, LayerRunner) and runner.reads_in_blocks
        size = samples_at_once(runner)
        # Only this thread calls the reference, which may not be safe to call from several.
        pieces = ((batch, reference.differing(batch)) for _, batch in batches(active, size))
        found, done = [np.zeros(0, bool)], 0
        for wrong in in_order(self._wrong_of, pieces, threads() if in_threads else 1):
            found.append(wrong)
            done += len(wrong)
            if progress:
                progress(done, len(active))
        return np.concatenate(found)

    def _wrong_of(self, piece: tuple[NDArray[np.int32], sp.csr_array]) -> NDArray[np.bool_]:
        batch, expected = piece
        return wrong_rows(self._runner.outputs(batch), expected, self._flipped)


def wrong_rows(
    found: sp.csr_array, expected: sp.csr_array, flipped: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return True for each sample with any output wrong, Boolean (samples,).

    `found` and `expected` are outputs that differ from rest, Boolean (samples, outputs); `flipped`
    (outputs,) are outputs that rest at another value than they should.
    """
    differs = (found != expected).tocoo()
    row, column = differs.row[differs.data], differs.col[differs.data]
    wrong = np.zeros(found.shape[0], bool)
    wrong[row[~flipped[column]]] = True
    made_good = np.bincount(row[flipped[column]], minlength=len(wrong))
    return np.asarray(wrong | (made_good < flipped.sum()))


def batches(rows: NDArray[np.int32], size: int) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Yield consecutive pieces of at most `size` rows, each with the number of its first row."""
    for begin in range(0, len(rows), size):
        yield begin, rows[begin : begin + size]


def batch_size(network: Network) -> int:
    """Return the samples per batch with which activations and readings of a layer take 32 MB."""
    widest = max(len(network.readout.outputs), *(layer.width for layer in network.layers))
    return int(np.clip(8_000_000 // widest, 16, 2048))


def samples_at_once(runner: LayerRunner | BooleanForm) -> int:
    """Return `batch_size`, or a size that leaves out the readings if they are made in blocks."""
    if isinstance(runner, BooleanForm):
        return runner.samples_at_once
    if not runner.reads_in_blocks:
        return batch_size(runner.network)
    # Batches are whole blocks of 64 samples, and small enough that all threads get some.
    widest = max(layer.width for layer in runner.network.layers)
    return int(np.clip(8_000_000 // widest // 64 * 64, 64, 512))


def _check_names(network: Network, circuit: Circuit) -> None:
    for ours, theirs, what in (
        (network.encoder.features, circuit.features, "features"),
        (network.readout.outputs, circuit.output_names, "outputs"),
    ):
        if len(ours) != len(theirs):
            raise OptionError(
                f"the network has {len(ours):,} {what} and {circuit.name} has {len(theirs):,}"
            )
        if ours != theirs:
            place = next(
                i for i, pair in enumerate(zip(ours, theirs, strict=True)) if len(set(pair)) > 1
            )
            raise OptionError(
                f"{what} differ at {place}: the network has {ours[place]!r} and {circuit.name} "
                f"has {theirs[place]!r}"
            )
