"""Bounds on the size of a network for a circuit, and the size that each construction declares."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import NoneType
from typing import Any

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.described import GatesPerFeature
from polyseme.circuits.promise import promise_for
from polyseme.common.arguments import function, instance, real_number
from polyseme.common.progress import Note, phase, silent
from polyseme.common.progress_shown import Watcher, watched
from polyseme.compiler.constructions.construction import Inputs
from polyseme.compiler.task import Task, check_measurable, checked
from polyseme.limits.ands import ands_of
from polyseme.limits.capacity import capacity_for
from polyseme.limits.counting import CountingBound, counting_bits
from polyseme.limits.declared import declared_rows
from polyseme.limits.floors import floor_rows
from polyseme.limits.holding import holding_rows
from polyseme.limits.lower import FEWEST_BITS, MOST_BITS, least, lower_rows, storage_rows
from polyseme.limits.remarks import remarks_on
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
        bits: log2 of the number of members of the family, the order of outputs ignored.
        bits_ordered: The same with the order of outputs, which a network whose readout is drawn
            from the seed has in its hidden weights.
        bits_family: The same, with order, of the members with the circuit's own influences, as
            problems are drawn. None where no formula counts them.
        counts_functions: True if all members are different functions. Only then does the counting
            bound hold for every network.
        lower_bound_neurons: The counting bound of `bits` at one bit per weight, in neurons per
            layer.
        lower_bound_neurons_ordered: The same of `bits_ordered`.
        lower_bound_neurons_family: The same of `bits_family`, or None.
        bits_per_weight: The bits per weight asked for, or of the network given, or None.
        lower_bound_neurons_own_bits: The counting bound at `bits_per_weight`, of `bits_family` if
            they are known and of `bits_ordered` if not. None without `bits_per_weight`.
        lower: Counting bounds at one bit per weight, in neurons of one hidden layer, or of each of
            `layers` equal ones for a deeper circuit. They hold for layers that read no more numbers
            than they have neurons: a layer with one dimension per feature has more weights, and may
            need fewer neurons.
        floors: Floors that depend on the promise and the error; each says what it assumes. Only for
            circuits of equally wide ANDs, and for permutations.
        storage: What ways of storing patterns take: limits of those ways, no lower bounds.
        representation: Numbers of dimensions that hold the features, with nothing computed.
        constructions: Neurons of the widest layer, by construction; the monosemantic network last.
        capacity: The most outputs that the neurons of the smallest construction can compute, of
            those constructions that do not need one dimension per feature. None for a circuit whose
            kind does not grow, and if the monosemantic network is smaller.
        monosemantic_neurons: Neurons of the monosemantic network.
        gates_per_feature: How many gates of the circuit read a feature.
        problem_seed: Seed that the problem was drawn with; None if it was not drawn at random.
        measured: Sizes of compiled networks; empty unless asked for.
        network: The counting bounds at the bits that a given network's weights hold; None unless
            filled in.
        remarks: What no row says, in sentences.
    """

    active: int
    error: float
    features: int
    gates: int
    outputs: int
    layers: int
    family: str
    bits: float
    bits_ordered: float
    bits_family: float | None
    counts_functions: bool
    lower_bound_neurons: int
    lower_bound_neurons_ordered: int
    lower_bound_neurons_family: int | None
    bits_per_weight: float | None
    lower_bound_neurons_own_bits: int | None
    lower: tuple[Row, ...]
    floors: tuple[Row, ...]
    storage: tuple[Row, ...]
    representation: tuple[Row, ...]
    constructions: tuple[Row, ...]
    capacity: Capacity | None
    monosemantic_neurons: int
    gates_per_feature: GatesPerFeature
    problem_seed: int | None
    measured: tuple[Row, ...] = ()
    network: NetworkBound | None = None
    remarks: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, each with its kind."""
        return (
            *self.lower,
            *self.floors,
            *self.storage,
            *self.representation,
            *self.constructions,
            *self.measured,
        )

    def as_json(self) -> dict[str, Any]:
        """Return all fields, and all rows together, as dictionaries, lists, numbers and text."""
        groups = ("lower", "floors", "storage", "representation", "constructions", "measured")
        return {
            **asdict(self),
            **{name: plain(getattr(self, name)) for name in groups},
            "rows": plain(self.rows),
            "remarks": list(self.remarks),
        }


def bounds(
    circuit: Circuit,
    *,
    active: int | None = None,
    error: float = 1e-3,
    bits: float | None = None,
    network: Network | None = None,
    measure: bool = False,
    note: Note | None = None,
    progress: Watcher = None,
) -> Bounds:
    """Return how few neurons a circuit needs at least, and how many each construction takes.

    Nothing is built unless `measure` asks for it: sizes in superposition are what constructions
    declare.

    Args:
        circuit: What is computed.
        active: The sparsity promise: at most so many features are on at once; None as for
            `polyseme.compile`.
        error: The share of inputs on which any output may be wrong; 1e-6 to 1.
        bits: Bits per weight at which the counting bound is given beside one bit; by default those
            of `network`.
        network: A network of the circuit; adds the bounds at the bits that its own weights hold.
        measure: Compile the circuit as well, and add the size that was found.
        note: Called with a line on each step of compiling.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        Lower bounds, floors, declared sizes and, where asked for, measured ones.

    Raises:
        OptionError: An argument is of a wrong type or out of range.
        SourceError: `network` has other features or outputs than the circuit.

    Example:
        >>> import polyseme as ps
        >>> found = ps.bounds(ps.problems.pairwise_and(1000, 1000), bits=4)
        >>> found.lower_bound_neurons, found.lower_bound_neurons_ordered
        (102, 138)
        >>> found.lower_bound_neurons_family, found.lower_bound_neurons_own_bits
        (131, 66)
    """
    active = promise_for(checked(circuit), active).active
    task = Task(circuit, active, error)
    check_measurable(task.error)
    own = None if bits is None else real_number("bits", bits, FEWEST_BITS, MOST_BITS)
    instance("network", network, (Network, NoneType), "a network")
    instance("measure", measure, bool, "True or False")
    function("note", note, "text")
    count = counting_bits(circuit)
    held = None if network is None else network_bound(network, circuit, count)
    if own is None and held is not None:
        own = held.bits_per_weight or None
    with watched(progress), phase("bounds"):
        constructions, layers = declared_rows(task)
        measured = (measured_row(circuit, active, error, note or silent),) if measure else ()
    family = count.family_bits
    of_layers = layers if held is None else held.layers
    ands = ands_of(circuit) if count.bits else None
    return Bounds(
        active=active,
        error=error,
        features=len(circuit.features),
        gates=circuit.gates,
        outputs=len(circuit.outputs),
        layers=layers,
        family=count.family,
        bits=count.bits,
        bits_ordered=count.ordered_bits,
        bits_family=family,
        counts_functions=count.counts_functions,
        lower_bound_neurons=least(count.bits / layers, 1.0),
        lower_bound_neurons_ordered=least(count.ordered_bits / layers, 1.0),
        lower_bound_neurons_family=None if family is None else least(family / layers, 1.0),
        bits_per_weight=own,
        lower_bound_neurons_own_bits=(
            None if own is None else least(count.tightest_bits / of_layers, own)
        ),
        lower=lower_rows(circuit, count, layers, error),
        floors=() if ands is None else floor_rows(ands, active, error),
        storage=storage_rows(count, layers),
        representation=holding_rows(len(circuit.features), active, error),
        constructions=constructions,
        capacity=_capacity(circuit, count, constructions),
        monosemantic_neurons=constructions[-1].neurons,
        gates_per_feature=circuit.gates_per_feature,
        problem_seed=circuit.problem_seed,
        measured=measured,
        network=held,
        remarks=remarks_on(circuit, count, layers),
    )


def _capacity(
    circuit: Circuit, count: CountingBound, constructions: tuple[Row, ...]
) -> Capacity | None:
    sizes = [row.neurons for row in constructions[:-1] if row.inputs != Inputs.BASIS.value]
    if not sizes or not count.bits or min(sizes) > constructions[-1].neurons:
        return None
    outputs = capacity_for(circuit, min(sizes), 1.0)
    return None if outputs is None else Capacity(min(sizes), 1.0, outputs)
