"""Pass 2 at a given size: choose the outputs that get a territory on a number of neurons.

An output with many terms of one literal fails least in a territory, where its load is spread over
neurons of its own. But a territory takes at least one neuron, and a table of facts has hundreds of
such outputs. With few neurons, the outputs with fewest terms fail less if they share a code. So
terms are gathered into several layouts, and the layout is chosen that fails least on the number of
neurons, by the noise model (`noise_model.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.channels import Assignment
from polyseme.compiler.constructions.three_channel.noise_model import modelled_failure
from polyseme.compiler.constructions.three_channel.regions.gather import gather_regions
from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region
from polyseme.compiler.constructions.three_channel.regions.territory import TERRITORY_TERMS
from polyseme.compiler.constructions.three_channel.widths import smallest_total, widths_for

# Numbers of terms above which an output gets a territory, in layouts beyond the first.
_FEWER_TERRITORIES = (16, 32, 64)
# The tails of the noise model are too light, the more so the rarer failures are and the more
# crowded the codewords: on tables of facts, measured failures were up to three times those of the
# model near 1e-2, and ten times near 1e-3. So the first layout whose modelled failure is below this
# share of the error asked for is taken without comparison.
_ENOUGH = 0.1

Layout = list[Region]


def layouts_of(terms: Terms, assignment: Assignment) -> tuple[Layout, ...]:
    """Return the layouts to choose from, in order of ever fewer territories."""
    layouts = [gather_regions(terms, assignment, TERRITORY_TERMS)]
    for territory_terms in _FEWER_TERRITORIES:
        if min(region.fewest_optional_terms for region in layouts[-1]) <= territory_terms:
            layouts.append(gather_regions(terms, assignment, territory_terms))
    return tuple(layouts)


def best_layout(
    layouts: tuple[Layout, ...],
    neurons: int,
    demand: Callable[[int], Demand],
    noise: Callable[[int], Demand],
) -> Layout:
    """Return the layout that fails least on so many neurons, by the noise model.

    If some layouts fail far less than the error asked for, it is the one of them with most
    territories. If no layout fits into the neurons, it is the one that needs fewest. At a number of
    neurons, `demand` gives the demand that sets widths, and `noise` the one that sets failures.
    """
    if len(layouts) == 1:
        return layouts[0]
    least = [smallest_total(layout) for layout in layouts]
    if min(least) > neurons:
        return layouts[int(np.argmin(least))]
    wanted = demand(neurons)
    failures = np.full(len(layouts), np.inf)
    for number, layout in enumerate(layouts):
        if least[number] > neurons:
            continue
        widths = widths_for(layout, neurons, wanted)
        # If a layout has fewer neurons than allowed, its input dimensions follow from those it has.
        failures[number] = modelled_failure(layout, widths, noise(int(widths.sum())))
        if failures[number] < _ENOUGH * wanted.error:
            return layout
    return layouts[int(np.argmin(failures))]
