"""Channels, regions, widths and placements: what the compiler decides before any weight."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.names import Names
from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.channels import (
    EXCLUSIVE_POOL_TERMS,
    MIN_POOL_TERMS,
    Channel,
)
from polyseme.compiler.constructions.three_channel.placement import Placement, place_regions
from polyseme.compiler.constructions.three_channel.plan import Plan, make_plan
from polyseme.compiler.constructions.three_channel.widths import smallest_width, widest, widths_for
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError

KINDS = ("regular", "zipf", "universal", "facts", "guard", "permutation", "crowded", "mixture")


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
    raise ValueError(kind)


def on_gates(features: int, gates: list[tuple[GateKind, list[int]]]) -> Circuit:
    """A circuit whose outputs are all of its gates."""
    outputs = list(range(features, features + len(gates)))
    return build_circuit(Names(prefix="x", count=features), gates, outputs)


@cache
def plan_of(kind: str) -> Plan:
    return make_plan(Task(circuit_of(kind), active=3, error=1e-2))


@cache
def placed(kind: str) -> tuple[Placement, ...]:
    """The plan's regions placed on about twice the neurons they need at least."""
    plan = plan_of(kind)
    neurons = 2 * sum(smallest_width(region) for region in plan.regions)
    widths = widths_for(plan.regions, neurons, plan.demand(neurons))
    generator = np.random.default_rng(7)
    return tuple(place_regions(plan.regions, widths, plan.terms, plan.active, generator))


def literals_of(terms: Terms, term: int) -> dict[int, int]:
    """Feature to sign."""
    begin, end = int(terms.offsets[term]), int(terms.offsets[term + 1])
    pairs = zip(terms.literals[begin:end], terms.signs[begin:end], strict=True)
    return {int(feature): int(sign) for feature, sign in pairs}


def neurons_of(placement: Placement, place: int) -> set[int]:
    return {int(neuron) for neuron in placement.term_neurons[place] if neuron >= 0}


# --- channels ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "used"),
    [
        ("zipf", {Channel.OUTPUT, Channel.INPUT, Channel.MIXED}),
        ("regular", {Channel.OUTPUT}),
        ("permutation", {Channel.OUTPUT}),
        ("crowded", {Channel.OUTPUT}),
        ("universal", {Channel.INPUT}),
        ("facts", {Channel.MIXED}),
        ("guard", {Channel.MIXED}),
    ],
)
def test_channels_used_by_each_kind_of_circuit(kind, used):
    assert {Channel(int(channel)) for channel in plan_of(kind).assignment.channel} == used


def test_channels_follow_how_many_heavy_literals_a_term_has():
    """Both light: output; both heavy: input; one of each: a pool of the heavy one, if not small."""
    plan = plan_of("zipf")
    limit = 2 * len(plan.terms) ** 0.25
    influence = np.bincount(plan.terms.literals)
    owned_terms: dict[int, list[int]] = {}
    for term, channel in enumerate(plan.assignment.channel):
        first, second = literals_of(plan.terms, term)
        heavy = [feature for feature in (first, second) if influence[feature] > limit]
        if len(heavy) != 1:
            assert channel == (Channel.INPUT if heavy else Channel.OUTPUT)
        else:
            owned_terms.setdefault(heavy[0], []).append(term)
    for members in owned_terms.values():
        expected = Channel.MIXED if len(members) >= MIN_POOL_TERMS else Channel.OUTPUT
        assert {int(plan.assignment.channel[term]) for term in members} == {expected}


def test_universal_and_of_fewer_than_a_thousand_pairs_does_without_the_input_channel():
    assert (
        Channel.INPUT not in make_plan(Task(problems.universal_and(45), 3, 1e-2)).assignment.channel
    )
    assert len(problems.universal_and(46).outputs) >= 1000
    assert Channel.INPUT in make_plan(Task(problems.universal_and(46), 3, 1e-2)).assignment.channel


def test_large_relations_of_a_table_of_facts_own_exclusive_pools():
    plan = plan_of("facts")
    relations = {plan.circuit.features.position(name) for name in ("in", "is")}
    assert set(plan.assignment.owner.tolist()) == relations
    assert set(plan.assignment.owner_sign.tolist()) == {1}
    assert set(plan.assignment.pool.tolist()) == {-1}
    rows = range(EXCLUSIVE_POOL_TERMS - 1)
    smaller = problems.facts({f"s{i}": {"in": f"c{i % 40}", "is": f"k{i}"} for i in rows})
    shared, unshared = (smaller.features.position(name) for name in ("in", "is"))
    assignment = make_plan(Task(smaller, 3, 1e-2)).assignment
    assert set(assignment.owner.tolist()) == {shared, -1}
    assert set(assignment.pool.tolist()) == {unshared, -1}


def test_a_feature_that_forbids_many_gates_owns_them_by_being_off():
    assignment = plan_of("guard").assignment
    assert set(assignment.owner.tolist()) == {0}
    assert set(assignment.owner_sign.tolist()) == {-1}


@pytest.mark.parametrize("kind", KINDS)
def test_owners_and_pools_are_literals_of_their_terms(kind):
    plan = plan_of(kind)
    chosen = plan.assignment
    for term in range(len(plan.terms)):
        literals = literals_of(plan.terms, term)
        owner, sign, pool = chosen.owner[term], chosen.owner_sign[term], chosen.pool[term]
        if chosen.channel[term] == Channel.MIXED:
            assert (owner >= 0) != (pool >= 0)
            assert literals[int(max(owner, pool))] == (sign if owner >= 0 else 1)
        else:
            assert owner == pool == -1
            assert sign == 0


# --- regions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_regions_share_out_the_terms_and_agree_on_what_they_need(kind):
    plan = plan_of(kind)
    terms, chosen = plan.terms, plan.assignment
    in_regions = np.concatenate([region.terms for region in plan.regions])
    assert np.array_equal(np.sort(in_regions), np.arange(len(terms)))
    for region in plan.regions:
        others = 0
        for place, term in enumerate(region.terms.tolist()):
            literals = literals_of(terms, term)
            assert chosen.owner[term] == region.owner
            assert chosen.pool[term] == region.pool[place]
            literals.pop(region.owner, None)
            assert sum(sign > 0 for sign in literals.values()) == region.needed
            others += len(literals)
        assert region.reads == others
        assert (region.kind == "input") == (chosen.channel[region.terms[0]] == Channel.INPUT)
        assert (region.kind == "pools") == (region.pool[0] >= 0)


@pytest.mark.parametrize("kind", KINDS)
def test_terms_share_a_codeword_only_with_terms_of_their_output(kind):
    plan = plan_of(kind)
    for region in plan.regions:
        assert set(region.codeword.tolist()) == set(range(region.codewords))
        outputs: dict[int, set[int]] = {}
        for term, codeword in zip(region.terms, region.codeword, strict=True):
            outputs.setdefault(int(codeword), set()).add(int(plan.terms.output[term]))
        assert all(len(fed) == 1 for fed in outputs.values())
        if region.reads > len(region.terms) and region.kind != "territory":
            assert region.codewords == len(region.terms)


def test_outputs_of_more_than_eight_terms_get_a_territory():
    assert {region.kind for region in plan_of("crowded").regions} == {"territory"}
    eight = on_gates(40, [(GateKind.OR, list(range(start, start + 8))) for start in range(9)])
    nine = on_gates(40, [(GateKind.OR, list(range(start, start + 9))) for start in range(9)])
    assert [r.kind for r in make_plan(Task(eight, 3, 1e-2)).regions] == ["code"]
    assert [r.kind for r in make_plan(Task(nine, 3, 1e-2)).regions] == ["territory"]


# --- widths --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None)
@given(extra=st.floats(0, 3))
def test_widths_fit_the_neurons_there_are(kind, extra):
    plan = plan_of(kind)
    least = [smallest_width(region) for region in plan.regions]
    neurons = round(sum(least) * (1 + extra))
    widths = widths_for(plan.regions, neurons, plan.demand(neurons)).tolist()
    assert sum(widths) <= neurons
    most = [widest(region) for region in plan.regions]
    assert all(a <= b <= c for a, b, c in zip(least, widths, most, strict=True))
    # Nothing worth a neuron a region is left over, unless no region wants more.
    assert neurons - sum(widths) <= len(widths) or widths == most


@pytest.mark.parametrize("kind", KINDS)
def test_fewer_neurons_than_the_smallest_layout_are_refused(kind):
    plan = plan_of(kind)
    least = sum(smallest_width(region) for region in plan.regions)
    assert widths_for(plan.regions, least, plan.demand(least)).sum() == least
    with pytest.raises(
        TooFewNeuronsError, match=f"{least - 1} neurons are fewer than the {least} "
    ):
        widths_for(plan.regions, least - 1, plan.demand(least - 1))


# --- placements ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_regions_do_not_meet_and_hold_their_terms(kind):
    end = 0
    for placement in placed(kind):
        assert placement.begin == end
        end += placement.width
        for place in range(len(placement.region.terms)):
            neurons = neurons_of(placement, place)
            assert neurons
            assert len(neurons) == (placement.term_neurons[place] >= 0).sum()
            assert placement.begin <= min(neurons) <= max(neurons) < end


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_read_exactly_the_neurons_their_terms_drive(kind):
    plan = plan_of(kind)
    for placement in placed(kind):
        expected = {
            (int(plan.terms.output[term]), neuron)
            for place, term in enumerate(placement.region.terms)
            for neuron in neurons_of(placement, place)
        }
        assert placement.readers.shape[1] == len(expected)
        assert set(map(tuple, placement.readers.T.tolist())) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_terms_of_one_codeword_drive_the_same_neurons(kind):
    for placement in placed(kind):
        if placement.kind == "territory":
            continue
        driven: dict[int, set[int]] = {}
        for place, codeword in enumerate(placement.region.codeword.tolist()):
            neurons = neurons_of(placement, place)
            assert driven.setdefault(codeword, neurons) == neurons


@pytest.mark.parametrize("kind", ["universal", "zipf"])
def test_in_the_input_channel_a_term_has_the_neurons_its_features_share(kind):
    plan = plan_of(kind)
    (placement,) = [p for p in placed(kind) if p.kind == "input"]
    driven: dict[int, set[int]] = {}
    for feature, neuron in placement.feature_neurons.T.tolist():
        driven.setdefault(feature, set()).add(neuron)
    assert len({len(neurons) for neurons in driven.values()}) == 1
    for place, term in enumerate(placement.region.terms.tolist()):
        first, second = literals_of(plan.terms, term)
        assert neurons_of(placement, place) == driven[first] & driven[second]


def test_an_input_channel_too_narrow_for_its_features_to_meet_is_refused():
    plan = plan_of("universal")
    with pytest.raises(TooFewNeuronsError, match="12 neurons are too few for the input channel"):
        place_regions(plan.regions, np.array([12]), plan.terms, 3, np.random.default_rng(0))


def test_a_heavy_feature_drives_no_more_than_its_pool():
    (placement,) = [p for p in placed("zipf") if p.kind == "pools"]
    driven: dict[int, set[int]] = {}
    words: dict[int, int] = {}
    for place, pool in enumerate(placement.region.pool.tolist()):
        driven.setdefault(pool, set()).update(neurons_of(placement, place))
        words[pool] = words.get(pool, 0) + 1
    weight = placement.term_neurons.shape[1]
    for pool, neurons in driven.items():
        crowd = words[pool]
        share = placement.width * crowd / len(placement.region.terms)
        assert len(neurons) <= min(np.ceil(max(1.25 * weight * crowd**0.5, share)), placement.width)
    # Codes drawn anywhere in the region would spread an owner of many terms over far more of it.
    spread = [
        len(neurons) / (placement.width * (1 - (1 - weight / placement.width) ** words[pool]))
        for pool, neurons in driven.items()
        if words[pool] >= 64
    ]
    assert spread
    assert np.mean(spread) < 0.6


def test_territories_serve_one_output_each_and_share_it_evenly():
    plan = plan_of("crowded")
    (placement,) = placed("crowded")
    load: dict[int, int] = {}
    served: dict[int, set[int]] = {}
    for place, term in enumerate(placement.region.terms.tolist()):
        for neuron in neurons_of(placement, place):
            load[neuron] = load.get(neuron, 0) + 1
            served.setdefault(neuron, set()).add(int(plan.terms.output[term]))
    assert all(len(outputs) == 1 for outputs in served.values())
    by_output: dict[int, list[int]] = {}
    for neuron, (output,) in served.items():
        by_output.setdefault(output, []).append(load[neuron])
    assert all(max(loads) - min(loads) <= 1 for loads in by_output.values())
