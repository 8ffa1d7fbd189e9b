"""Circuits of every kind, and what three channels decide about each before any weight."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.names import Names
from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.build import build_superposed
from polyseme.compiler.constructions.three_channel.channels import EXCLUSIVE_POOL_TERMS
from polyseme.compiler.constructions.three_channel.placement import place_regions
from polyseme.compiler.constructions.three_channel.plan import Plan, make_plan
from polyseme.compiler.constructions.three_channel.regions.region import Placement, Region
from polyseme.compiler.constructions.three_channel.widths import smallest_total, widths_for
from polyseme.compiler.task import Task
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import wrong_samples

KINDS = ("regular", "zipf", "universal", "facts", "guard", "permutation", "crowded", "mixture")
ALL_KINDS = (*KINDS, "ors of ands")


def circuit_of(kind: str) -> Circuit:
    match kind:
        case "regular":
            return problems.pairwise_and(400, 400, seed=1)
        case "zipf":
            return problems.pairwise_and(2000, 10_000, influence="zipf")
        case "universal":
            return problems.universal_and(60)
        case "facts":
            rows = range(EXCLUSIVE_POOL_TERMS)
            return problems.facts({f"s{i}": {"in": f"c{i % 40}", "is": f"k{i}"} for i in rows})
        case "guard":
            gates = [(GateKind.AND_NOT, [guarded, 0]) for guarded in range(1, 1201)]
            return on_gates(1201, gates)
        case "permutation":
            return problems.permutation(300, seed=2)
        case "crowded":
            generator = np.random.default_rng(4)
            return on_gates(200, [
                (GateKind.OR, generator.choice(200, 30, replace=False).tolist()) for _ in range(12)
            ])  # fmt: skip
        case "mixture":
            generator = np.random.default_rng(5)
            kinds = [GateKind.AND, GateKind.OR, GateKind.AND_NOT, GateKind.XOR]
            return on_gates(300, [
                (kinds[i % 4], generator.choice(300, 3, replace=False).tolist()) for i in range(400)
            ])  # fmt: skip
        case "zipf facts":
            return table(2500, 1000, 3)
        case "even facts":
            return table(1000, 50, 2, even=True)
        case "ors":
            return ors_of_ands(terms=12, inputs=1)
        case "ors of ands":
            return ors_of_ands(terms=12, inputs=2)
    raise ValueError(kind)


def on_gates(features: int, gates: list[tuple[GateKind, list[int]]]) -> Circuit:
    """A circuit whose outputs are all of its gates."""
    outputs = list(range(features, features + len(gates)))
    return build_circuit(Names(prefix="x", count=features), gates, outputs)


def ors_of_ands(terms: int, inputs: int) -> Circuit:
    """Thirty outputs, each an OR of so many ANDs of so many of 400 features."""
    generator = np.random.default_rng([terms, inputs])
    gates: list[tuple[GateKind, list[int]]] = []
    tops = []
    for _ in range(30):
        below = []
        for _ in range(terms):
            gates.append((GateKind.AND, generator.choice(400, inputs, replace=False).tolist()))
            below.append(399 + len(gates))
        gates.append((GateKind.OR, below))
        tops.append(399 + len(gates))
    return build_circuit(Names(prefix="x", count=400), gates, tops)


def table(subjects: int, values: int, relations: int, even: bool = False) -> Circuit:
    """Facts whose objects are drawn evenly, or the k-th in proportion to k^-0.9."""
    generator = np.random.default_rng([subjects, values, relations])
    odds = 1.0 / np.arange(1, values + 1) ** (0 if even else 0.9)
    drawn = generator.choice(values, (subjects, relations), p=odds / odds.sum())
    return problems.facts({
        f"s{row}": {f"r{column}": f"v{column}.{value}" for column, value in enumerate(values_of)}
        for row, values_of in enumerate(drawn)
    })  # fmt: skip


@cache
def plan_of(kind: str, error: float = 1e-2) -> Plan:
    return make_plan(Task(circuit_of(kind), active=3, error=error))


@cache
def placed(kind: str) -> tuple[Placement, ...]:
    """The plan's regions placed on about twice the neurons they need at least."""
    plan = plan_of(kind)
    neurons = 2 * smallest_total(plan.regions)
    widths = widths_for(plan.regions, neurons, plan.demand(neurons))
    generator = np.random.default_rng(7)
    return tuple(place_regions(plan.regions, widths, plan.terms, plan.active, generator))


def only(plan: Plan, layout: list[Region]) -> Plan:
    """The plan with one layout to choose from."""
    narrowed = replace(plan)
    # Layouts are made when they are first asked for, and then kept.
    vars(narrowed)["layouts"] = (layout,)
    return narrowed


def measured_failure(plan: Plan, neurons: int, samples: int = 3000) -> float:
    """Share of satisfied inputs that the plan's network decides wrongly."""
    network = build_superposed(plan, neurons)
    rows = draw_inputs("satisfied", plan.terms, plan.active, samples, np.random.default_rng(3))
    return float(wrong_samples(network, plan.circuit, rows).mean())


def regions_of(wanted: type[Region], *kinds: str) -> list[tuple[Plan, Region]]:
    """All regions of a kind of region in the plans of these circuits, with their plans."""
    found = [(plan_of(kind), region) for kind in kinds for region in plan_of(kind).regions]
    found = [(plan, region) for plan, region in found if type(region) is wanted]
    assert found
    return found


def place(plan: Plan, region: Region, width: int, seed: int = 7) -> Placement:
    """The region placed from neuron 50 on."""
    generator = np.random.default_rng(seed)
    return region.at_width(width).place(width, 50, plan.terms, plan.active, generator)


def literals_of(terms: Terms, term: int) -> dict[int, int]:
    """Feature to sign."""
    begin, end = int(terms.offsets[term]), int(terms.offsets[term + 1])
    pairs = zip(terms.literals[begin:end], terms.signs[begin:end], strict=True)
    return {int(feature): int(sign) for feature, sign in pairs}


def neurons_of(placement: Placement, place: int) -> set[int]:
    return {int(neuron) for neuron in placement.term_neurons[place] if neuron >= 0}


def check_placement(plan: Plan, placement: Placement) -> None:
    """All terms are inside the region's neurons, outputs read what their terms drive, and no more.

    The oracle goes term by term.
    """
    region, expected = placement.region, set()
    assert placement.term_neurons.shape[0] == len(region.terms)
    inside = range(placement.begin, placement.begin + placement.width)
    for place, term in enumerate(region.terms.tolist()):
        neurons = neurons_of(placement, place)
        assert neurons
        assert len(neurons) == (placement.term_neurons[place] >= 0).sum()
        assert all(neuron in inside for neuron in neurons)
        expected |= {(int(plan.terms.output[term]), neuron) for neuron in neurons}
    assert placement.readers.shape[1] == len(expected)
    assert set(map(tuple, placement.readers.T.tolist())) == expected


def reads_of(plan: Plan, placement: Placement) -> set[tuple[int, int, int]]:
    """Neuron, feature and sign of all the placement says should be read."""
    return {
        (int(neuron), int(feature), int(sign))
        for piece in placement.wanted_reads(plan.terms)
        for neuron, feature, sign in zip(*piece, strict=True)
    }


def reads_by_terms(plan: Plan, placement: Placement) -> set[tuple[int, int, int]]:
    """The same, term by term: a neuron reads all literals of its terms but the owner."""
    return {
        (neuron, feature, sign)
        for place, term in enumerate(placement.region.terms.tolist())
        for neuron in neurons_of(placement, place)
        for feature, sign in literals_of(plan.terms, term).items()
        if feature != placement.region.owner
    }
