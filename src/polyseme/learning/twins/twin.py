"""The driver of trained twins: a circuit, a size and a loss to a network that is measured."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.circuits.promise import promise_for
from polyseme.circuits.terms import one_layer_form, terms_of
from polyseme.codes.affine import affine_or_balanced_code
from polyseme.codes.code import SparseCode
from polyseme.common.arguments import text, whole_number
from polyseme.common.extras import import_torch
from polyseme.common.progress_shown import Watcher, watched
from polyseme.common.random_streams import Stream, stream
from polyseme.compiler.parts.assembly import basis_code, superposed_code
from polyseme.compiler.parts.calibrate import best_share
from polyseme.compiler.parts.exact_units import exact_units
from polyseme.compiler.task import checked
from polyseme.errors import CapacityError, OptionError
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import MAX_STEPS, Pace
from polyseme.learning.twins.layer_task import STARTS, LayerTask
from polyseme.learning.twins.losses import LOSSES
from polyseme.networks.answer_key import term_key
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import CHANNELS
from polyseme.networks.network import TRAINED, Network, Provenance
from polyseme.networks.run import LayerRunner
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.reading_error import ReadingError, reading_error
from polyseme.verification.sampling import Verification, batch_size, batches, verify
from polyseme.verification.term_readings import KINDS

ENCODERS, READOUTS = ("fixed", "learned"), ("free", "fixed")
DEFAULT_STEPS, DEFAULT_RATE, DEFAULT_BATCH = 3000, 3e-3, 512
MOST_BATCH, MOST_HARD = 1_000_000, 1000
DEFAULT_SAMPLES, LEAST_SAMPLES, MOST_SAMPLES = 30_000, 1000, 10_000_000
# Numbers of weights, inputs and readings in one step, at most (4 GB).
_MOST_NUMBERS = 10**9
# Neurons that an output reads if the readout is fixed.
_READ = 16
# Inputs of every kind on which thresholds are placed.
_CALIBRATION = 10_000
_WARM_UP = 100


@dataclass(frozen=True, eq=False)
class Twin:
    """A trained network, and what was measured of it.

    Attributes:
        network: The network, with weights of float32 and with its answer key.
        measured: Its error on fresh satisfied inputs.
        reading: Its reading errors.
        loss: Mean loss over the last hundredth of the steps.
        history: Mean losses over every hundredth of the steps, float32 (points,).
        steps: Steps of training.
        seconds: Seconds of training, without those before a state that it went on from.
    """

    network: Network
    measured: Verification
    reading: ReadingError
    loss: float
    history: NDArray[np.float32]
    steps: int
    seconds: float


def train_twin(
    circuit: Circuit,
    neurons: int,
    *,
    active: int | None = None,
    encoder: str = "fixed",
    readout: str = "free",
    start: str = "normal",
    loss: str = "band",
    steps: int = DEFAULT_STEPS,
    rate: float = DEFAULT_RATE,
    batch: int = DEFAULT_BATCH,
    hard: int = 1,
    samples: int = DEFAULT_SAMPLES,
    seed: int = 0,
    state: str | os.PathLike[str] | None = None,
    device: str = "cpu",
    progress: Watcher = None,
) -> Twin:
    """Train one hidden layer of ReLUs on a circuit, from random weights, and measure it.

    Args:
        circuit: The circuit, one that a single hidden layer computes.
        neurons: The number of ReLUs.
        active: The sparsity promise; None as for `polyseme.compile`.
        encoder: "fixed" takes the code that compiled networks of this seed have; "learned" learns
            it. A learned encoder and the weights behind it are one matrix, and are stored as one,
            on basis-aligned inputs.
        readout: "free" learns what outputs read of every neuron; "fixed" gives each output a set of
            neurons that it averages.
        start: The first weights: "normal", or "sparse" as for universal AND (Vaintrob, Mendel and
            Hänni 2024; `STARTS` has a line about each). Neither knows the gates.
        loss: "band", "hinge", "l4" or "squared" (`LOSSES` has a line about each).
        steps: Steps of Adam; the rate rises over the first 100 and falls as a cosine.
        rate: The largest step size.
        batch: Samples per step.
        hard: Of so many times as many samples, those of the largest loss are trained on.
        samples: Fresh inputs on which the network is measured, at least 1,000.
        seed: The seed of codes, first weights and inputs.
        state: A file that keeps the state of the training, which goes on from it if it exists.
        device: A device that torch has. On the CPU equal arguments give equal bytes.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The network and its measured errors.

    Raises:
        OptionError: The circuit takes more than one hidden layer, or an argument is of a wrong type
            or out of range.
        CapacityError: The network does not fit into memory.
        FileFormatError: The file is no state of this training.
        MissingExtraError: torch is not installed.
        PolysemeError: The training diverged.

    Example:
        >>> import polyseme as ps
        >>> twin = ps.train_twin(ps.problems.pairwise_and(20, 20), 15, steps=50, samples=1000)
        >>> twin.network
        Network('and2:features=20,gates=20', trained: 15 ReLUs in 1 layer, ...)
    """
    checked(circuit)
    for name, value, known in (
        ("encoder", encoder, ENCODERS),
        ("readout", readout, READOUTS),
        ("start", start, tuple(STARTS)),
        ("loss", loss, tuple(LOSSES)),
    ):
        text(name, value, known)
    neurons = whole_number("neurons", neurons, 1)
    steps = whole_number("steps", steps, 1, MAX_STEPS)
    batch = whole_number("batch", batch, 1, MOST_BATCH)
    hard = whole_number("hard", hard, 1, MOST_HARD)
    whole_number("samples", samples, LEAST_SAMPLES, MOST_SAMPLES)
    seed = whole_number("seed", seed, 0)
    pace = Pace(steps, rate, min(_WARM_UP, steps - 1), "cosine")
    promise = promise_for(circuit, active).active
    refusal = one_layer_form(circuit).refusal(promise)
    if refusal is not None:
        raise OptionError(f"{circuit.name}: only one hidden layer is trained: {refusal}")
    _check_size(circuit, neurons, batch * hard)
    import_torch("training")
    task = _task(circuit, neurons, promise, encoder, readout, start, loss, batch, hard, seed)
    with watched(progress):
        started = time.monotonic()
        found = train(task, pace, seed=seed, state=state, device=device)
        seconds = time.monotonic() - started
        network = _calibrated(_network(task, found.numbers, seed), seed)
        measured = verify(network, samples=samples, seed=seed + 1)
        reading = reading_error(network, samples=samples, seed=seed + 1)
    note = (
        f"trained, {steps:,} steps on the loss {loss!r}; encoder {encoder}, readout {readout}, "
        f"start {start}"
    )
    network = replace(network, provenance=replace(network.provenance, note=note))
    history = found.history[:, 0]
    return Twin(network, measured, reading, float(found.losses[0]), history, steps, seconds)


def _check_size(circuit: Circuit, neurons: int, batch: int) -> None:
    """Raise CapacityError unless weights and one step fit into memory."""
    features, outputs = len(circuit.features), len(circuit.outputs)
    numbers = (neurons + batch) * (features + outputs + neurons)
    if numbers > _MOST_NUMBERS:
        raise CapacityError(
            f"{neurons:,} neurons on {features:,} features and {outputs:,} outputs, {batch:,} "
            f"samples per step, take {numbers:,} numbers; at most {_MOST_NUMBERS:,} are trained"
        )


def _task(
    circuit: Circuit,
    neurons: int,
    active: int,
    encoder: str,
    readout: str,
    start: str,
    loss: str,
    batch: int,
    hard: int,
    seed: int,
) -> LayerTask:
    """Return the task, with codes drawn from the seed."""
    code = read = None
    if encoder == "fixed":
        code = superposed_code(len(circuit.features), neurons, stream(seed, Stream.INPUT_CODE))
    if readout == "fixed":
        weight = max(1, min(_READ, neurons // 2))
        outputs = len(circuit.outputs)
        read = affine_or_balanced_code(outputs, neurons, weight, stream(seed, Stream.OUTPUT_CODES))
        read = SparseCode(neurons, read.positions, read.signs)
    return LayerTask(
        circuit, terms_of(circuit), active, neurons, code, read, start, loss, batch, hard
    )


def _network(task: LayerTask, numbers: dict[str, NDArray[np.float32]], seed: int) -> Network:
    """Return the network of trained numbers, each output on from a reading of 1/2."""
    circuit, terms, outputs = task.circuit, task.terms, len(task.circuit.outputs)
    code = task.encoder or basis_code(len(circuit.features))
    weights = np.ascontiguousarray(numbers["weights"].T)
    half = np.float32(0.5) - numbers["offset"]
    if task.readout is None:
        units = np.tile(np.arange(task.neurons, dtype=np.int32), outputs)
        reads, scale = np.ascontiguousarray(numbers["readout"].T).ravel(), np.float32(1)
    else:
        units = np.sort(task.readout.positions, axis=1).ravel()
        reads, scale = np.ones(len(units), np.int16), np.float32(task.readout.weight)
    width = len(units) // outputs
    of_terms = units.reshape(outputs, width)[terms.output].ravel()
    key = term_key(
        circuit,
        code,
        task.neurons,
        np.arange(len(terms) + 1, dtype=np.int64) * width,
        of_terms,
        np.full(len(terms), CHANNELS.index("output"), np.uint8),
    )
    return Network(
        encoder=Encoder(circuit.features, code),
        layers=(Layer(weights, numbers["bias"], 1.0),),
        readout=Readout(
            outputs=circuit.output_names,
            offsets=np.arange(outputs + 1, dtype=np.int64) * width,
            neurons=units,
            weights=reads,
            thresholds=(half * scale).astype(np.float32),
        ),
        provenance=Provenance(
            source=circuit.name,
            construction=TRAINED,
            active=task.active,
            seed=seed,
            gates=circuit.gates,
            monosemantic_neurons=exact_units(terms, task.active).neurons,
            readout_parameters=outputs * (task.neurons + 1 if task.readout is None else 1),
            channels={name: len(terms) * (name == "output") for name in CHANNELS},
        ),
        key=key,
    )


def _calibrated(network: Network, seed: int) -> Network:
    """Return the network with all thresholds moved alike, to where most inputs are right."""
    assert network.key is not None
    runner, circuit, readout = LayerRunner(network), network.key.circuit, network.readout
    terms, active = network.key.terms, network.provenance.active
    generator = stream(seed, Stream.TRAINING_PROBE)
    rows = [draw_inputs(kind, terms, active, _CALIBRATION, generator) for kind in KINDS]
    # A fixed readout adds up what a free one has learnt to weigh.
    unit = np.float32(1 if readout.weights.dtype == np.float32 else np.diff(readout.offsets)[0])
    lowest_on, highest_off = [], []
    for _, some in batches(np.concatenate(rows), batch_size(network)):
        above = runner.readings(runner.hidden(runner.encode(some), sparse=True))
        above = (above - readout.thresholds[:, None]) / unit + np.float32(0.5)
        on = evaluate_sparse(circuit, some).toarray().T
        lowest_on.append(np.where(on, above, np.inf).min(axis=0))
        highest_off.append(np.where(on, -np.inf, above).max(axis=0))
    level = best_share(np.concatenate(lowest_on), np.concatenate(highest_off))
    moved = readout.thresholds + unit * np.float32(level - 0.5)
    return replace(network, readout=replace(readout, thresholds=moved))
