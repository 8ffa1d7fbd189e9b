"""How small a network for a circuit could be, and how small each construction makes it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from polyseme.bounds.counting import CountingBound, bits_with_error, counting_bits, neurons_for
from polyseme.circuits.circuit import Circuit
from polyseme.compiler.plan import make_plan
from polyseme.compiler.request import Request
from polyseme.compiler.sizing import predicted_neurons
from polyseme.errors import CompileError

# What a weight can hold: name, bits a weight, source.
_CAPACITIES = (
    ("1 bit a weight", 1.0, "counting"),
    ("2 bits a weight", 2.0, "Gardner 1988: dense patterns, optimal real weights"),
    ("8 bits a weight", 8.0, "counting"),
    ("0.69 bits a weight", math.log(2), "Willshaw et al. 1969: clipped one-shot storage"),
)


@dataclass(frozen=True)
class Row:
    """A number of neurons, under what name, and where it comes from."""

    name: str
    neurons: int
    source: str


@dataclass(frozen=True)
class Bounds:
    """What is possible for a circuit at `active` active features and an error rate.

    `family` and `bits` are the counting bound, which bounds every network from below only where
    `counts_functions` holds. Each of `lower` is for one hidden layer, or for `layers` equal ones
    where the circuit is deeper. `constructions` are neurons a layer; `note` says why one is
    missing.
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
    constructions: tuple[Row, ...]
    monosemantic_neurons: int
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists, numbers and text."""
        return {
            **asdict(self),
            "lower": _plain(self.lower),
            "constructions": _plain(self.constructions),
        }


def bounds(circuit: Circuit, *, active: int = 3, error: float = 1e-3) -> Bounds:
    """Say how few neurons a circuit needs at least, and how many each construction would take.

    Nothing is built, so the three-channel size is what the noise model predicts. Raises
    CompileError when `active` or `error` is out of range.
    """
    Request(active=active, error=error).check_promise(circuit)
    count = counting_bits(circuit)
    constructions, note = _constructions(circuit, active, error)
    layers = max(1, circuit.depth) if note else 1
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
        lower_bound_neurons=_least(count.bits / layers, 1.0),
        lower=_lower(count, layers, len(circuit.outputs), error),
        constructions=constructions,
        monosemantic_neurons=constructions[-1].neurons,
        note=note,
    )


def _constructions(circuit: Circuit, active: int, error: float) -> tuple[tuple[Row, ...], str]:
    """Sizes of the constructions, the monosemantic one last, and why one is missing."""
    try:
        plan = make_plan(circuit, active, error, "auto", 0)
    except CompileError as reason:
        return (Row("monosemantic", circuit.gates, "a neuron for every gate"),), str(reason)
    return (
        Row("three-channel", predicted_neurons(plan), "predicted by the compiler's noise model"),
        Row("monosemantic", plan.monosemantic_neurons, "a neuron for every term"),
    ), ""


def _lower(count: CountingBound, layers: int, outputs: int, error: float) -> tuple[Row, ...]:
    rows = [
        Row(name, _least(count.bits / layers, bits), source) for name, bits, source in _CAPACITIES
    ]
    spared = bits_with_error(count.bits, outputs, error)
    name = f"1 bit a weight, a share of {error:g} of the outputs wrong"
    return (*rows, Row(name, _least(spared / layers, 1.0), "counting"))


def _least(bits: float, bits_per_weight: float) -> int:
    return math.ceil(neurons_for(bits, bits_per_weight))


def _plain(rows: tuple[Row, ...]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]
