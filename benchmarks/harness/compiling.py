"""Everything the benchmarks use of polyseme besides its public names.

The rest of the benchmarks imports `polyseme as ps` and this module, so when something inside the
library moves, this is the one file to change. (`studies/ablation/internals.py` is the same for the
parts of single constructions that the ablation takes out and exchanges.)
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

import polyseme as ps
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import active_matrix, evaluate_sparse, wires_on
from polyseme.circuits.terms import Terms, terms_of
from polyseme.cli.commands.inspect import inspect_command
from polyseme.common.parallel import threads
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.monosemantic import smallest_exact
from polyseme.compiler.constructions.staged.build import build_stages
from polyseme.compiler.constructions.staged.plan import StagedPlan, make_staged_plan
from polyseme.compiler.parts.weights import weight_matrix
from polyseme.compiler.report import Compilation
from polyseme.compiler.search.smallest import smallest as smallest_found
from polyseme.compiler.task import Task
from polyseme.counting_argument.drawn_codes import Agreed
from polyseme.counting_argument.entropy_coding import encode_integers
from polyseme.counting_argument.message import read_message, write_message
from polyseme.learning.refinement.worst_case.limit import least_size
from polyseme.limits.ands import ands_of
from polyseme.limits.counting import counting_bits, neurons_for
from polyseme.limits.epsilon_floor import epsilon_floor
from polyseme.networks.exporting.to_onnx import to_onnx
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner, readout_matrix
from polyseme.networks.saving.files import key_path, network_bytes
from polyseme.verification.drawing import shallow_terms
from polyseme.verification.independent import independent_reference
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.reading_error import LayerComputation
from polyseme.verification.reference import Reference
from polyseme.verification.sampling import draw_fresh, wrong_samples

__all__ = [
    "LayerComputation",
    "LayerRunner",
    "Smallest",
    "StagedPlan",
    "Terms",
    "active_matrix",
    "build_staged",
    "carried_wires",
    "clopper_pearson",
    "counting_bits",
    "declarations",
    "declared_neurons",
    "draw_fresh",
    "draw_inputs",
    "encode_integers",
    "evaluate_sparse",
    "exact_size_of",
    "factor_of",
    "file_bytes",
    "floor_of_epsilon",
    "has_one_layer",
    "inspect",
    "layers_superposed",
    "least_certified",
    "message_of",
    "neurons_for",
    "plan_staged",
    "predicted_superposed",
    "readout_matrix",
    "reference_of_file",
    "save_with_key",
    "sized",
    "smallest",
    "staged_inputs",
    "terms_of",
    "threads",
    "to_onnx",
    "wires_on",
    "with_random_weights",
    "without_caps",
    "wrong_samples",
]


def inspect(path: Path) -> str:
    """Return what `polyseme inspect --json` prints of a network file."""
    with redirect_stdout(StringIO()) as printed:
        inspect_command(str(path), as_json=True)
    return printed.getvalue()


def sized(
    circuit: Circuit,
    *,
    active: int = 3,
    error: float = 1e-3,
    neurons: int | None = None,
    construction: str = "auto",
    seed: int = 0,
) -> Compilation:
    """Compile for decisions alone; return the network with its confirmation and decisions."""
    return ps.compile_report(
        circuit,
        active=active,
        error=error,
        epsilon=None,
        neurons=neurons,
        construction=construction,
        seed=seed,
    )


@dataclass(frozen=True, eq=False)
class Smallest:
    """The network that a search ended with, its error, and what the construction declared.

    Where no size up to the largest allowed reaches the error, `reached` is False.
    """

    network: Network
    wrong: int
    samples: int
    reached: bool
    declared: int


def smallest(
    construction: str,
    circuit: Circuit,
    *,
    active: int,
    error: float,
    encoder: str = "auto",
    seed: int = 0,
    carry: str = "auto",
    note: Callable[[str], None] = lambda _: None,
) -> Smallest:
    """Search for the smallest network of a construction."""
    task = Task(circuit, active, error, encoder, seed, carry)
    candidate = CATALOGUE[construction].candidate(task)
    found = smallest_found(candidate, note)
    seen = found.compilation.confirmation
    assert seen is not None
    network, declared = found.compilation.network, candidate.declared.neurons
    return Smallest(network, seen.wrong, seen.samples, found.passed, declared)


def declared_neurons(
    construction: str,
    circuit: Circuit,
    *,
    active: int,
    error: float,
    seed: int = 0,
    carry: str = "auto",
) -> int:
    """Return the neurons that a construction declares before anything is built."""
    task = Task(circuit, active, error, seed=seed, carry=carry)
    return CATALOGUE[construction].candidate(task).declared.neurons


def least_certified(circuit: Circuit, *, active: int) -> int:
    """Return the neurons that a linear layer needs to be right on all inputs, by the formula."""
    least = least_size(Task(circuit, active), active)
    return round(max(least.weights**0.5, least.neurons))


def exact_size_of(circuit: Circuit, *, active: int) -> dict[str, int | str | None]:
    """Return the size of the smaller exact network, as plain JSON; nothing is built."""
    size = asdict(smallest_exact(Task(circuit, active)))
    size["bytes"] = size.pop("stored_bytes")
    return size


def file_bytes(network: Network) -> int:
    """Return the length of a network's file."""
    return network_bytes(network)


def floor_of_epsilon(circuit: Circuit, active: int, epsilon: float) -> int | None:
    """Return the heuristic least neurons for a reading error; None if outputs are no ANDs."""
    ands = ands_of(circuit)
    return None if ands is None else epsilon_floor(ands, active, epsilon)


def declarations(
    circuit: Circuit, *, active: int, error: float, seed: int = 0
) -> tuple[dict[str, tuple[str, int]], dict[str, str]]:
    """Return encoder and neurons that every construction declares, and why the others refuse.

    A construction is asked for features in superposition first, then for a dimension per feature.
    """
    basis, superposed = (Task(circuit, active, error, x, seed) for x in ("basis", "superposed"))
    declared, refused = {}, {}
    for name, construction in CATALOGUE.items():
        reason = construction.refusal(superposed)
        if reason is None:
            declared[name] = ("superposed", construction.candidate(superposed).declared.neurons)
        elif construction.refusal(basis) is None:
            declared[name] = ("basis", construction.candidate(basis).declared.neurons)
        else:
            refused[name] = reason
    return declared, refused


def plan_staged(circuit: Circuit, *, active: int, error: float = 1e-3, seed: int = 0) -> StagedPlan:
    """Return the plan of a circuit of several hidden layers, without a residual stream."""
    return make_staged_plan(Task(circuit, active, error, seed=seed, carry="gates"))


def build_staged(plan: StagedPlan, neurons: int) -> Network:
    """Build a network of several hidden layers of at most so many ReLUs each."""
    return build_stages(plan, neurons)


def staged_inputs(plan: StagedPlan, samples: int) -> NDArray[np.int32]:
    """Return fresh satisfied inputs, the same for every network of the plan."""
    return plan.satisfied(samples, Stream.CONFIRMATIONS)


def carried_wires(
    network: Network, layer: int, activations: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the circuit's wires that a layer carries, and their readings (wires, samples)."""
    assert network.key is not None
    key = network.key.layers[layer]
    known = key.wires >= 0
    return key.wires[known], key.readings(activations)[known]


def layers_superposed(found: Compilation) -> int:
    """Number of layers in superposition; a network of one layer reports on none."""
    if found.layers:
        return sum(one.kind == "superposed" for one in found.layers)
    return int(found.network.provenance.construction != "monosemantic")


def predicted_superposed(found: Compilation) -> int | None:
    """Return the most ReLUs that any layer is predicted to take in superposition, if predicted."""
    return max((one.predicted_superposed for one in found.layers), default=None)


def without_caps(plan: StagedPlan, network: Network) -> Network:
    """Return the same weights under plain ReLUs, which give 1 for a column that is fully on.

    Scales are powers of two, so the knee moves to the nearest place that allows this.
    """
    assert network.key is not None
    layers = []
    for stage, layer, key in zip(
        plan.schedule.stages, network.layers, network.key.layers, strict=True
    ):
        several = np.zeros(layer.units, bool)
        several[key.positions[stage.needed > 1]] = True
        layers.append(_plain(layer, key.resolution, np.where(several, 0.6, 0.5)))
    return replace(network, layers=tuple(layers))


def _plain(layer: Layer, unit: int, knee: NDArray[np.float64]) -> Layer:
    full = 1 << round(np.log2(unit / 2))
    bias = layer.bias + np.rint(full - (1 - knee) * unit).astype(np.int32)
    return Layer(layer.weights, bias.astype(np.int32), 1 / full)


def with_random_weights(network: Network) -> Network:
    """Return the same network, but what its neurons read of features, C, in random places."""
    compress = factor_of(network).copy()
    compress.indices = np.random.default_rng(7).permutation(compress.indices)
    compress = sp.csr_array(compress.tocoo().tocsr())
    compress.sum_duplicates()
    compress.sort_indices()
    key = network.key
    assert key is not None
    layer = replace(network.layers[0], weights=weight_matrix(compress, key.encoder))
    held = replace(key.layers[0], compression=compress)
    return replace(network, layers=(layer,), key=replace(key, layers=(held,)))


def factor_of(network: Network) -> sp.csr_array:
    """Return C of W = C D, int16 (neurons, features)."""
    assert network.key is not None
    return network.key.layers[0].compression


def message_of(network: Network, circuit: Circuit, seed: int) -> bytes:
    """Return a network as a message; it is read back, and RuntimeError raised where it differs."""
    inputs = int(terms_of(circuit).widths.max())
    agreed = Agreed(seed, len(circuit.features), len(circuit.outputs), inputs)
    content = write_message(network, agreed).content
    received = read_message(content, agreed)
    same = (
        np.array_equal(received.layers[0].weights, network.layers[0].weights),
        np.array_equal(received.layers[0].bias, network.layers[0].bias),
        np.array_equal(received.encoder.code.positions, network.encoder.code.positions),
        np.array_equal(received.readout.neurons, network.readout.neurons),
        np.array_equal(received.readout.weights, network.readout.weights),
        np.array_equal(received.readout.thresholds, network.readout.thresholds),
    )
    if not all(same):
        raise RuntimeError(f"{network.provenance.source}: its message gives another network")
    return content


def save_with_key(network: Network, path: Path) -> Path:
    """Save a network and its key beside it; return the key's path."""
    network.save(path, key=True)
    return key_path(path)


def has_one_layer(network: Network, circuit: Circuit) -> bool:
    """Return whether the terms of a circuit, as one hidden layer has them, can be sampled."""
    return shallow_terms(network, circuit) is not None


def reference_of_file(source: str, circuit: Circuit) -> Reference:
    """Return an evaluator of the logic as its file has it, which shares no code with compiling."""
    # The command line's packages take a while to import.
    from polyseme.circuits.logic_files import netlist_as_read

    return independent_reference(netlist_as_read(source, circuit))
