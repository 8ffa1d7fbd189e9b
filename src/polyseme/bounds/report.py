"""How small a network for a circuit could be, and how small each construction makes it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from polyseme.bounds.counting import CountingBound, bits_with_error, counting_bits, neurons_for
from polyseme.circuits.circuit import Circuit
from polyseme.compiler.compile import fits_one_layer
from polyseme.compiler.deep.plan import make_deep_plan
from polyseme.compiler.deep.sizing import predicted_neurons as predicted_deep
from polyseme.compiler.plan import make_plan
from polyseme.compiler.request import Request
from polyseme.compiler.sizing import predicted_neurons

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
    where the circuit is deeper. `constructions` are neurons in the widest layer; `note` says so
    where there are several.
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

    Nothing is built, so the size in superposition is what a noise model predicts. Raises
    CompileError when `active` or `error` is out of range.
    """
    Request(active=active, error=error).check_promise(circuit)
    count = counting_bits(circuit)
    constructions, layers, note = _constructions(circuit, active, error)
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


def _constructions(circuit: Circuit, active: int, error: float) -> tuple[tuple[Row, ...], int, str]:
    """Sizes of the constructions, the monosemantic one last; layers; why one is missing."""
    if fits_one_layer(circuit, active):
        plan = make_plan(circuit, active, error, "auto", 0)
        rows = (
            Row(
                "three-channel", predicted_neurons(plan), "predicted by the compiler's noise model"
            ),
            Row("monosemantic", plan.monosemantic_neurons, "a neuron for every term"),
        )
        return rows, 1, ""
    deep = make_deep_plan(circuit, active, error, 0)
    layers = len(deep.schedule.stages)
    rows = (
        Row("deep", predicted_deep(deep), "predicted from reads, activity and depth"),
        Row("monosemantic", deep.monosemantic_neurons, "a neuron for every live wire"),
    )
    return rows, layers, f"neurons are of the widest of {layers} hidden layers"


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
