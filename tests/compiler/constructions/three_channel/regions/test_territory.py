"""Territories: outputs of many terms with neurons of their own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.compiler.constructions.three_channel.regions.territory import (
    TERRITORY_SHARE,
    Territory,
)
from support.three_channel import (
    check_placement,
    neurons_of,
    place,
    plan_of,
    reads_by_terms,
    reads_of,
    regions_of,
)

TERRITORIES = regions_of(Territory, "crowded", "ors", "ors of ands", "facts")
WEIGHTS = [(region, 1 if region.reads == len(region.terms) else 3) for _, region in TERRITORIES]


def widths_of(region: Territory) -> list[int]:
    least, most = region.smallest_width, region.largest_width
    return [least, least + 1, (2 * least + most) // 3, most]


def test_terms_of_one_literal_drive_one_neuron_and_longer_ones_three():
    assert {weight for _, weight in WEIGHTS} == {1, 3}
    for region, weight in WEIGHTS:
        assert region.weight == weight


def test_limits_are_one_code_per_output_and_one_per_term():
    for region, weight in WEIGHTS:
        outputs = len(set(region.codeword.tolist()))
        assert (region.smallest_width, region.largest_width) == (
            outputs * weight,
            len(region.terms) * weight,
        )


@pytest.mark.parametrize(("plan", "region"), TERRITORIES)
def test_all_terms_are_placed_inside_and_read_what_they_should(plan, region):
    for width in widths_of(region):
        placement = place(plan, region, width)
        assert (placement.region, placement.begin, placement.width) == (region, 50, width)
        check_placement(plan, placement)
        assert reads_of(plan, placement) == reads_by_terms(plan, placement)
        assert all(
            len(neurons_of(placement, term)) == region.weight for term in range(len(region.terms))
        )


@pytest.mark.parametrize(("plan", "region"), TERRITORIES)
def test_neurons_serve_one_output_each_and_are_loaded_evenly(plan, region):
    for width in widths_of(region):
        placement = place(plan, region, width)
        load: dict[int, int] = {}
        served: dict[int, set[int]] = {}
        for number, term in enumerate(region.terms.tolist()):
            for neuron in neurons_of(placement, number):
                load[neuron] = load.get(neuron, 0) + 1
                served.setdefault(neuron, set()).add(int(plan.terms.output[term]))
        assert all(len(outputs) == 1 for outputs in served.values())
        by_output: dict[int, list[int]] = {}
        for neuron, (output,) in served.items():
            by_output.setdefault(output, []).append(load[neuron])
        assert all(max(loads) - min(loads) <= 1 for loads in by_output.values())


@settings(max_examples=60, deadline=None)
@given(crowds=st.lists(st.integers(1, 60), min_size=1, max_size=12), data=st.data())
def test_the_heaviest_load_is_as_light_as_can_be(crowds, data):
    """The oracle gives one neuron after another to the output whose neurons are loaded most."""
    codeword = np.repeat(np.arange(len(crowds)), crowds)
    terms = np.arange(len(codeword))
    region = Territory(terms, codeword, 1, len(terms), -1, 0)
    width = data.draw(st.integers(region.smallest_width, region.largest_width))
    sizes = np.ones(len(crowds), int)
    for _ in range(width - len(crowds)):
        sizes[np.argmax(crowds / sizes)] += 1
    found = region.sizes(width)
    assert found.min() >= 1
    assert found.sum() <= width
    assert (crowds / found).max() == pytest.approx((crowds / sizes).max())


def test_the_reference_width_keeps_every_load_below_what_noise_allows():
    for plan, region in TERRITORIES:
        demand = plan.demand(400)
        allowed = demand.dimensions / (TERRITORY_SHARE * region.gap(demand))
        expected = 0
        for output in range(region.codewords):
            terms = (region.codeword == output).sum()
            reads = terms * region.weight * region.reads / len(region.terms)
            expected += int(np.ceil(reads / allowed))
        assert region.reference_width(demand) == expected


def test_only_territories_of_single_literals_could_do_without():
    crowded, longer = plan_of("crowded").regions[0], plan_of("ors of ands").regions[0]
    assert crowded.fewest_optional_terms == min(crowded.crowd)
    assert longer.fewest_optional_terms == np.inf


def test_expected_failures_are_those_of_drawn_noise():
    """Outputs of one size: sum rectified noise of their neurons and count, at every threshold."""
    crowd, outputs = 12, 20
    codeword = np.repeat(np.arange(outputs), crowd)
    terms = np.arange(len(codeword))
    region = Territory(terms, codeword, 1, len(terms), -1, 0)
    demand = plan_of("crowded").demand(90)
    size = 4
    width = size * outputs
    load, foreign = crowd / size, region.foreign_features(demand)
    variance = load * (1 / (demand.dimensions - load) - 1 / demand.features)
    generator = np.random.default_rng(0)
    noise = generator.standard_normal((200_000, size)) * np.sqrt(variance)
    knee, shares = region.knee, np.arange(0.06, 1, 0.04)
    satisfied = np.maximum(noise * np.sqrt(foreign) + knee - 1, 0)
    satisfied[:, 0] = np.maximum(noise[:, 0] * np.sqrt(foreign) + knee, 0)
    idle = np.maximum(noise * np.sqrt(foreign + 1) + knee - 1, 0)
    beside = foreign * len(terms) / demand.features
    missed = [(satisfied.sum(axis=1) < share * knee).mean() * (1 + beside) for share in shares]
    strays = [(idle.sum(axis=1) > share * knee).mean() * outputs for share in shares]
    least = min(np.add(missed, strays))
    modelled = sum(region.expected_failures(width, len(terms), demand))
    assert modelled == pytest.approx(least, rel=0.3)
