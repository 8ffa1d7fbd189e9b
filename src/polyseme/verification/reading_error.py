"""Is the circuit computed by the hidden layer, or by the thresholds behind it?

A gate is *computed* by a hidden layer if affine readings of that layer give all gates at once
within 1/4 of 0 or 1, on all but a thousandth of the inputs of each kind: a next layer can use it.
Otherwise each output's own threshold finishes the work, and the gates are *thresholded*. No layer
that is linear within the promise computes an AND: on one of its four inputs every affine reading
errs by 1/4 or more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.common.arguments import whole_number
from polyseme.common.progress import Progress, phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.common.random_streams import Stream, stream
from polyseme.errors import OptionError
from polyseme.networks.network import Network
from polyseme.verification.affine_reading import beyond
from polyseme.verification.drawing import shallow_terms
from polyseme.verification.layer_readings import KindErrors, LayerReadings
from polyseme.verification.sampling import circuit_of, promise_asked
from polyseme.verification.term_readings import KINDS, read_terms
from polyseme.verification.wire_readings import KINDS as DEEP_KINDS
from polyseme.verification.wire_readings import read_wires

# A reading error below this leaves 0 and 1 farther apart than the errors of both.
COMPUTED = 0.25
# Readings in float32 are no finer: a smaller error cannot be asked for.
FINEST = 1e-9
_FEWEST_SAMPLES, MOST_SAMPLES = 1000, 10_000_000


@dataclass(frozen=True)
class KindOfInput:
    """Reading errors on inputs of one kind; the error of an input is that of its worst gate.

    Attributes:
        inputs: Name of the kind.
        samples: Number of inputs.
        epsilon: The reading error that all but a thousandth of the inputs keep.
        maximum: The largest error of any input.
        mean: The mean error of the inputs.
        mean_on: The mean error over inputs with a gate on, of the worst gate that is on; None if no
            gate is on in any.
    """

    inputs: str
    samples: int
    epsilon: float
    maximum: float
    mean: float
    mean_on: float | None


@dataclass(frozen=True)
class LayerComputation:
    """The reading errors of one hidden layer, and how far its units bend.

    Attributes:
        layer: Number of the layer, from 0 on.
        gates: Number of gates that are read.
        kinds: Reading errors by kind of input.
        kappa_mean: Mean interaction of gates; 0 for linear readings, 1 for a perfect AND. None if
            no gate has two inputs, and for layers of deep networks.
        kappa_min: The least interaction of a gate.
        bending_units: Share of units that bend on inputs within the promise.
        relus: ReLUs of the layer.
    """

    layer: int
    gates: int
    kinds: tuple[KindOfInput, ...]
    kappa_mean: float | None
    kappa_min: float | None
    bending_units: float
    relus: int

    @property
    def epsilon(self) -> float:
        """The reading error on the worst kind of input, kept by all but a thousandth of inputs."""
        return max(kind.epsilon for kind in self.kinds)

    @property
    def epsilon_max(self) -> float:
        """The largest reading error of any input."""
        return max(kind.maximum for kind in self.kinds)

    @property
    def epsilon_mean(self) -> float:
        """The mean reading error on the worst kind of input."""
        return max(kind.mean for kind in self.kinds)

    @property
    def computed(self) -> bool:
        """True if a next layer could use the gates: the reading error is below 1/4."""
        return self.epsilon < COMPUTED


@dataclass(frozen=True)
class ReadingError:
    """The reading error of every hidden layer, and all nonlinearities of the network.

    Attributes:
        active: Largest number of features on at once.
        layers: What was found in every hidden layer, first to last.
        thresholds: Thresholds of the readout.
    """

    active: int
    layers: tuple[LayerComputation, ...]
    thresholds: int

    @property
    def worst(self) -> LayerComputation:
        """The layer with the largest reading error."""
        return max(self.layers, key=lambda layer: layer.epsilon)

    @property
    def epsilon(self) -> float:
        """The reading error of the worst layer on the worst kind of input."""
        return self.worst.epsilon

    @property
    def computed(self) -> bool:
        """True if every hidden layer computes its gates: the reading error is below 1/4."""
        return self.epsilon < COMPUTED

    @property
    def is_linear(self) -> bool:
        """True if no unit bends within the promise: the network is a linear bottleneck."""
        return not any(layer.bending_units for layer in self.layers)

    @property
    def nonlinearities(self) -> int:
        """ReLUs of all hidden layers and thresholds of the readout."""
        return sum(layer.relus for layer in self.layers) + self.thresholds

    def __str__(self) -> str:
        """Return one sentence for a notebook or a terminal."""
        worst = self.worst
        kind = max(worst.kinds, key=lambda kind: kind.epsilon)
        where = f" of layer {worst.layer}" if len(self.layers) > 1 else ""
        what = "computed by the hidden layer" if self.computed else "thresholded"
        if self.is_linear:
            what = "thresholded behind a linear bottleneck"
        elif len(self.layers) > 1 and self.computed:
            what = "computed by every hidden layer"
        kappa = "" if worst.kappa_mean is None else f", kappa {worst.kappa_mean:.2f}"
        return (
            f"{what}: reading error{where} {self.epsilon:.3f} on all but a thousandth of "
            f"{kind.samples:,} {kind.inputs} inputs{kappa}"
        )


def reading_error(
    network: Network,
    circuit: Circuit | None = None,
    *,
    active: int | None = None,
    samples: int = 30_000,
    seed: int = 1,
    progress: Watcher = None,
) -> ReadingError:
    """Measure how near affine readings of every hidden layer come to the values of its gates.

    The readings of a network of one hidden layer are those of its readout, before the thresholds;
    those of a layer of a deeper network are the means of the units of each wire. Each is scaled to
    0 at rest and 1 with its gate on alone. One slope and one offset, fitted on inputs drawn apart,
    serve all gates that are read by equally many units.

    Args:
        network: The network to look at. A deep one needs its answer key.
        circuit: The circuit to compare with; by default that of the network's answer key.
        active: Largest number of features on at once; by default the promise that the network was
            compiled for.
        samples: Number of inputs of each kind (satisfied, uniform, one-short), at least 1,000.
        seed: Seed of the inputs, which compiling never uses.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The reading errors of every hidden layer.

    Raises:
        OptionError: A deep network has no answer key, or an argument is of a wrong type or out of
            range.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.problems.pairwise_and(50, 50), construction="monosemantic")
        >>> ps.reading_error(network, samples=1000).computed
        True
    """
    compared = circuit_of(network, circuit)
    promise = promise_asked(network, active)
    whole_number("samples", samples, _FEWEST_SAMPLES, MOST_SAMPLES)
    generator = stream(whole_number("seed", seed, 0), Stream.VERIFICATION)
    counts = dict.fromkeys(KINDS, samples)
    with watched(progress), phase("readings of hidden layers") as step:
        readings = readings_of(network, compared, promise, counts, generator, step)
    return summed_up(network, promise, readings)


def readings_of(
    network: Network,
    circuit: Circuit,
    active: int,
    samples: Mapping[str, int],
    generator: np.random.Generator,
    progress: Progress | None = None,
) -> tuple[LayerReadings, ...]:
    """Return what is read of every hidden layer on so many inputs of each kind.

    Of a deep network, one-short inputs are left out. Raises OptionError as `reading_error` does.
    """
    terms, key = shallow_terms(network, circuit), network.key
    if terms is not None:
        return (read_terms(network, circuit, terms, active, samples, generator, progress),)
    if key is not None:
        deep = {inputs: count for inputs, count in samples.items() if inputs in DEEP_KINDS}
        # Its columns are wires of its own circuit, whose gates may be others.
        return read_wires(network, key, key.circuit, active, deep, generator, progress)
    raise OptionError("what a layer of a deep network carries is known only from its key")


def summed_up(network: Network, active: int, readings: tuple[LayerReadings, ...]) -> ReadingError:
    """Return the reading errors in numbers."""
    # Layers that are read without error share their errors.
    of_kind = cache(_of_kind)
    layers = tuple(
        _of_layer(number, read, network, of_kind) for number, read in enumerate(readings)
    )
    return ReadingError(active, layers, len(network.readout.outputs))


def _of_layer(
    number: int,
    read: LayerReadings,
    network: Network,
    of_kind: Callable[[str, KindErrors], KindOfInput],
) -> LayerComputation:
    return LayerComputation(
        number,
        read.gates,
        tuple(of_kind(inputs, errors) for inputs, errors in read.kinds.items()),
        None if read.kappa is None else read.kappa.mean,
        None if read.kappa is None else read.kappa.least,
        read.bending_units,
        network.layers[number].neurons,
    )


def _of_kind(inputs: str, errors: KindErrors) -> KindOfInput:
    on = errors.worst_on[np.isfinite(errors.worst_on)]
    return KindOfInput(
        inputs,
        len(errors.worst),
        beyond(errors.worst),
        float(errors.worst.max()),
        float(errors.worst.mean()),
        float(on.mean()) if len(on) else None,
    )
