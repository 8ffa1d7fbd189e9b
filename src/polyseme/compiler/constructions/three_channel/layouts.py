"""Pass 2, and the size: choose which outputs get a territory on a given number of neurons.

An output with many terms of one literal is best off with a territory, where its load is spread over
neurons of its own; but a territory costs one neuron at least, and a table of facts has hundreds of
such outputs. With few neurons those with least terms are better off sharing a code. So terms are
gathered into several layouts, and for a number of neurons that one is taken that fails least by the
noise model (`noise_model.py`).
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

# Layouts in which outputs need more terms than this, and this, for a territory.
_FEWER_TERRITORIES = (16, 32, 64)
# The model has tails too light, the more so the rarer failures are and the more crowded the words:
# measured on tables of facts by up to three times near 1e-2 and ten times near 1e-3. So a layout
# that it says fails less than this share of the error asked is taken without comparing.
_ENOUGH = 0.1

Layout = list[Region]


def layouts_of(terms: Terms, assignment: Assignment) -> tuple[Layout, ...]:
    """Layouts to choose from: the one with most territories, then ever fewer."""
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
    """Return the layout that the noise model says fails least on so many neurons.

    Among those that it says fail far less than asked, it is the one with most territories. `demand`
    gives the demand that widths follow from at a number of neurons, `noise` the one that failures
    follow from. If no layout fits into the neurons, it is the one that needs fewest.
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
        # A layout that wants fewer neurons than there are gets input dimensions by what it has.
        failures[number] = modelled_failure(layout, widths, noise(int(widths.sum())))
        if failures[number] < _ENOUGH * wanted.error:
            return layout
    return layouts[int(np.argmin(failures))]
