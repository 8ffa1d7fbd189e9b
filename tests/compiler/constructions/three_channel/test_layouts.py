"""Which outputs get territories at a given size, and the noise model that says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.names import Names
from polyseme.compiler.constructions.three_channel.build import build_superposed
from polyseme.compiler.constructions.three_channel.codewords import code_rows, word_weight
from polyseme.compiler.constructions.three_channel.noise_model import _rectified, modelled_failure
from polyseme.compiler.constructions.three_channel.plan import Plan, make_plan
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.compiler.constructions.three_channel.regions import (
    TERRITORY_TERMS,
    Region,
    gather_regions,
)
from polyseme.compiler.constructions.three_channel.widths import smallest_width, widths_for
from polyseme.compiler.parts.input_code import input_code, shared_dimensions
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import wrong_samples

ERROR = 1e-2


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
def plan_of(kind: str, error: float = ERROR) -> Plan:
    match kind:
        case "zipf":
            circuit = table(2500, 1000, 3)
        case "even":
            circuit = table(1000, 50, 2, even=True)
        case "ands":
            circuit = problems.pairwise_and(400, 400, seed=1)
        case "heavy":
            circuit = problems.pairwise_and(2000, 10_000, influence="zipf")
        case "universal":
            circuit = problems.universal_and(60)
        case "guard":
            gates = [(GateKind.AND_NOT, [guarded, 0]) for guarded in range(1, 1201)]
            circuit = build_circuit(Names(prefix="x", count=1201), gates, list(range(1201, 2401)))
        case "ors":
            circuit = ors_of_ands(terms=12, inputs=1)
        case "ors of ands":
            circuit = ors_of_ands(terms=12, inputs=2)
        case _:
            raise ValueError(kind)
    return make_plan(Task(circuit, active=3, error=error))


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


def needed_by(layout: list[Region]) -> int:
    return sum(smallest_width(region) for region in layout)


def only(plan: Plan, layout: list[Region]) -> Plan:
    return replace(plan, layouts=(layout,))


def measured_failure(plan: Plan, neurons: int, samples: int = 3000) -> float:
    network = build_superposed(plan, neurons)
    rows = draw_inputs("satisfied", plan.terms, plan.active, samples, np.random.default_rng(3))
    return float(wrong_samples(network, plan.circuit, rows).mean())


# --- the layouts there are -----------------------------------------------------------------------


def test_each_layout_gives_territories_to_the_outputs_with_more_terms_than_it_asks():
    plan = plan_of("zipf")
    assert len(plan.layouts) == 4
    for layout, most in zip(plan.layouts, (8, 16, 32, 64), strict=True):
        for region in layout:
            fed = Counter(plan.terms.output[region.terms].tolist())
            in_territory = {terms > most for terms in fed.values()}
            assert in_territory == {region.kind == "territory"}
        terms = np.concatenate([region.terms for region in layout])
        assert np.array_equal(np.sort(terms), np.arange(len(plan.terms)))
    assert [needed_by(layout) for layout in plan.layouts] == sorted(
        (needed_by(layout) for layout in plan.layouts), reverse=True
    )


def test_layouts_that_would_be_the_same_are_there_once():
    """Of 1,000 facts on 50 objects each has about 20, and none more than 64 or fewer than 8."""
    plan = plan_of("even")
    crowds = np.bincount(plan.terms.output)
    assert crowds.min() > 8
    assert 32 < crowds.max() <= 64
    kinds = [{region.kind for region in layout} for layout in plan.layouts]
    assert kinds == [{"territory"}, *[{"code", "territory"}] * 2, {"code"}]


@pytest.mark.parametrize("kind", ["ands", "heavy", "universal", "guard", "ors of ands"])
def test_without_crowds_of_single_literals_there_is_one_layout(kind):
    """So these are built as if there were no choice, whatever the size."""
    plan = plan_of(kind)
    assert len(plan.layouts) == 1
    assert plan.regions_for(1) is plan.regions_for(100_000) is plan.regions


def test_longer_terms_keep_their_territories_whatever_is_asked_of_single_ones():
    plan = plan_of("ors of ands")
    for most in (TERRITORY_TERMS, 64):
        regions = gather_regions(plan.terms, plan.assignment, most)
        assert {region.kind for region in regions} == {"territory"}
    singles = plan_of("ors")
    assert [r.kind for r in singles.layouts[0]] == ["territory"]
    assert [r.kind for r in singles.layouts[1]] == ["code"]
    none = gather_regions(plan.terms, plan.assignment, None)
    assert {region.kind for region in none} == {"code"}


def test_regions_are_grouped_as_rows_of_what_they_agree_on():
    """The oracle: terms in a dictionary by channel, owner and inputs, the keys in order."""
    for kind in ("zipf", "heavy", "guard"):
        plan = plan_of(kind)
        terms, chosen = plan.terms, plan.assignment
        groups: dict[tuple[int, ...], list[int]] = {}
        for term in range(len(terms)):
            owner, sign = int(chosen.owner[term]), int(chosen.owner_sign[term])
            needed = int(terms.plain[term]) - (owner >= 0 and sign > 0)
            single = int(terms.widths[term]) - (owner >= 0) == 1
            key = (int(chosen.channel[term]), owner, sign, needed, chosen.pool[term] >= 0, single)
            groups.setdefault(key, []).append(term)
        regions = gather_regions(terms, chosen, None)
        assert [region.terms.tolist() for region in regions] == [groups[k] for k in sorted(groups)]
        assert [(r.owner, r.owner_sign, r.needed) for r in regions] == [
            key[1:4] for key in sorted(groups)
        ]


# --- the choice ----------------------------------------------------------------------------------


def test_with_neurons_enough_it_is_the_layout_with_most_territories():
    plan = plan_of("zipf")
    largest = plan.monosemantic_neurons
    for neurons in np.linspace(1.2 * predicted_neurons(plan), largest, 8).astype(int).tolist():
        assert plan.regions_for(neurons) is plan.layouts[0]


def test_a_table_is_built_where_its_territories_alone_take_all_neurons():
    plan = plan_of("zipf")
    neurons = needed_by(plan.layouts[0]) - 1
    with pytest.raises(TooFewNeuronsError, match="neurons are fewer than"):
        build_superposed(only(plan, plan.layouts[0]), neurons)
    network = build_superposed(plan, neurons)
    assert network.neurons <= neurons
    alone = draw_inputs("alone", plan.terms, plan.active, 2000, np.random.default_rng(0))
    assert wrong_samples(network, plan.circuit, alone).mean() < 0.02


def test_below_the_smallest_layout_it_is_refused():
    plan = plan_of("zipf")
    least = min(needed_by(layout) for layout in plan.layouts)
    assert build_superposed(plan, least).neurons <= least
    with pytest.raises(
        TooFewNeuronsError, match=f"{least - 1} neurons are fewer than the {least} "
    ):
        build_superposed(plan, least - 1)


@pytest.mark.parametrize("neurons", [560, 600, 630, 680, 800])
def test_the_layout_chosen_fails_about_as_little_as_the_best_that_can_be_built(neurons):
    plan = plan_of("zipf")
    failures = [
        measured_failure(only(plan, layout), neurons)
        for layout in plan.layouts
        if needed_by(layout) <= neurons
    ]
    chosen = measured_failure(plan, neurons)
    assert chosen <= 1.1 * min(failures)
    assert max(failures) > 1.1 * chosen  # Else there would be nothing to choose.


def test_the_prediction_is_of_the_layout_that_is_built():
    """At a loose error networks are small, and what is asked of them is what they are built as."""
    plan = plan_of("zipf", 0.3)
    neurons = predicted_neurons(plan)
    assert neurons <= predicted_neurons(only(plan, plan.layouts[0]))
    widths = widths_for(plan.regions_for(neurons), neurons, plan.demand(neurons))
    assert widths.sum() <= neurons


# --- the noise model -----------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.6, 0.7])
def test_where_many_fail_the_model_says_how_many(share):
    plan = plan_of("zipf")
    neurons = round(share * predicted_neurons(plan))
    for layout in plan.layouts:
        if needed_by(layout) > neurons:
            continue
        widths = widths_for(layout, neurons, plan.demand(neurons))
        modelled = modelled_failure(layout, widths, plan.noise(int(widths.sum())))
        measured = measured_failure(only(plan, layout), neurons)
        if measured > 0.1:
            assert modelled == pytest.approx(measured, rel=0.35)
        else:
            assert modelled < 1.35 * measured + 0.01


KINDS = ("zipf", "even", "ands", "heavy", "universal", "guard", "ors", "ors of ands")


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(extra=st.floats(0, 4))
def test_modelled_failures_are_shares_and_fall_with_neurons(kind, extra):
    plan = plan_of(kind)
    for layout in plan.layouts:
        neurons = round(needed_by(layout) * (1 + extra))
        failures = []
        for size in (neurons, 2 * neurons):
            widths = widths_for(layout, size, plan.demand(size))
            failures.append(modelled_failure(layout, widths, plan.noise(size)))
        assert 0 <= failures[1] <= failures[0] + 1e-3 <= 1 + 1e-3


def test_basis_aligned_inputs_leave_only_words_that_meet():
    plan = plan_of("even")
    layout = plan.layouts[0]
    neurons = 2 * needed_by(layout)
    widths = widths_for(layout, neurons, plan.demand(neurons))
    noisy = plan.noise(neurons)
    quiet = replace(noisy, dimensions=noisy.features)
    assert modelled_failure(layout, widths, quiet) < 1e-12 < modelled_failure(layout, widths, noisy)


@settings(max_examples=20, deadline=None)
@given(mean=st.floats(-1, 1), deviation=st.floats(0.05, 1))
def test_mean_and_variance_of_a_relu_of_noise(mean, deviation):
    drawn = np.maximum(mean + deviation * np.random.default_rng(0).standard_normal(200_000), 0)
    expected, variance = _rectified(mean, np.array([deviation]))
    assert expected[0] == pytest.approx(drawn.mean(), abs=0.01)
    assert variance[0] == pytest.approx(drawn.var(), abs=0.01)


@pytest.mark.parametrize(("dimensions", "heavy"), [(640, 0), (640, 3), (640, 9), (100, 2), (7, 1)])
def test_shared_dimensions_are_those_heavy_features_leave(dimensions, heavy):
    apart = np.arange(heavy, dtype=np.int32)
    code = input_code(2000, dimensions, False, apart, np.random.default_rng(0))
    shared = shared_dimensions(dimensions, heavy)
    mine = [feature for feature in range(heavy) if (code.positions[feature] >= shared).all()]
    assert len(mine) * code.weight == dimensions - shared
    others = np.delete(code.positions, mine, axis=0)
    assert others.max() < shared


def test_the_weight_of_a_word_is_known_before_it_is_drawn():
    plan = plan_of("zipf")
    for layout in plan.layouts:
        for region in layout:
            if region.kind == "code":
                for width in (smallest_width(region), smallest_width(region) + 60):
                    rows = code_rows(region, width, plan.terms, np.random.default_rng(0))
                    assert rows.shape == (region.codewords, word_weight(region, width))
