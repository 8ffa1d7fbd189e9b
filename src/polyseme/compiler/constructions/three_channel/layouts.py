"""Pass 2, and the size: which outputs get a territory when there are so many neurons.

An output with many terms of one literal is best off with a territory, where its load is spread over
neurons of its own; but a territory costs one neuron at least, and a table of facts has hundreds of
such outputs. With few neurons those with least terms are better off sharing a code. So terms are
gathered into several layouts, and for a number of neurons that one is taken that fails least by the
noise model (`failure.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.channels import Assignment
from polyseme.compiler.constructions.three_channel.noise_model import modelled_failure
from polyseme.compiler.constructions.three_channel.regions import (
    TERRITORY_TERMS,
    Demand,
    Region,
    gather_regions,
)
from polyseme.compiler.constructions.three_channel.widths import smallest_width, widths_for

# Layouts in which outputs need more terms than this, and this, for a territory.
_FEWER_TERRITORIES = (16, 32, 64)
# The model has tails too light, the more so the rarer failures are and the more crowded the words:
# measured on tables of facts by up to three times near 1e-2 and ten times near 1e-3. So a layout
# that it says fails less than this share of the error asked is taken without comparing.
_ENOUGH = 0.1

Layout = list[Region]


def layouts_of(terms: Terms, assignment: Assignment) -> tuple[Layout, ...]:
    """The layouts there are to choose from: the one with most territories, then ever fewer."""
    layouts = [gather_regions(terms, assignment, TERRITORY_TERMS)]
    for territory_terms in _FEWER_TERRITORIES:
        if _smallest_crowd(layouts[-1]) <= territory_terms:
            layouts.append(gather_regions(terms, assignment, territory_terms))
    return tuple(layouts)


def best_layout(
    layouts: tuple[Layout, ...],
    neurons: int,
    demand: Callable[[int], Demand],
    noise: Callable[[int], Demand],
) -> Layout:
    """The layout that the noise model says fails least with so many neurons.

    Among those that it says fail far less than asked, the one with most territories. `demand` says
    what widths follow from at a number of neurons, `noise` what failures do. Where no layout fits
    into the neurons it is the one that needs fewest.
    """
    if len(layouts) == 1:
        return layouts[0]
    least = [sum(smallest_width(region) for region in layout) for layout in layouts]
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


def _smallest_crowd(layout: Layout) -> float:
    """The fewest terms of an output that has a territory of terms of one literal."""
    territories = [region for region in layout if region.kind == "territory" and region.single]
    return min((int(np.bincount(r.codeword).min()) for r in territories), default=np.inf)
