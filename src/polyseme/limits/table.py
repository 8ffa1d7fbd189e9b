"""Bounds on the size of a network for a circuit, and the size that each construction declares."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import NoneType
from typing import Any

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.described import GatesPerFeature
from polyseme.common.arguments import function, instance
from polyseme.common.progress import Note, silent
from polyseme.compiler.constructions.construction import Inputs
from polyseme.compiler.task import Task, check_measurable
from polyseme.limits.capacity import capacity_for
from polyseme.limits.counting import counting_bits
from polyseme.limits.declared import declared_rows
from polyseme.limits.holding import holding_rows
from polyseme.limits.lower import least, lower_rows
from polyseme.limits.rows import Row as Row
from polyseme.limits.rows import plain
from polyseme.limits.tried import NetworkBound, measured_row, network_bound
from polyseme.networks.network import Network


@dataclass(frozen=True)
class Capacity:
    """The most outputs of a circuit's kind that neurons, reading as many numbers, can compute."""

    neurons: int
    bits_per_weight: float
    outputs: int


@dataclass(frozen=True)
class Bounds:
    """The bounds for a circuit at a promise and an error.

    Attributes:
        active: The promise: the most features on at once.
        error: The share of inputs that may be wrong.
        features: Number of features of the circuit.
        gates: Number of its gates.
        outputs: Number of its outputs.
        layers: Number of hidden layers that the circuit takes.
        family: The family of computations that the counting bound counts, in words.
        bits: log2 of the number of members of the family.
        counts_functions: True if all members are different functions. Only then does the counting
            bound hold for every network.
        lower_bound_neurons: The counting bound at one bit per weight, in neurons per layer.
        lower: Lower bounds, in neurons of one hidden layer, or of each of `layers` equal ones for
            a deeper circuit. They hold for layers that read no more numbers than they have neurons:
            a layer with one dimension per feature has more weights, and may need fewer neurons.
        representation: Numbers of dimensions that hold the features, with nothing computed.
        constructions: Neurons of the widest layer, by construction; the monosemantic network last.
        capacity: The most outputs that the neurons of the smallest construction can compute, of
            those constructions that do not need one dimension per feature. None for a circuit whose
            kind does not grow.
        monosemantic_neurons: Neurons of the monosemantic network.
        gates_per_feature: How many gates of the circuit read a feature.
        problem_seed: Seed that the problem was drawn with; None if it was not drawn at random.
        measured: Sizes of compiled networks; empty unless asked for.
        network: The counting bound at the bits that a given network's weights hold; None unless
            filled in.
        note: A remark on `constructions` for a circuit of several hidden layers.
    """

    active: int
    error: float
    features: int
    gates: int
    outputs: int
    layers: int
    family: str
    bits: float
    counts_functions: bool
    lower_bound_neurons: int
    lower: tuple[Row, ...]
    representation: tuple[Row, ...]
    constructions: tuple[Row, ...]
    capacity: Capacity | None
    monosemantic_neurons: int
    gates_per_feature: GatesPerFeature
    problem_seed: int | None
    measured: tuple[Row, ...] = ()
    network: NetworkBound | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return all fields as plain dictionaries, lists, numbers and text."""
        return {
            **asdict(self),
            "lower": plain(self.lower),
            "representation": plain(self.representation),
            "constructions": plain(self.constructions),
            "measured": plain(self.measured),
        }


def bounds(
    circuit: Circuit,
    *,
    active: int = 3,
    error: float = 1e-3,
    network: Network | None = None,
    measure: bool = False,
    note: Note | None = None,
) -> Bounds:
    """Return how few neurons a circuit needs at least, and how many each construction takes.

    Nothing is built unless `measure` asks for it: sizes in superposition are what constructions
    declare.

    Args:
        circuit: What is computed.
        active: The sparsity promise: at most so many features are on at once.
        error: The share of inputs on which any output may be wrong; 1e-6 to 1.
        network: A network of the circuit; adds the bound at the bits that its own weights hold.
        measure: Compile the circuit as well, and add the size that was found.
        note: Called with a line on each step of compiling.

    Returns:
        Lower bounds, declared sizes and, where asked for, measured ones.

    Raises:
        OptionError: An argument is of a wrong type or out of range.
        SourceError: `network` has other features or outputs than the circuit.

    Example:
        >>> import polyseme as ps
        >>> found = ps.bounds(ps.problems.permutation(features=1000))
        >>> found.lower_bound_neurons < found.monosemantic_neurons
        True
    """
    task = Task(circuit, active, error)
    check_measurable(task.error)
    instance("network", network, (Network, NoneType), "a network")
    instance("measure", measure, bool, "True or False")
    function("note", note, "text")
    count = counting_bits(circuit)
    constructions, layers = declared_rows(task)
    held = None if network is None else network_bound(network, circuit, count.bits)
    measured = (measured_row(circuit, active, error, note or silent),) if measure else ()
    return Bounds(
        active=active,
        error=error,
        features=len(circuit.features),
        gates=circuit.gates,
        outputs=len(circuit.outputs),
        layers=layers,
        family=count.family,
        bits=count.bits,
        counts_functions=count.counts_functions,
        lower_bound_neurons=least(count.bits / layers, 1.0),
        lower=lower_rows(circuit, count, layers, error),
        representation=holding_rows(len(circuit.features), active, error),
        constructions=constructions,
        capacity=_capacity(circuit, constructions),
        monosemantic_neurons=constructions[-1].neurons,
        gates_per_feature=circuit.gates_per_feature,
        problem_seed=circuit.problem_seed,
        measured=measured,
        network=held,
        note=f"neurons are of the widest of {layers} hidden layers" if layers > 1 else "",
    )


def _capacity(circuit: Circuit, constructions: tuple[Row, ...]) -> Capacity | None:
    sizes = [row.neurons for row in constructions[:-1] if row.inputs != Inputs.BASIS.value]
    if not sizes:
        return None
    outputs = capacity_for(circuit, min(sizes), 1.0)
    return None if outputs is None else Capacity(min(sizes), 1.0, outputs)
